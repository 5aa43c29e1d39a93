"""A chunk of a YAML file: what stands between two lines of ``---``, read on its own and remembered for positions."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, Any

from pilothouse.yamlio.builder import AliasBudget, Builder, Problem, Stop
from pilothouse.yamlio.syntax import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pilothouse.finding import Position

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NEWLINE = re.compile("\n")
_DIRECTIVE = re.compile("^%", re.MULTILINE)


class Chunk:
    """Some lines of a file, usually one document."""

    __slots__ = ("_starts", "file", "first_line", "text")

    def __init__(self, text: str, file: str, first_line: int) -> None:
        """
        :param text: the lines.
        :param file: as it stands in positions.
        :param first_line: the number of the first line, from 1.
        """
        self.text = text
        self.file = file
        self.first_line = first_line
        self._starts: list[int] | None = None

    def position(self, offset: int) -> Position:
        """The place of a character.

        :param offset: from the chunk's start, in characters.
        """
        from pilothouse.finding import Position

        if self._starts is None:
            self._starts = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]
        line = bisect.bisect_right(self._starts, offset) - 1
        return Position(self.file, self.first_line + line, offset - self._starts[line] + 1)

    def events(self) -> Any:
        """A fresh parser over the text: its ``get_event`` gives libyaml's events."""
        from yaml.cyaml import CParser

        return CParser(self.text)

    def read(self, budget: AliasBudget) -> tuple[list[tuple[Any, int]], list[Problem]]:
        """Read the documents.

        :param budget: what the aliases of the file may still stand for.
        :returns: each document's value and its root's offset, and what is wrong.
        """
        from yaml import YAMLError

        builder = Builder(self.events().get_event, budget)
        found: list[tuple[Any, int]] = []
        try:
            while (document := builder.document()) is not None:
                found.append(document)
        except Stop as stop:
            builder.problems.append(stop.problem)
        except YAMLError as error:
            builder.problems.append(explain(error, self.text))
        return found, builder.problems


def split(text: str, file: str) -> Iterator[Chunk]:
    """Cut a file into chunks at its lines of ``---``.

    Such a line starts a document wherever it stands, even inside quotes, so a mistake in one document does not spoil
    the next. After a ``%`` line nothing is cut: a directive belongs to the document that follows it.
    """
    start, line = 0, 1
    for match in _SEPARATOR.finditer(text):
        end = match.start()
        if end == start or _DIRECTIVE.search(text, start, end):
            continue
        piece = text[start:end]
        yield Chunk(piece, file, line)
        line += piece.count("\n")
        start = end
    yield Chunk(text[start:], file, line)
