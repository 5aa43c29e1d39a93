"""What is wrong in a text, before it is known where the text stands in its file."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Something wrong in a chunk's text."""

    offset: int
    """Where, in characters from the chunk's start."""
    message: str
    """What was found, and what was expected; ``{}`` in it stands for the place that ``other`` gives."""
    other: int | None = None
    """A second place that the message speaks of."""


class StopError(Exception):
    """Reading this chunk ends here: what follows could not be understood, or would cost too much."""

    def __init__(self, offset: int, message: str) -> None:
        self.problem = Problem(offset, message)
        super().__init__(message)
