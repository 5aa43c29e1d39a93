"""A diff for a program, in the form of ``diff.schema.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pilothouse.diff.change import FieldChange, Item
from pilothouse.diff.impact import Impact
from pilothouse.diff.stacks import Changed
from pilothouse.manifest import Identity
from pilothouse.report.diff_words import SIGNS, sort_of


def render(changes: Sequence[Changed], base: str, head: str) -> str:
    """The changes as JSON.

    :param base: how the state before is called.
    :param head: how the state after is called.
    """
    counts = Counter(sort_of(each.change) for each in changes)
    document = {
        "version": 1,
        "base": base,
        "head": head,
        "changes": [_object(each) for each in changes],
        "summary": {sort: counts[sort] for sort in SIGNS},
    }
    return json.dumps(document, indent=2) + "\n"


def _object(changed: Changed) -> dict[str, Any]:
    change, environments = changed.change, changed.environments
    return {
        "change": sort_of(change),
        "object": _named(change.identity),
        "environments": [name for name in environments if name],
        "order": list(changed.order),
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
