"""JSON files: one object after the other, as ``kubectl get -o json`` and its like print them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pilothouse.yamlio import limits
from pilothouse.yamlio.chunk import Chunk
from pilothouse.yamlio.document import Document
from pilothouse.yamlio.errors import YamlReadError
from pilothouse.yamlio.positions import Place, find
from pilothouse.yamlio.scalars import json_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pilothouse.fieldpath import FieldPath
    from pilothouse.finding import Position

_TOKEN = re.compile(r'[{}\[\],]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],":]+')
_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonText:
    """A file that starts as JSON does."""

    def __init__(self, text: str, file: str) -> None:
        """
        :param text: the file's content.
        :param file: as it stands in positions.
        """
        self._chunk = Chunk(text, file, 1)
        self._twice = False
        self._starts: list[int] = []
        self._roots: dict[int, Place] = {}

    @property
    def file(self) -> str:
        """As it stands in positions."""
        return self._chunk.file

    def documents(self) -> list[Document] | None:
        """The file's documents.

        :returns: None where the file is no JSON, or JSON that only YAML's reader can judge (it nests too deep, a
            number is too large, an escape stands for no character).
        :raises YamlReadError: a key stands twice.
        """
        text = self._chunk.text
        decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=_float, parse_int=_int, parse_constant=_float
        )
        values: list[Any] = []
        offset = _after_space(text, 0)
        try:
            while offset < len(text):
                value, end = decoder.raw_decode(text, offset)
                values.append(value)
                self._starts.append(offset)
                offset = _after_space(text, end)
            if _SURROGATE.search(text):
                json.dumps(values, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        if text.count("{") + text.count("[") > limits.MAX_DEPTH and _too_deep(values, 0):
            return None
        if self._twice:
            raise YamlReadError(list(self._duplicates()))
        documents = zip(values, self._starts, strict=True)
        return [
            Document(value, self, number, start) for number, (value, start) in enumerate(documents) if value is not None
        ]

    def line(self, offset: int) -> int:
        """The number of the line of a character, from 1."""
        return self._chunk.position(offset).line

    def find(self, number: int, path: FieldPath, *, key: bool) -> Position:
        """The position of a field of one of the file's documents, as ``Document.position`` describes it."""
        root = self._roots.get(number)
        if root is None:
            root = self._roots[number] = _Places(self._chunk.text, self._starts[number]).root()
        return self._chunk.position(find(root, path, key=key))

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            self._twice = True
        return fields

    def _duplicates(self) -> Iterator[tuple[Position, str]]:
        count = 0
        for start in self._starts:
            places = _Places(self._chunk.text, start)
            places.root()
            for key, first, second in places.twice:
                shown = key if len(key) <= 80 else key[:79] + "…"
                message = f"found the key {shown!r} a second time, expected it once: it stands at "
                yield self._chunk.position(second), message + f"{self._chunk.position(first)} already"
                count += 1
                if count >= limits.MAX_PROBLEMS:
                    return


class _Places:
    """Finds the places of one JSON value. The text has been read without an error before."""

    def __init__(self, text: str, start: int) -> None:
        self._tokens = _TOKEN.finditer(text, start)
        self.twice: list[tuple[str, int, int]] = []

    def root(self) -> Place:
        return self._place(next(self._tokens))

    def _place(self, token: re.Match[str]) -> Place:
        place = Place(token.start())
        if token[0] == "{":
            place.fields = {}
            while (token := next(self._tokens))[0] != "}":
                if token[0] == ",":
                    continue
                key, offset = json.loads(token[0]), token.start()
                if key in place.fields:
                    self.twice.append((key, place.fields[key][0], offset))
                place.fields[key] = (offset, self._place(next(self._tokens)))
        elif token[0] == "[":
            place.items = []
            while (token := next(self._tokens))[0] != "]":
                if token[0] != ",":
                    place.items.append(self._place(token))
        return place


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _float(text: str) -> Any:
    value = json_value(float(text))
    return value


def _int(text: str) -> int | float:
    if len(text) <= 20:
        value = int(text)
        if -(2**63) <= value < 2**64:
            return value
    return _float(text)  # type: ignore[no-any-return]


def _too_deep(value: Any, depth: int) -> bool:
    if depth > limits.MAX_DEPTH + 1:
        return True
    if isinstance(value, dict):
        return any(_too_deep(item, depth + 1) for item in value.values())
    return isinstance(value, list) and any(_too_deep(item, depth + 1) for item in value)
