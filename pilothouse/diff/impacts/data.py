"""Data: changes after which stored data goes, or may go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pilothouse.claims import CLAIM, CLASS, SNAPSHOT, VOLUME, claims, is_default
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.scales import replicas
from pilothouse.diff.impacts.templates import STATEFUL_SET, both, of_kind
from pilothouse.diff.impacts.words import counted
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

NAMESPACE = ("", "Namespace")
DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_COPY = "make sure that nobody needs the data, or copy it, before it is deleted"
_RETENTION = "persistentVolumeClaimRetentionPolicy"
_RECLAIM = "persistentVolumeReclaimPolicy"


def data(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change does to stored data."""
    kind = of_kind(change)
    if change.after is None and change.before is not None:
        if kind in _GONE:
            yield from _GONE[kind](change.before, between)
    elif kind in _CHANGED:
        states = both(change, between)
        if states is not None:
            yield from _CHANGED[kind](change, *states, between)


def _claim(claim: Manifest, between: Between) -> Iterator[Impact]:
    policy, why = _reclaimed(mapping(claim.body, "spec"), between.before)
    says = f"when it is deleted, {_fate(policy, why, 'its volume')}"
    yield Impact(Effect.DATA, says, _COPY, facts={"reclaimPolicy": policy} if policy else {})


def _stateful_set(stateful_set: Manifest, between: Between) -> Iterator[Impact]:
    """Source: Kubernetes documentation, StatefulSets, "PersistentVolumeClaim retention"."""
    asked = [spec for spec, _ in claims(stateful_set)]
    if asked and _retention(stateful_set, "whenDeleted") == "Delete":
        policy, why = _reclaimed(asked[0], between.before)
        says = (
            f"when it is deleted, the claims of its pods go too (whenDeleted), and {_fate(policy, why, 'each volume')}"
        )
        yield Impact(Effect.DATA, says, _COPY, f"spec.{_RETENTION}.whenDeleted")


def _namespace(namespace: Manifest, between: Between) -> Iterator[Impact]:
    stack = between.before
    inside = {kind: len(stack.within(namespace.name, *kind)) for kind in stack.kinds}
    total, stored = sum(inside.values()), inside.get(CLAIM, 0)
    stored += sum(any(claims(each)) for each in stack.within(namespace.name, *STATEFUL_SET))
    says = f"when it is deleted, everything in it goes: {counted(total, 'object')} of this stack"
    says += f", {stored} of them with stored data, and what else there is" if stored else ", and what else there is"
    yield Impact(Effect.DATA, says, _COPY, facts={"objects": total, "stored": stored})


def _definition(definition: Manifest, between: Between) -> Iterator[Impact]:
    spec = mapping(definition.body, "spec")
    group, kind = text(spec.get("group")), text(mapping(spec, "names").get("kind"))
    there = len(between.before.of_kind(group, kind))
    says = f"when it is deleted, every {kind} of the cluster goes with it: {there:,} in this stack"
    yield Impact(
        Effect.DATA, says, "save the objects first: kubectl get --all-namespaces -o yaml", facts={"objects": there}
    )


def _volume(volume: Manifest, between: Between) -> Iterator[Impact]:
    policy = text(mapping(volume.body, "spec").get(_RECLAIM)) or "Retain"
    fate = "what is stored goes too" if policy == "Delete" else "what is stored stays, and nothing refers to it"
    says = f"when it is deleted, and its claim is, {fate} ({_RECLAIM} {policy})"
    yield Impact(Effect.DATA, says, _COPY, f"spec.{_RECLAIM}", facts={"reclaimPolicy": policy})


def _snapshot(snapshot: Manifest, between: Between) -> Iterator[Impact]:
    name = text(mapping(snapshot.body, "spec").get("volumeSnapshotClassName"))
    found = between.before.by_identity.get(Identity(SNAPSHOT[0], "VolumeSnapshotClass", "", name), [])
    policy = text(found[0].body.get("deletionPolicy")) if found else ""
    if policy != "Retain":
        why = f"the class {name} has deletionPolicy Delete" if policy else "unless its class says Retain"
        yield Impact(Effect.DATA, f"when it is deleted, the snapshot itself goes, {why}", _COPY)


def _kept_claims(change: ObjectChange, before: Manifest, after: Manifest, between: Between) -> Iterator[Impact]:
    """A StatefulSet whose claims go more often than before, or now."""
    if not any(True for _ in claims(after)):
        return
    for when, so in (("whenDeleted", "the StatefulSet is deleted"), ("whenScaled", "it is scaled down")):
        if _retention(after, when) == "Delete" and _retention(before, when) != "Delete":
            field = f"spec.{_RETENTION}.{when}"
            yield Impact(Effect.DATA, f"from now on the claims of its pods go when {so}", _COPY, field)
    numbers = replicas(change, between)
    if numbers is not None and numbers[1] < numbers[0] and _retention(after, "whenScaled") == "Delete":
        gone = numbers[0] - numbers[1]
        policy, why = _reclaimed(next(spec for spec, _ in claims(after)), between.after)
        says = (
            f"the claims of the {counted(gone)} that end go too (whenScaled), and {_fate(policy, why, 'each volume')}"
        )
        yield Impact(Effect.DATA, says, _COPY, "spec.replicas", facts={"pods": gone})


def _reclaiming(change: ObjectChange, before: Manifest, after: Manifest, between: Between) -> Iterator[Impact]:
    """A volume that from now on goes with its claim."""
    was, now = (text(mapping(each.body, "spec").get(_RECLAIM)) for each in (before, after))
    if now == "Delete" and was != "Delete":
        says = "from now on what is stored goes when the claim is deleted"
        yield Impact(Effect.DATA, says, _COPY, f"spec.{_RECLAIM}", facts={"reclaimPolicy": now})


def _retention(stateful_set: Manifest, when: str) -> str:
    return text(mapping(stateful_set.body, "spec", _RETENTION).get(when)) or "Retain"


def _reclaimed(claim: dict[str, Any], stack: Stack) -> tuple[str, str]:
    """What becomes of a claim's volume, ``Delete`` or ``Retain``, and who says so; empty where nobody here knows.

    Source: Kubernetes documentation, Persistent Volumes, "Reclaiming"; Storage Classes, "Reclaim policy".
    """
    volumes = stack.by_identity.get(Identity(*VOLUME, "", text(claim.get("volumeName"))))
    if volumes:
        policy = text(mapping(volumes[0].body, "spec").get(_RECLAIM)) or "Retain"
        return policy, f"the volume {volumes[0].name} has {_RECLAIM} {policy}"
    name = claim.get("storageClassName")
    if isinstance(name, str):
        found = stack.by_identity.get(Identity(*CLASS, "", name), [])
    else:
        found = [each for each in stack.of_kind(*CLASS) if is_default(each)]
    if not found:
        return "", f"of the class {name}" if isinstance(name, str) and name else ""
    policy = text(found[0].body.get("reclaimPolicy")) or "Delete"
    return policy, f"its class {found[0].name} has reclaimPolicy {policy}"


def _fate(policy: str, why: str, volume: str) -> str:
    if policy == "Delete":
        return f"{volume} goes with what is stored: {why}"
    if policy == "Retain":
        return f"{volume} stays, and no other claim gets it by itself: {why}"
    return f"{volume} {why + ' ' if why else ''}goes with what is stored, unless its reclaim policy is Retain"


_GONE: dict[GroupKind, Callable[[Manifest, Between], Iterator[Impact]]] = {
    CLAIM: _claim,
    STATEFUL_SET: _stateful_set,
    NAMESPACE: _namespace,
    DEFINITION: _definition,
    VOLUME: _volume,
    SNAPSHOT: _snapshot,
}
_CHANGED: dict[GroupKind, Callable[[ObjectChange, Manifest, Manifest, Between], Iterator[Impact]]] = {
    STATEFUL_SET: _kept_claims,
    VOLUME: _reclaiming,
}
