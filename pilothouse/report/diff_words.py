"""The words of a diff: what all of its forms say alike."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from pilothouse.diff.change import FieldChange, ObjectChange
from pilothouse.diff.impact import ORDER, Effect, Impact
from pilothouse.diff.secrecy import masked
from pilothouse.diff.stacks import Changed
from pilothouse.report.text import ELLIPSIS, cut, one_line, visible
from pilothouse.yamlio import YamlWriteError, dump

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
"""Sort of a change -> the sign before its object."""
TITLES: dict[Effect, str] = {
    Effect.DATA: "Data at risk",
    Effect.REPLACE: "Refused by the API server",
    Effect.BREAKS: "Breaks others",
    Effect.ACCESS: "Access changes",
    Effect.TRAFFIC: "Traffic moves",
    Effect.SCALES: "Pods scale",
    Effect.ROLLS: "Pods roll",
    Effect.STALE: "Pods keep what they have read",
    Effect.RENAMED: "Renamed",
    Effect.NOTHING: "No effect on pods",
}
"""Effect -> what stands above all impacts of it."""
GRAVE = frozenset({Effect.DATA, Effect.REPLACE, Effect.BREAKS})
"""Effects that need hands."""
TELLING = frozenset({Effect.ACCESS, Effect.TRAFFIC})
"""Effects that others than the pods' owners feel."""
INLINE = 60
"""Characters of a value beside which another stands in one line."""
_LINE = 400
"""Characters of a line of a value."""
_LINES = 200
"""Lines of a field that are told."""
_AROUND = 2
"""Lines around one that differs."""
_PATIENCE = 250_000
"""Lines before times lines after, up to which it is looked for what stayed between."""


class Row(NamedTuple):
    """A line of a field as it was, beside the same line as it is."""

    before: str | None
    """None where it was not there."""
    after: str | None
    """None where it is not there."""

    @property
    def same(self) -> bool:
        """Whether nothing differs: it is told for what stands around it."""
        return self.before == self.after


def sort_of(change: ObjectChange) -> str:
    """``added``, ``removed`` or ``changed``."""
    return "added" if change.before is None else "removed" if change.after is None else "changed"


def sentence(impact: Impact) -> str:
    """What an impact says, and what to do about it, as one safe line; with the object that it is about."""
    on = "" if impact.on is None or impact.on.name in impact.says else f"{impact.on}: "
    return one_line(f"{on}{impact.says}; {impact.then}" if impact.then else f"{on}{impact.says}")


def field_of(change: FieldChange) -> str:
    """A field's path as one safe line."""
    return one_line(change.field, 300)


def gravest_first(changes: Iterable[Changed]) -> list[Changed]:
    """The changes in the order of the worst that each does; those of which nothing is known come last."""
    none = len(ORDER)
    return sorted(changes, key=lambda each: min((ORDER[impact.effect] for impact in each.change.impacts), default=none))


def title(effect: Effect) -> str:
    """An effect's title in the middle of a line."""
    said = TITLES[effect]
    return said[0].lower() + said[1:]


def at_once(names: Iterable[str]) -> str:
    """Names as a safe list of words: ``dev, staging and prod``; empty where none has a name."""
    said = [one_line(name, 100) for name in names if name]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def words(change: FieldChange) -> tuple[str | None, str | None]:
    """A field as it was and as it is, each in one safe line: a text as it is, and all else as JSON.

    None where it is not there. A text that would look like the other value, which is none, is JSON as well.
    """
    before, after = (None if value is msgspec.UNSET else _word(value) for value in (change.before, change.after))
    if before == after and type(change.before) is not type(change.after):
        return _json(change.before), _json(change.after)
    return before, after


def _word(value: Any) -> str:
    if isinstance(value, str) and value and value == value.strip() and value.isprintable():
        return value
    return _json(value)


def _json(value: Any) -> str:
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def rows(change: FieldChange) -> list[Row]:
    """A field as it was beside what it is, line by line: values of many lines as YAML, texts as themselves.

    Lines that are the same are left out but for the two around one that differs; long lines are cut, and of many the
    last ones are counted only.
    """
    before, after = (_lines(value) for value in (change.before, change.after))
    if len(before) == len(after) == 1:
        before, after = ([] if line is None else [line] for line in words(change))
    found = list(_paired(before, after))
    told = [_cut_row(row) for row in found[:_LINES]]
    if len(found) > _LINES:
        more = f"{ELLIPSIS} {len(found) - _LINES:,} more lines"
        told.append(Row(more, more))
    return told


def unified(told: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Rows as a text diff: each line with ``-``, ``+`` or a blank as its sign."""
    new: list[str] = []
    for row in told:
        if row.same:
            yield from (("+", line) for line in new)
            new = []
            yield " ", row.after or ""
            continue
        if row.before is not None:
            yield "-", row.before
        if row.after is not None:
            new.append(row.after)
    yield from (("+", line) for line in new)


def whole(change: ObjectChange) -> list[str]:
    """All lines of an object that is new or gone, as YAML, without secrets; cut as :func:`rows` cuts."""
    lines = _lines(masked(change.manifest))
    more = [f"{ELLIPSIS} {len(lines) - _LINES:,} more lines"] if len(lines) > _LINES else []
    return [_cut(line) for line in lines[:_LINES]] + more


def _lines(value: Any) -> list[str]:
    if value is msgspec.UNSET:
        return []
    if isinstance(value, str) and "\n" in value[:-1]:
        *lines, last = value.split("\n")
        return [*lines, last, "\\ no line break at the end"] if last else lines
    if isinstance(value, dict | list) and value and len(_json(value)) > INLINE:
        try:
            return dump(value).rstrip("\n").split("\n")
        except YamlWriteError:
            pass
    return [_word(value)]


def _cut(line: str) -> str:
    return cut(visible(line[: _LINE + 1]), _LINE)


def _cut_row(row: Row) -> Row:
    """A row with its lines cut; of two that differ the part from just before they do."""
    before, after = row
    if before is None or after is None or before == after or max(len(before), len(after)) <= _LINE:
        return Row(*(None if line is None else _cut(line) for line in row))
    start = max(0, _alike(before, after) - _LINE // 4)
    left = ELLIPSIS if start else ""
    return Row(_cut(left + before[start:]), _cut(left + after[start:]))


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    """How many characters, or lines, are the same from the first on."""
    both = zip(before, after, strict=False)
    return next((n for n, (was, now) in enumerate(both) if was != now), min(len(before), len(after)))


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    """The lines that differ, each with those around it."""
    first = _alike(before, after)
    rest = min(len(before), len(after)) - first
    last = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    yield from (Row(line, line) for line in before[max(0, first - _AROUND) : first])
    if len(old) * len(new) > _PATIENCE:
        yield from _beside(old, new)
    else:
        yield from _between(old, new)
    yield from (Row(line, line) for line in before[len(before) - last :][:_AROUND])


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND)
    for number, group in enumerate(groups):
        if number:
            yield Row(ELLIPSIS, ELLIPSIS)
        for tag, start, end, begin, stop in group:
            if tag == "equal":
                yield from (Row(line, line) for line in old[start:end])
            else:
                yield from _beside(old[start:end], new[begin:stop])


def _beside(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    for number in range(max(len(old), len(new))):
        yield Row(old[number] if number < len(old) else None, new[number] if number < len(new) else None)
