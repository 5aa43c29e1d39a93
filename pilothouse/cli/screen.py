"""Screen: results to standard output, everything else to standard error, colour and progress on a terminal only."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO


class OutputError(Exception):
    """Standard output takes no more: its disk is full."""


class Screen:
    """The two streams of one command."""

    def __init__(self) -> None:
        self._progress = False
        # Results are read by programs: their bytes are the same whatever the terminal's language is.
        for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
            if hasattr(stream, "reconfigure"):
                with contextlib.suppress(OSError):  # it hands over what the stream holds, and the disk may be full
                    stream.reconfigure(encoding="utf-8", errors=errors)

    def colour(self, stream: TextIO) -> bool:
        """Whether a stream is coloured: on a terminal, unless NO_COLOR is set; FORCE_COLOR insists."""
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()

    def width(self, stream: TextIO) -> int:
        """Columns of a stream's terminal; 100 where it is none."""
        try:
            return os.get_terminal_size(stream.fileno()).columns or 100
        except (OSError, ValueError):
            return 100

    def result(self, text: str) -> None:
        """Print what the command was asked for."""
        self.end_progress()
        if text:
            with _told():
                sys.stdout.write(text if text.endswith("\n") else f"{text}\n")

    def flush(self) -> None:
        """Hand over all results.

        :raises OutputError: they cannot be written.
        :raises BrokenPipeError: nobody reads them.
        """
        with _told():
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Print what a person wants to know besides."""
        self.end_progress()
        # Where both streams are one, what came first stands first. The command's end tells of a stream that is full.
        with contextlib.suppress(OutputError, BrokenPipeError):
            self.flush()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def progress(self, text: str) -> None:
        """Show where a long piece of work is, in one line that the next replaces; on a terminal only."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._progress = True

    def end_progress(self) -> None:
        """Take the line of progress away."""
        if self._progress:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._progress = False


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}") from error
