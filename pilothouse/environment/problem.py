"""What is wrong with an environment file: every mistake at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.finding import Position


class Problem(msgspec.Struct, frozen=True):
    """One mistake in an environment file or in one of its layers."""

    position: Position
    """The file, line and column that set the value."""
    path: FieldPath
    """The field, from the root of the environment file; empty for the file as a whole."""
    message: str
    """What was expected and what stands there."""

    def __str__(self) -> str:
        field = f"{format_path(self.path)}: " if self.path else ""
        return f"{self.position}: {field}{self.message}"


class EnvironmentErrors(Exception):  # noqa: N818 -- it holds many
    """Raised when an environment cannot be read: it carries every mistake of the file and of its layers.

    :param problems: the mistakes; kept sorted by file, line and column, each once.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(dict.fromkeys(problems), key=_order)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    place = problem.position
    return place.file, place.line, place.column or 0, format_path(problem.path), problem.message
