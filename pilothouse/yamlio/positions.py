"""Where each field of a document stands: read again, with places, only when somebody asks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pilothouse.yamlio.builder import is_merge
from pilothouse.yamlio.scalars import ScalarError, key_text, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pilothouse.fieldpath import FieldPath


class Place:
    """One value's place in the text, and its fields' or items'."""

    __slots__ = ("fields", "items", "offset", "scalar")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        """Where the value begins, in characters from the start of its text."""
        self.fields: dict[str, tuple[int, Place]] | None = None
        """For a map: where each key begins, and its value."""
        self.items: list[Place] | None = None
        """For a list: its items."""
        self.scalar: Any = None
        """For a scalar: what it would be as a key."""


def find(root: Place, path: FieldPath, *, key: bool) -> int:
    """The offset of a field, or of its nearest ancestor where the path leads nowhere.

    :param root: the document's own place.
    :param path: the steps from the root.
    :param key: whether the key's place is asked for and not the value's; a list item has no key.
    """
    place, offset = root, root.offset
    for step in path:
        if isinstance(step, int):
            if place.items is None or not -len(place.items) <= step < len(place.items):
                break
            place = place.items[step]
            offset = place.offset
        else:
            if place.fields is None or step not in place.fields:
                break
            at, place = place.fields[step]
            offset = at if key else place.offset
    return offset


class Locator:
    """Builds the places of one chunk's documents from its events. The chunk has been read without a problem before."""

    def __init__(self, next_event: Callable[[], Any]) -> None:
        """
        :param next_event: gives libyaml's next event.
        """
        from yaml import events

        self._next = next_event
        self._scalar, self._alias = events.ScalarEvent, events.AliasEvent
        self._map_start, self._map_end = events.MappingStartEvent, events.MappingEndEvent
        self._list_start, self._list_end = events.SequenceStartEvent, events.SequenceEndEvent
        self._document_start = events.DocumentStartEvent
        self._anchors: dict[str, Place] = {}

    def document(self, number: int) -> Place:
        """The places of one document.

        :param number: which one of the chunk, from 0.
        """
        for _ in range(number + 1):
            while type(self._next()) is not self._document_start:
                pass
        self._anchors = {}
        return self._place(self._next())

    def _place(self, event: Any) -> Place:
        place = Place(event.start_mark.index)
        kind = type(event)
        if kind is self._alias:
            # The field stands where the alias does; what is inside it stands at the anchor.
            known = self._anchors[event.anchor]
            place.fields, place.items, place.scalar = known.fields, known.items, known.scalar
            return place
        if event.anchor is not None:
            self._anchors[event.anchor] = place
        if kind is self._scalar:
            plain = event.tag is not None or event.implicit[0]
            try:
                place.scalar = resolve(event.tag, event.value)[1] if plain else event.value
            except ScalarError:
                place.scalar = event.value
        elif kind is self._list_start:
            place.items = []
            while type(child := self._next()) is not self._list_end:
                place.items.append(self._place(child))
        else:
            place.fields = {}
            while type(child := self._next()) is not self._map_end:
                self._field(place.fields, child)
        return place

    def _field(self, fields: dict[str, tuple[int, Place]], event: Any) -> None:
        if type(event) is self._scalar and is_merge(event):
            merged = self._place(self._next())
            for part in [merged] if merged.items is None else reversed(merged.items):
                fields.update(part.fields or {})
            return
        key, value = self._place(event), self._place(self._next())
        with contextlib.suppress(ScalarError):
            fields.setdefault(key_text(key.scalar), (key.offset, value))
