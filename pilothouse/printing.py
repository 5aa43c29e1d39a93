"""Printing: standard output belongs to the command; what a chart writes to it is kept out and told instead."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from pilothouse import origin
from pilothouse.finding import Position

_SHOWN = 200


class _Printed:
    """Stands in for ``sys.stdout`` while a chart is built; one for the whole process, for who keeps it finds it."""

    encoding = "utf-8"
    errors = "strict"
    newlines = None
    closed = False

    def __init__(self) -> None:
        self.lines: list[tuple[Position, str]] = []
        self.buffer = self

    def write(self, text: Any) -> int:
        shown = bytes(text).decode("utf-8", "replace") if isinstance(text, (bytes, bytearray, memoryview)) else text
        position = origin.here()
        if self.lines and self.lines[-1][0] == position:
            shown = self.lines.pop()[1] + shown
        self.lines.append((position, shown[: _SHOWN + 1]))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


_printed = _Printed()


@contextlib.contextmanager
def captured(tell: Callable[[Position | None, str], None]) -> Iterator[None]:
    """Keep standard output for the command.

    :param tell: told what was printed, and at which line; None for what went past Python, where no line is known.
    """
    _printed.lines.clear()
    sys.stdout.flush()
    real, sys.stdout = sys.stdout, _printed
    kept = os.dup(1)
    aside = _aside()
    os.dup2(aside, 1)
    try:
        yield
    finally:
        sys.stdout = real
        with contextlib.suppress(OSError, ValueError, AttributeError):
            real.flush()  # what was written to sys.__stdout__
        os.dup2(kept, 1)
        os.close(kept)
        past = _content(aside)
        os.close(aside)
        for position, text in _printed.lines:
            if text.strip():
                tell(position, text.strip()[:_SHOWN])
        if past.strip():
            tell(None, past.strip()[:_SHOWN])


def _aside() -> int:
    """A file without a name, or nowhere where there is no room for one."""
    import tempfile

    try:
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
        return descriptor
    except OSError:
        return os.open(os.devnull, os.O_RDWR)


def _content(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 4 * _SHOWN).decode("utf-8", "replace")
