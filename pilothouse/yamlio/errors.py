"""What yamlio raises: every problem of one value or one file at once, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.fieldpath import FieldPath, format_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pilothouse.finding import Position


class YamlWriteError(ValueError):
    """A value holds what no YAML reader of a cluster would read back."""

    def __init__(self, problems: Sequence[tuple[FieldPath, str]]) -> None:
        """
        :param problems: each field and what is wrong with it; at least one, in the order of the value.
        """
        self.problems: list[tuple[FieldPath, str]] = list(problems)
        """Every field that cannot be written, and why."""
        self.path: FieldPath = self.problems[0][0]
        """The first of those fields."""
        super().__init__("; ".join(f"{format_path(path) or 'the value'}: {message}" for path, message in self.problems))


class YamlReadError(ValueError):
    """A file cannot be read as a cluster's tools would read it."""

    def __init__(self, problems: Sequence[tuple[Position, str]]) -> None:
        """
        :param problems: each place and what is wrong there; at least one, in the order of the file.
        """
        self.problems: list[tuple[Position, str]] = list(problems)
        """Every problem that could be found."""
        super().__init__("\n".join(f"{position}: {message}" for position, message in self.problems))
