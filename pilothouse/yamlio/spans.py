"""Spans: where each value of a text begins and ends, and how it is written, for whoever edits the text."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.yamlio.builder import is_merge
from pilothouse.yamlio.scalars import ScalarError, key_text, resolve

_BLOCK = ("|", ">")
_HEADER = re.compile(r"[|>][-+0-9]*")


class Span:
    """One value of a text, its place and its style."""

    __slots__ = (
        "anchor",
        "end",
        "entries",
        "flow",
        "has_properties",
        "inside_flow",
        "is_empty",
        "items",
        "key",
        "kind",
        "start",
        "style",
    )

    def __init__(self, kind: str, event: Any, *, inside_flow: bool) -> None:
        self.kind = kind
        """``scalar``, ``map``, ``list`` or ``alias``."""
        self.start: int = event.start_mark.index
        """Its first character, that of its anchor or tag where it has one."""
        self.end: int = event.end_mark.index
        """The character after its last one; a block map's, list's or scalar's may lie further on."""
        self.anchor: str | None = event.anchor
        """The anchor's name, or the alias's."""
        self.style: str | None = getattr(event, "style", None) or None
        """A scalar's quote, ``|`` or ``>``; None for a plain one."""
        self.flow = bool(getattr(event, "flow_style", False))
        """Whether a map or list stands in brackets."""
        self.inside_flow = inside_flow
        """Whether it stands inside of brackets."""
        self.has_properties = event.anchor is not None or getattr(event, "tag", None) is not None
        self.is_empty = kind == "scalar" and self.start == self.end
        """Whether it is a null that nothing stands for."""
        self.key: str | None = None
        """For a scalar: what it is as a key."""
        self.entries: list[tuple[Span, Span]] = []
        """A map's keys and values, in the order of the text; merge keys among them."""
        self.items: list[Span] = []
        """A list's items."""

    def field(self, name: str) -> tuple[Span, Span] | None:
        """A map's own field of a name: its key and its value. What a merge key brings is none."""
        return next(((key, value) for key, value in self.entries if key.key == name), None)

    def below(self) -> Iterator[Span]:
        """It and everything in it."""
        yield self
        for key, value in self.entries:
            yield from key.below()
            yield from value.below()
        for item in self.items:
            yield from item.below()

    def last(self) -> Span:
        """What ends it: itself, or the last value in a block map or list."""
        if self.flow or self.kind not in ("map", "list"):
            return self
        return (self.entries[-1][1] if self.entries else self.items[-1]).last()

    def ends_open(self, text: str) -> bool:
        """Whether it ends in a block scalar whose last line has no line break, because the text ends there."""
        last = self.last()
        return last.style in _BLOCK and last.end == len(text) and not text.endswith("\n")

    def content_end(self, text: str) -> int:
        """The offset after what belongs to it, less the line break: not that of a comment or an empty line below."""
        last = self.last()
        if last.style not in _BLOCK:
            return last.end
        header = _HEADER.search(text, last.start, last.end)
        if header is not None and "+" in header[0]:
            # The empty lines below are part of the value.
            return last.end - (2 if text[: last.end].endswith("\r\n") else text[last.end - 1] == "\n")
        return last.start + len(text[last.start : last.end].rstrip(" \t\r\n"))


class Spans:
    """The spans of a text's first document, which has been read without a problem before."""

    def __init__(self, text: str) -> None:
        from yaml import events
        from yaml.cyaml import CParser  # type: ignore[attr-defined]

        self._next: Callable[[], Any] = CParser(text).get_event
        self._events = events
        self.aliases: dict[str, list[int]] = {}
        """An anchor's name -> where its aliases stand."""
        while type(self._next()) is not events.DocumentStartEvent:
            pass
        self.root = self._span(self._next(), inside_flow=False)

    def indentation(self, column: Callable[[int], int]) -> int:
        """By how many columns a block map stands to the right of the one around it; 0 where none does.

        :param column: the column of an offset.
        """
        for outer in self.root.below():
            for _, inner in outer.entries if not outer.flow else ():
                if inner.kind == "map" and not inner.flow and inner.entries:
                    return column(inner.entries[0][0].start) - column(outer.entries[0][0].start)
        return 0

    def _span(self, event: Any, *, inside_flow: bool) -> Span:
        kind = type(event)
        if kind is self._events.AliasEvent:
            self.aliases.setdefault(event.anchor, []).append(event.start_mark.index)
            return Span("alias", event, inside_flow=inside_flow)
        if kind is self._events.ScalarEvent:
            scalar = Span("scalar", event, inside_flow=inside_flow)
            if not is_merge(event):
                plain = event.tag is not None or event.implicit[0]
                with contextlib.suppress(ScalarError):
                    scalar.key = key_text(resolve(event.tag, event.value)[1] if plain else event.value)
            return scalar
        is_map = kind is self._events.MappingStartEvent
        span = Span("map" if is_map else "list", event, inside_flow=inside_flow)
        inside = inside_flow or span.flow
        end = self._events.MappingEndEvent if is_map else self._events.SequenceEndEvent
        while type(child := self._next()) is not end:
            first = self._span(child, inside_flow=inside)
            if is_map:
                span.entries.append((first, self._span(self._next(), inside_flow=inside)))
            else:
                span.items.append(first)
        last: Any = child
        span.end = last.end_mark.index
        return span
