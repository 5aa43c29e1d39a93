"""Stacks: what differs between two states of everything that is deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.compare import compare
from pilothouse.diff.foresee import foresee
from pilothouse.diff.order import apply_order
from pilothouse.diff.secrecy import masked_field
from pilothouse.manifest import Identity
from pilothouse.stack import Stack


class Changed(NamedTuple):
    """One change, and everywhere it is made."""

    change: ObjectChange
    environments: tuple[str, ...]
    """In the order of their names; one empty name where there are none."""
    order: tuple[int, ...]
    """Its place, from 1, among all changes of each environment as they are applied."""


def compare_stacks(before: Stack, after: Stack) -> list[ObjectChange]:
    """Every object that differs between two states of one environment, in the order of kind, namespace and name.

    :param before: the objects as they were; of two of one identity the last one counts, as in a cluster.
    :param after: the objects as they are; its catalogue counts.
    """
    was, now = ({identity: each[-1] for identity, each in side.by_identity.items()} for side in (before, after))
    found: list[ObjectChange] = []
    for identity in sorted(
        was.keys() | now.keys(), key=lambda each: (each.kind, each.namespace, each.name, each.group)
    ):
        old, new = was.get(identity), now.get(identity)
        if old is None or new is None:
            found.append(ObjectChange(identity, old, new))
            continue
        fields = compare(old.body, new.body, after.catalogue) if old is not new else []
        if fields:
            found.append(ObjectChange(identity, old, new, fields))
    return [
        change._replace(fields=[masked_field(change.identity, each) for each in change.fields])
        for change in foresee(found, before, after)
    ]


def compare_all(
    before: Mapping[str, Stack], after: Mapping[str, Stack], nothing: Callable[[str], Stack]
) -> list[Changed]:
    """What differs in all environments; what is the same change in several of them is told once.

    :param before: each environment's objects as they were.
    :param after: each environment's objects as they are.
    :param nothing: gives an environment's stack without objects, for one that only one side has.
    """
    found: dict[tuple[Identity, bytes], tuple[ObjectChange, list[tuple[str, int]]]] = {}
    for name in sorted({*before, *after}):
        sides = (side[name] if name in side else nothing(name) for side in (before, after))
        changes = compare_stacks(*sides)
        places = {identity: place for place, identity in enumerate(apply_order(changes), start=1)}
        for change in changes:
            key = (change.identity, msgspec.msgpack.encode(_content(change), enc_hook=str))
            found.setdefault(key, (change, []))[1].append((name, places[change.identity]))
    changed = [
        Changed(change, tuple(name for name, _ in where), tuple(place for _, place in where))
        for change, where in found.values()
    ]
    return sorted(changed, key=lambda each: (each.environments, each.change.identity))


def _content(change: ObjectChange) -> Any:
    """What a change says, but of which environment."""
    impacts = [list(each) for each in change.impacts]
    if change.before is None or change.after is None:
        return [change.before is None, change.manifest.body, impacts]
    return [[[each.field, each.before, each.after, each.order] for each in change.fields], impacts]
