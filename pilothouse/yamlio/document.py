"""A document read from a file: its value, and where each of its fields stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pilothouse.fieldpath import FieldPath
    from pilothouse.finding import Position


class Source(Protocol):
    """The text that a document was read from."""

    @property
    def file(self) -> str:
        """As it stands in positions."""

    def line(self, offset: int) -> int:
        """The number of the line of a character, from 1."""

    def find(self, number: int, path: FieldPath, *, key: bool) -> Position:
        """The position of a field of one of the text's documents."""


class Document:
    """One document of a YAML or JSON file."""

    __slots__ = ("_line", "_number", "_offset", "_prefix", "_source", "value")

    def __init__(self, value: Any, source: Source, number: int, offset: int, prefix: FieldPath = ()) -> None:
        """
        :param value: what was read.
        :param source: the text it stands in.
        :param number: which document of that text it is, from 0.
        :param offset: where its root begins, in characters from the text's start; -1 for "at ``prefix``".
        :param prefix: the field of the text's document that is this document's root.
        """
        self.value = value
        """Plain dicts with string keys, lists, str, int, float, bool, None: what a cluster's API server would see."""
        self._source = source
        self._number = number
        self._offset = offset
        self._prefix = prefix
        self._line = 0

    @property
    def file(self) -> str:
        """The file, as it was given to ``load_all``."""
        return self._source.file

    @property
    def line(self) -> int:
        """The line where the root begins, from 1."""
        if not self._line:
            self._line = self.position(()).line if self._offset < 0 else self._source.line(self._offset)
        return self._line

    def position(self, path: FieldPath, *, key: bool = False) -> Position:
        """Where a field stands.

        :param path: the steps from this document's root.
        :param key: the place of the field's key, and not of its value (an item of a list has only a value).
        :returns: the field's place; that of the nearest ancestor there is, where the path leads to nothing.
        """
        return self._source.find(self._number, self._prefix + path, key=key)

    def place(self, path: FieldPath) -> FieldPath:
        """A field's path from the root of the text's document, which an item of a list is only a part of."""
        return self._prefix + path

    def __repr__(self) -> str:
        return f"<Document {self.file}:{self.line}>"

    def items(self) -> Iterator[Document]:
        """The items of a ``v1`` ``List``, as documents of their own; items that are such lists give theirs."""
        for index, item in enumerate(self.value["items"]):
            child = Document(item, self._source, self._number, -1, (*self._prefix, "items", index))
            if is_list(item):
                yield from child.items()
            else:
                yield child


def is_list(value: object) -> bool:
    """Whether a value is a ``kind: List`` of ``apiVersion: v1``, as ``kubectl get -o yaml`` prints it."""
    return (
        isinstance(value, dict)
        and value.get("kind") == "List"
        and value.get("apiVersion") == "v1"
        and isinstance(value.get("items"), list)
    )


def expand_lists(documents: Iterable[Document]) -> list[Document]:
    """Put the items of every ``v1`` ``List`` in the list's place; lists inside lists too.

    :param documents: as ``load_all`` gives them.
    :returns: documents whose lines and positions are those of the items in the file. Other documents stay as they are.
    """
    expanded: list[Document] = []
    for document in documents:
        if is_list(document.value):
            expanded.extend(document.items())
        else:
            expanded.append(document)
    return expanded
