"""A chunk of a YAML file: what stands between two lines of ``---``, read on its own and remembered for positions."""

from __future__ import annotations

import bisect
import itertools
import re
from typing import TYPE_CHECKING, Any

from pilothouse.yamlio import limits, plain_blocks
from pilothouse.yamlio.aliases import AliasBudget
from pilothouse.yamlio.builder import Builder
from pilothouse.yamlio.positions import Locator, Place, find
from pilothouse.yamlio.problem import Problem, StopError
from pilothouse.yamlio.syntax import explain, stricter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pilothouse.fieldpath import FieldPath
    from pilothouse.finding import Position

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NEWLINE = re.compile("\n")
_FLOW = re.compile(r"[\[{]")
_DIRECTIVE = re.compile("^%", re.MULTILINE)


class Chunk:
    """Some lines of a file, usually one document."""

    __slots__ = ("_roots", "_starts", "file", "first_line", "text")

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
        self._roots: dict[int, Place] = {}

    def position(self, offset: int) -> Position:
        """The place of a character.

        :param offset: from the chunk's start, in characters.
        """
        from pilothouse.finding import Position

        if self._starts is None:
            self._starts = [0, *(match.end() for match in _NEWLINE.finditer(self.text))]
        line = bisect.bisect_right(self._starts, offset) - 1
        return Position(self.file, self.first_line + line, offset - self._starts[line] + 1)

    def line(self, offset: int) -> int:
        """The number of the line of a character, from 1."""
        return self.first_line + self.text.count("\n", 0, offset)

    def find(self, number: int, path: FieldPath, *, key: bool) -> Position:
        """The position of a field of one of the chunk's documents, as ``Document.position`` describes it."""
        root = self._roots.get(number)
        if root is None:
            root = self._roots[number] = Locator(self._events()).document(number)
        return self.position(find(root, path, key=key))

    def _events(self) -> Callable[[], Any]:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]

        return CParser(self.text).get_event

    def read(self, budget: AliasBudget) -> tuple[list[tuple[Any, int]], list[Problem]]:
        """Read the documents.

        :param budget: what the aliases of the file may still stand for.
        :returns: each document's value and its root's offset, and what is wrong.
        """
        try:
            return [plain_blocks.read(self.text)], []
        except plain_blocks.UnsureError:
            return self._built(budget)

    def _built(self, budget: AliasBudget) -> tuple[list[tuple[Any, int]], list[Problem]]:
        from yaml import YAMLError

        builder = Builder(self._events(), budget)
        found: list[tuple[Any, int]] = []
        try:
            while (document := builder.document()) is not None:
                found.append(document)
        except StopError as stop:
            builder.problems.append(stop.problem)
        except YAMLError as error:
            builder.problems.append(explain(error, self.text))
        if not builder.problems and ("\\/" in self.text or ("?" in self.text and _FLOW.search(self.text))):
            wrong = stricter(self._events(), self.text)
            builder.problems.extend(itertools.islice(wrong, limits.MAX_PROBLEMS))
        return found, builder.problems


def split(text: str, file: str) -> Iterator[Chunk]:
    """Cut a file into chunks at its lines of ``---``.

    Such a line starts a document wherever it stands, even inside quotes, so a mistake in one document does not spoil
    the next. After a ``%`` line nothing is cut: a directive belongs to the document that follows it.
    """
    start, line, looked = 0, 1, 0
    for match in _SEPARATOR.finditer(text):
        end = match.start()
        directive = _DIRECTIVE.search(text, looked, end)
        looked = end
        if end == start or directive:
            continue
        piece = text[start:end]
        if piece != "---\n":
            yield Chunk(piece, file, line)
        line += piece.count("\n")
        start = end
    yield Chunk(text[start:], file, line)
