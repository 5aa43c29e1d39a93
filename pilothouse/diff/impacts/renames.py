"""Renames: one object that goes, and one of its kind that says nearly the same and comes."""

from __future__ import annotations

import re
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pilothouse.claims import CLAIM
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.templates import (
    CONTROLLER,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    ROLLOUT,
    STATEFUL_SET,
    of_kind,
)
from pilothouse.manifest import Identity, Manifest
from pilothouse.references.kubernetes import CONFIG_MAP, SECRET, SERVICE
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_SHARE = 0.7
"""Of the fields of the greater of two objects so many must be equal."""
_RARE, _LISTED = 8, 16
"""So many of an object's rarest fields are looked up, and a field that more objects have finds none of them."""
_OWN_NAME = "\0"
"""What an object's own name is read as."""
_HASHED = re.compile(r"(?P<stem>.+)-(?P<hash>(?=[a-z0-9]*[0-9])[a-z0-9]{5,16})")
"""A name with a hash of the content at its end, as Kustomize and Pilothouse make them."""

_AT_ONCE = "new pods start while the old ones end: for a while both are there, or neither"
_THEN: dict[GroupKind, tuple[str, str]] = {
    SERVICE: (
        "its DNS name and its clusterIP are others: who calls the old one gets no answer once it is deleted",
        "keep the old one until nobody calls it",
    ),
    **dict.fromkeys((DEPLOYMENT, REPLICA_SET, CONTROLLER, ROLLOUT, DAEMON_SET), (_AT_ONCE, "")),
    STATEFUL_SET: (
        "its pods get other names and new, empty claims: the data of the old ones does not move",
        "copy the data before the old one is deleted",
    ),
    CLAIM: (
        "the data does not move: the new claim gets an empty volume",
        "copy the data before the old one is deleted",
    ),
    JOB: ("the new Job runs from its beginning", ""),
    CRON_JOB: ("runs that go on are deleted with the old one", ""),
    POD: (_AT_ONCE, ""),
    ("", "Namespace"): (
        "everything in the old one goes with it, and nothing moves",
        "move what is in it, data first, before it is deleted",
    ),
    ("", "ServiceAccount"): ("tokens of the old one are refused once it is deleted", ""),
}
"""(group, kind) -> what it means, and what to do. Of any other kind the old one goes, and the new one comes."""


def renames(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """The object under whose name one that goes comes again, with what that means; or that one came from."""
    if change.before is not None and change.after is not None:
        return
    other = _pairs(between).get(change.identity)
    if other is None:
        return
    kind, gone = of_kind(change), change.after is None
    moved = "namespace" if other.namespace != change.identity.namespace else "name"
    name = other.namespace if moved == "namespace" and other.name == change.identity.name else other.name
    if moved == "namespace" and other.name != change.identity.name:
        name = f"{other.namespace}/{other.name}"
    says = f"it comes again under the {moved} {name}" if gone else f"it had the {moved} {name}"
    facts: dict[str, int | str | bool] = {"to" if gone else "from": name}
    if kind in (CONFIG_MAP, SECRET, JOB):
        stem = _stem(change.identity.name)
        if stem and stem == _stem(other.name):
            yield Impact(Effect.RENAMED, f"{says}: its name changes with its content", on=other, facts=facts)
            return
    if not gone:
        yield Impact(Effect.RENAMED, says, on=other, facts=facts)
        return
    means, then = _THEN.get(kind, ("the one is deleted, and the other made", ""))
    yield Impact(Effect.RENAMED, f"{says}: {means}", then, on=other, facts=facts)


_known: weakref.WeakKeyDictionary[Stack, tuple[Mapping[Identity, ObjectChange], dict[Identity, Identity]]] = (
    weakref.WeakKeyDictionary()
)
"""The changes that lead to a stack, and the pairs among them: they are judged one after the other."""


def _pairs(between: Between) -> dict[Identity, Identity]:
    """Each of two objects that are one under another name, to the other."""
    known = _known.get(between.after)
    if known is None or known[0] is not between.changes:
        known = _known[between.after] = (between.changes, _found(between.changes))
    return known[1]


def _found(changes: Mapping[Identity, ObjectChange]) -> dict[Identity, Identity]:
    kinds: dict[GroupKind, tuple[list[Manifest], list[Manifest]]] = defaultdict(lambda: ([], []))
    for change in changes.values():
        if change.after is None and change.before is not None:
            kinds[of_kind(change)][0].append(change.before)
        elif change.before is None and change.after is not None:
            kinds[of_kind(change)][1].append(change.after)
    found: dict[Identity, Identity] = {}
    for gone, come in kinds.values():
        if gone and come:
            for old, new in _matched(gone, come):
                found[old.identity], found[new.identity] = new.identity, old.identity
    return found


def _matched(gone: list[Manifest], come: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Pairs of one kind: those of one stem first, then the most alike first."""
    stems: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, new in enumerate(come):
        if stem := _stem(new.name):
            stems[new.namespace, stem].append(number)
    of_old, of_new = ([_leaves(each) for each in side] for side in (gone, come))
    having: dict[Leaf, list[int]] = defaultdict(list)
    for number, readings in enumerate(of_new):
        for leaf in set().union(*readings):
            having[leaf].append(number)
    alike: list[tuple[float, int, int]] = []
    for place, readings in enumerate(of_old):
        named = stems.get((gone[place].namespace, _stem(gone[place].name)), ())
        alike += [(-2.0, place, number) for number in named if len(named) <= _LISTED]
        for number in _candidates(readings, having):
            share = max(map(_share, readings, of_new[number]))
            if share >= _SHARE:
                alike.append((-share, place, number))
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _, place, number in sorted(alike):
        if place not in used_old and number not in used_new:
            used_old.add(place)
            used_new.add(number)
            yield gone[place], come[number]


Leaf = tuple[str, str]
"""A field, with its value as text."""


def _candidates(readings: tuple[Counter[Leaf], ...], having: Mapping[Leaf, list[int]]) -> list[int]:
    """The new objects that share one of the rarest fields: a bounded number, however many there are."""
    found: set[int] = set()
    for leaves in readings:
        listed = sorted((len(having[leaf]), leaf) for leaf in leaves if leaf in having)
        for _, leaf in listed[:_RARE]:
            found.update(having[leaf][:_LISTED])
    return sorted(found)


def _share(one: Counter[Leaf], other: Counter[Leaf]) -> float:
    """How much of the greater of two objects is in both, from 0 to 1."""
    return (one & other).total() / max(one.total(), other.total(), 1)


def _leaves(manifest: Manifest) -> tuple[Counter[Leaf], Counter[Leaf]]:
    """Every field of what an object says, with its value: as it stands, and with its own name read as such."""
    plain: Counter[Leaf] = Counter()
    named: Counter[Leaf] = Counter()
    pending: list[tuple[str, Any]] = [
        (key, value) for key, value in manifest.body.items() if key not in ("apiVersion", "kind", "metadata", "status")
    ]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict) and value:
            pending += [(f"{path}.{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list) and value:
            pending += [(f"{path}[]", inner) for inner in value]
        else:
            told = f"{type(value).__name__} {value}"
            plain[path, told] += 1
            named[path, _OWN_NAME if value == manifest.name else told] += 1
    return plain, named


def _stem(name: str) -> str:
    """What stands before the hash in a name; empty where it has none."""
    match = _HASHED.fullmatch(name)
    return match["stem"] if match is not None else ""
