"""Origin: which line of the author's Python made an object."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from types import CodeType, FrameType

from pilothouse.finding import Position

_OUR_PACKAGES = frozenset({"pilothouse", "pilothouse_kit", "jsii", "constructs"})
_OTHERS = tuple(
    {os.path.join(sysconfig.get_paths()[name], "") for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {os.path.join(os.path.realpath(sysconfig.get_paths()[name]), "") for name in ("stdlib", "purelib")}
)
_authors: dict[CodeType, bool] = {}
root = ""
"""The repository's root, with a trailing separator: files below it are named relative to it."""


def is_authors(frame: FrameType) -> bool:
    """Whether a frame runs the author's own code: see :func:`authors_frame`."""
    code = frame.f_code
    known = _authors.get(code)
    if known is None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        name = code.co_filename
        ours = package in _OUR_PACKAGES or (root != "" and package == "__main__")  # the command itself
        known = not ours and not name.startswith("<") and not name.startswith(_OTHERS)
        _authors[code] = known
    return known


def relative(file: str) -> str:
    """Name a file as findings name it: relative to the repository, with ``/``; absolute outside it."""
    if root and file.startswith(root):
        file = file[len(root) :]
    return file.replace(os.sep, "/")


def authors_frame(depth: int = 1) -> FrameType | None:
    """The innermost frame of the author's own code, or None where there is none.

    The author's code is what belongs neither to the engine, the kit, jsii, Python itself nor an installed package.

    :param depth: how many frames above the caller to begin.
    """
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None and not is_authors(frame):
        frame = frame.f_back
    return frame


def here(depth: int = 1) -> Position:
    """The author's line that is running now: of the chart, or of a construct in the repository's ``constructs/``."""
    frame = authors_frame(depth + 1)
    if frame is None:
        return Position(file="", line=1)
    return Position(file=relative(frame.f_code.co_filename), line=frame.f_lineno)


def of_exception(error: BaseException, fallback: Position) -> Position:
    """The innermost line of the author's code through which an exception came.

    :param error: the exception, with its traceback.
    :param fallback: what to answer where no frame is the author's.
    """
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        return Position(file=relative(error.filename), line=error.lineno or 1, column=error.offset or None)
    found = fallback
    traceback = error.__traceback__
    while traceback is not None:
        if is_authors(traceback.tb_frame):
            found = Position(file=relative(traceback.tb_frame.f_code.co_filename), line=traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


_DUMPED = re.compile(r'^  File "(.+)", line (\d+) in ', re.MULTILINE)


def of_dump(text: str, root: str) -> Position | None:
    """The author's line in what ``faulthandler`` says of a process that was ended.

    :param text: one or more stacks, each with the innermost call first; the last one counts.
    :param root: the repository's root: only its own files, and none of its kit, are the author's.
    :returns: None where no line is the author's.
    """
    last = text[text.rfind("(most recent call first)") :]
    ours = tuple(os.path.join(root, folder, "") for folder in ("charts", "constructs"))
    kit = os.path.join(root, "constructs", "pilothouse_kit", "")
    for match in _DUMPED.finditer(last):
        file, line = match.groups()
        if file.startswith(ours) and not file.startswith(kit):
            return Position(file=os.path.relpath(file, root).replace(os.sep, "/"), line=int(line))
    return None
