"""A diff, for a person at a terminal and for a program."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from pilothouse.diff.change import FieldChange, Item, ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.manifest import Identity
from pilothouse.report.text import fit, one_line

_SIGNS = {"added": ("+", "32"), "removed": ("-", "31"), "changed": ("~", "33")}
_LONGEST = 60
"""Characters of a value beside which another stands in one line."""


def sort_of(change: ObjectChange) -> str:
    """``added``, ``removed`` or ``changed``."""
    return "added" if change.before is None else "removed" if change.after is None else "changed"


def human(changes: Sequence[Changed], *, colour: bool, width: int) -> str:
    """The changes as text: environments, objects, fields.

    :param changes: in order of their environments.
    :param colour: whether the text may hold colours.
    :param width: columns.
    """
    lines: list[str] = []
    told: tuple[str, ...] | None = None
    for change, environments, _ in changes:
        if environments != told:
            told = environments
            if any(environments):
                lines += ["", f"{', '.join(one_line(name, 100) for name in environments)}:"]
        sign, style = _SIGNS[sort_of(change)]
        head = f"{sign} {one_line(str(change.identity), 300)}"
        lines.append(f"\x1b[{style}m{head}\x1b[0m" if colour else head)
        for each in change.fields:
            lines += [f"    {line}" for line in _field(each, width - 4)]
        for impact in change.impacts:
            word = f"{impact.effect}:"
            said = f"{impact.says}; {impact.then}" if impact.then else impact.says
            lines.append(f"  \x1b[1;31m{word}\x1b[0m {said}" if colour else f"  {word} {said}")
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""


def _field(change: FieldChange, width: int) -> list[str]:
    if change.order:
        return [
            fit(f"{change.field}: the order was {', '.join(change.before)}, and is {', '.join(change.after)}", width)
        ]
    before, after = (None if value is msgspec.UNSET else _word(value) for value in (change.before, change.after))
    if before is None:
        return [fit(f"{change.field}: + {after}", width)]
    if after is None:
        return [fit(f"{change.field}: - {before}", width)]
    if len(before) <= _LONGEST and len(after) <= _LONGEST:
        return [f"{change.field}: {before} → {after}"]
    return [f"{change.field}:", fit(f"  - {before}", width), fit(f"  + {after}", width)]


def _word(value: Any) -> str:
    if isinstance(value, str) and value and value == value.strip() and "\n" not in value:
        return one_line(value, 2000)
    return json.dumps(value, ensure_ascii=False)


def summary(changes: Sequence[Changed]) -> str:
    """How much differs, in a line: ``2 objects changed, 1 added``."""
    counts = Counter(sort_of(each.change) for each in changes)
    parts = [f"{counts[sort]:,} {sort}" for sort in ("changed", "added", "removed") if counts[sort]]
    if not parts:
        return "no differences"
    number, rest = parts[0].split(" ", 1)
    told = ", ".join([f"{number} object{'' if number == '1' else 's'} {rest}", *parts[1:]])
    refused = sum(any(one.effect is Effect.REPLACE for one in each.change.impacts) for each in changes)
    return f"{told}; the API server refuses {refused:,} of these changes" if refused else told


def as_json(changes: Sequence[Changed], base: str, head: str) -> str:
    """The changes as JSON, in the form of ``diff.schema.json``.

    :param base: how the state before is called.
    :param head: how the state after is called.
    """
    counts = Counter(sort_of(each.change) for each in changes)
    document = {
        "version": 1,
        "base": base,
        "head": head,
        "changes": [_object(each) for each in changes],
        "summary": {sort: counts[sort] for sort in _SIGNS},
    }
    return json.dumps(document, indent=2) + "\n"


def _object(changed: Changed) -> dict[str, Any]:
    change, environments, order = changed
    return {
        "change": sort_of(change),
        "object": _named(change.identity),
        "environments": [name for name in environments if name],
        "order": list(order),
        "fields": [_as_plain(each) for each in change.fields],
        "impacts": [_impact(each) for each in change.impacts],
    }


def _named(identity: Identity) -> dict[str, str]:
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def _impact(impact: Impact) -> dict[str, Any]:
    more = {
        "then": impact.then,
        "field": impact.field,
        "on": impact.on and _named(impact.on),
        "facts": dict(impact.facts),
    }
    return {"effect": impact.effect, "says": impact.says, **{name: value for name, value in more.items() if value}}


def _as_plain(change: FieldChange) -> dict[str, Any]:
    path = [dict(step.keys) if isinstance(step, Item) else step for step in change.path]
    told: dict[str, Any] = {"path": path, "field": change.field}
    if not change.added:
        told["before"] = change.before
    if not change.removed:
        told["after"] = change.after
    if change.order:
        told["order"] = True
    return told
