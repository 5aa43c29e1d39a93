"""A diff for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pilothouse.diff.change import FieldChange, ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.report.diff_words import (
    GRAVE,
    INLINE,
    SIGNS,
    TELLING,
    Row,
    field_of,
    rows,
    sentence,
    sort_of,
    unified,
    words,
)
from pilothouse.report.text import columns, fit, one_line, wrap

WIDE = 120
"""Columns of a terminal from which on what was and what is stand side by side."""
_COLOURS = {"+": "32", "-": "31", "~": "33"}
_BOLD, _DIM = "1", "2"
_NARROWEST = 40


def render(changes: Sequence[Changed], *, colour: bool, width: int, beside: bool = False) -> str:
    """The changes as text: environments, objects, what happens, fields.

    :param changes: in order of their environments.
    :param colour: whether the text may hold colours.
    :param width: columns.
    :param beside: whether a field as it was stands beside what it is.
    :returns: the text with its last line break; empty where nothing differs.
    """
    lines: list[str] = []
    told: tuple[str, ...] | None = None
    page = _Page(colour, max(width, _NARROWEST), beside)
    for each in changes:
        environments = each.environments
        if environments != told:
            told = environments
            if any(environments):
                lines += ["", f"{', '.join(one_line(name, 100) for name in environments)}:"]
        lines += page.object(each.change)
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


class _Page:
    """How objects are laid out."""

    def __init__(self, colour: bool, width: int, beside: bool) -> None:
        self._colour = colour
        self._width = width
        self._beside = beside

    def object(self, change: ObjectChange) -> Iterator[str]:
        """An object, what happens, and its fields."""
        sign = SIGNS[sort_of(change)]
        yield self._paint(_COLOURS[sign], f"{sign} {one_line(str(change.identity), 300)}")
        for impact in change.impacts:
            yield from self._impact(impact)
        names = [field_of(each) for each in change.fields]
        room = min(max(map(columns, names), default=0), self._width * 2 // 5)
        for name, each in zip(names, change.fields, strict=True):
            lines = self._two_columns(name, each, room) if self._beside and not each.order else self._field(name, each)
            yield from (f"    {line}" for line in lines)

    def _impact(self, impact: Impact) -> Iterator[str]:
        word = f"{impact.effect}:"
        first, *rest = wrap(f"{word} {sentence(impact)}", self._width - 4)
        yield f"  {self._paint(_style(impact.effect), word)}{first[len(word) :]}"
        yield from (f"    {line}" for line in rest)

    def _field(self, name: str, change: FieldChange) -> Iterator[str]:
        width = self._width - 4
        if change.order:
            was, now = (one_line(", ".join(each), 1000) for each in (change.before, change.after))
            yield fit(f"{name}: the order was {was}, and is {now}", width)
            return
        told = rows(change)
        if len(told) > 1:
            yield f"{name}:"
            for sign, line in unified(told):
                yield self._paint(_COLOURS.get(sign, _DIM), fit(f"  {sign} {line}", width))
            return
        before, after = words(change)
        if before is None or after is None:
            sign, value = ("+", after) if before is None else ("-", before)
            yield fit(f"{name}: {sign} {value}", width)
        elif len(before) <= INLINE and len(after) <= INLINE:
            yield f"{name}: {before} → {after}"
        else:
            yield f"{name}:"
            for sign, line in unified(told):
                yield self._paint(_COLOURS.get(sign, _DIM), fit(f"  {sign} {line}", width))

    def _two_columns(self, name: str, change: FieldChange, room: int) -> Iterator[str]:
        """A field's name, what it was, and what it is.

        :param room: columns for the name.
        """
        each = (self._width - 4 - room - 5) // 2
        label = _padded(name, room)
        if columns(name) > room:
            yield fit(name, self._width - 4)
            label = " " * room
        for row in rows(change):
            cells = self._cell(row, row.before, "-", each), self._cell(row, row.after, "+", each)
            yield f"{label}  {' │ '.join(cells)}".rstrip()
            label = " " * room

    def _cell(self, row: Row, line: str | None, sign: str, width: int) -> str:
        text = fit(line or "", width)
        return self._paint(_DIM if row.same else _COLOURS[sign], text) + " " * (width - columns(text))

    def _paint(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour and text else text


def _style(effect: Effect) -> str:
    """The colour of an effect, by how grave it is."""
    if effect in GRAVE:
        return f"{_BOLD};31"
    if effect in TELLING:
        return f"{_BOLD};33"
    return _DIM if effect is Effect.NOTHING else f"{_BOLD};36"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
