"""From libyaml's events to plain values, by go-yaml's rules: merge keys, aliases, tags, keys that are no strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilothouse.yamlio import limits
from pilothouse.yamlio.aliases import AliasBudget, check_depth
from pilothouse.yamlio.problem import Problem, StopError
from pilothouse.yamlio.scalars import MERGE, NUMBER_START, WORDS, Scalar, ScalarError, json_value, key_text, resolve

if TYPE_CHECKING:
    from collections.abc import Callable


_KNOWN_WORDS = 4096
_known_words: dict[str, Scalar] = {}


def scalar_text(event: Any) -> str | None:
    """The string that a scalar event is, if that is certain without looking closer; None otherwise."""
    text: str = event.value
    if event.tag is None and (not event.implicit[0] or (text and text[0] not in NUMBER_START and text not in WORDS)):
        return text
    return None


def is_merge(event: Any) -> bool:
    """Whether a scalar event, standing as a key, is a merge key."""
    return event.value == "<<" and bool(event.implicit[0] or event.tag == MERGE)


class _Unfinished:
    """Stands for an anchored map or list while its own content is read."""


_UNFINISHED = _Unfinished()


class Builder:
    """Builds the values of one chunk's documents from its events."""

    def __init__(self, next_event: Callable[[], Any], budget: AliasBudget) -> None:
        """
        :param next_event: gives libyaml's next event; PyYAML's errors pass through.
        :param budget: shared by all chunks of one file.
        """
        from yaml import events

        self._next = next_event
        self._budget = budget
        self._scalar, self._alias = events.ScalarEvent, events.AliasEvent
        self._map_start, self._map_end = events.MappingStartEvent, events.MappingEndEvent
        self._list_start, self._list_end = events.SequenceStartEvent, events.SequenceEndEvent
        self._document_start, self._stream_end = events.DocumentStartEvent, events.StreamEndEvent
        # Scalars stand here as the text resolves, before JSON: as a key they become other words than as a value.
        self._anchors: dict[str, Any] = {}
        self.problems: list[Problem] = []
        """What was found wrong so far."""

    def document(self) -> tuple[Any, int] | None:
        """Read the next document.

        :returns: its value and the offset of its root; None after the last one.
        :raises StopError: the rest cannot be read.
        """
        while True:
            event = self._next()
            if type(event) is self._document_start:
                break
            if type(event) is self._stream_end:
                return None
        if event.version is not None and event.version != (1, 1):
            self._report(event, "found a %YAML directive of another version, expected 1.1 or none")
        self._anchors = {}
        root = self._next()
        value = self._value(root, 1)
        self._next()
        return value, root.start_mark.index

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is self._scalar:
            if event.anchor is None:
                text = scalar_text(event)
                if text is not None:
                    return text
                if event.tag is None:
                    return self._word(event)
            return self._json(event, self._resolved(event))
        if kind is self._map_start:
            return self._map(event, depth)
        if kind is self._list_start:
            return self._list(event, depth)
        value = self._budget.copy(self._anchored(event), depth, event.start_mark.index)
        return self._json(event, value) if type(value) is float else value

    def _word(self, event: Any) -> Scalar:
        """A plain scalar that may be a number or a word such as ``true``; files repeat few of them."""
        text = event.value
        if text in _known_words:
            return _known_words[text]
        before = len(self.problems)
        value = self._json(event, self._resolved(event))
        if len(text) <= 32 and len(self.problems) == before:
            if len(_known_words) >= _KNOWN_WORDS:
                _known_words.clear()
            _known_words[text] = value
        return value

    def _resolved(self, event: Any) -> Scalar:
        try:
            value = event.value if event.tag is None and not event.implicit[0] else resolve(event.tag, event.value)[1]
        except ScalarError as error:
            self._report(event, str(error))
            value = None
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _json(self, event: Any, value: Scalar) -> Scalar:
        try:
            return json_value(value)
        except ScalarError as error:
            self._report(event, str(error))
            return None

    def _report(self, event: Any, message: str) -> None:
        self._add(Problem(event.start_mark.index, message))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= limits.MAX_PROBLEMS - 1:
            raise StopError(problem.offset, "found too many problems and stopped looking here, expected none")

    def _anchored(self, event: Any) -> Any:
        name = event.anchor
        if name not in self._anchors:
            raise StopError(event.start_mark.index, f"found the alias *{name}, expected an anchor &{name} before it")
        value = self._anchors[name]
        if value is _UNFINISHED:
            raise StopError(
                event.start_mark.index, f"found the alias *{name} inside what it stands for, expected no loop"
            )
        return value

    def _list(self, event: Any, depth: int) -> list[Any]:
        check_depth(depth, event.start_mark.index)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = _UNFINISHED
        items: list[Any] = []
        following, map_start, end = self._next, self._map_start, self._list_end
        while True:
            child = following()
            kind = type(child)
            if kind is map_start:
                items.append(self._map(child, depth + 1))
            elif kind is end:
                break
            else:
                items.append(self._value(child, depth + 1))
        if anchor is not None:
            self._anchors[anchor] = items
        return items

    def _map(self, event: Any, depth: int) -> dict[str, Any]:
        check_depth(depth, event.start_mark.index)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = _UNFINISHED
        fields: dict[str, Any] = {}
        places: dict[str, int] = {}
        following, scalar, map_start, end = self._next, self._scalar, self._map_start, self._map_end
        words, number_start = WORDS, NUMBER_START
        while True:
            child = following()
            kind = type(child)
            if kind is end:
                break
            if kind is scalar and child.tag is None and child.anchor is None:
                text = child.value
                if not child.implicit[0] or (text and text[0] not in number_start and text not in words):
                    key: str | None = text
                elif text == "<<":
                    self._merge(fields, depth)
                    continue
                else:
                    key = self._key(child, depth)
            elif kind is scalar and is_merge(child):
                self._merge(fields, depth)
                continue
            else:
                key = self._key(child, depth)
            item = following()
            kind = type(item)
            if kind is map_start:
                value: Any = self._map(item, depth + 1)
            elif (
                kind is scalar
                and item.tag is None
                and item.anchor is None
                and (
                    not item.implicit[0] or ((text := item.value) and text[0] not in number_start and text not in words)
                )
            ):
                value = item.value
            else:
                value = self._value(item, depth + 1)
            if key is None:
                continue
            if key in places:
                self._twice(child, key, places[key])
                continue
            places[key] = child.start_mark.index
            fields[key] = value
        if anchor is not None:
            self._anchors[anchor] = fields
        return fields

    def _twice(self, event: Any, key: str, first: int) -> None:
        shown = key if len(key) <= 80 else key[:79] + "…"
        message = f"found the key {shown!r} a second time, expected it once: it stands at {{}} already"
        self._add(Problem(event.start_mark.index, message, first))

    def _key(self, event: Any, depth: int) -> str | None:
        """The string that a key becomes; None for one that cannot stand there, which is reported."""
        kind = type(event)
        if kind is self._scalar:
            value: Any = self._resolved(event)
        elif kind is self._alias:
            value = self._anchored(event)
        else:
            value = self._value(event, depth + 1)
        if isinstance(value, dict | list):
            self._report(event, f"found a {'map' if isinstance(value, dict) else 'list'} as a key, expected a string")
            return None
        try:
            return key_text(value)
        except ScalarError as error:
            self._report(event, str(error))
            return None

    def _merge(self, fields: dict[str, Any], depth: int) -> None:
        """Take over the fields of what follows ``<<``. As in go-yaml 2, they replace what stands before the ``<<``."""
        event = self._next()
        offset = event.start_mark.index
        if type(event) is self._list_start:
            check_depth(depth + 1, offset)
            parts = []
            while type(child := self._next()) is not self._list_end:
                parts.append(self._merged(child, depth))
            if event.anchor is not None:
                self._anchors[event.anchor] = [part for part in parts if part is not None]
            for part in reversed(parts):
                fields.update(part or {})
        else:
            fields.update(self._merged(event, depth) or {})

    def _merged(self, event: Any, depth: int) -> dict[str, Any] | None:
        value = self._value(event, depth)
        if isinstance(value, dict):
            return value
        self._report(event, "found something else than a map after <<, expected a map, its alias, or a list of these")
        return None
