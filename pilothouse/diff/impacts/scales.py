"""Scales: changes that make more pods, or fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pilothouse.availability import least
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
    both,
    of_kind,
)
from pilothouse.diff.impacts.words import counted
from pilothouse.lenient import count, mapping, mappings, text
from pilothouse.manifest import MOVED_GROUPS, Identity, Manifest
from pilothouse.references.row import GroupKind

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")
_REPLICAS = "spec.replicas"
_KEEP = (
    "hand the number over first: kubectl apply --server-side --field-manager=handover with an object of this name that"
    " says nothing but spec.replicas: {}; where it was applied without --server-side, take replicas out by kubectl"
    " apply edit-last-applied"
)
"""Source: Kubernetes documentation, Horizontal Pod Autoscaling, "Migrating Deployments and StatefulSets to horizontal
autoscaling"; Server-Side Apply, "Transferring ownership"."""


def scales(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """How many pods there are after a change, where that is another number than before."""
    kind = of_kind(change)
    if kind in _RUNS and (change.before is None or change.after is None):
        yield from _come_or_go(change, between)
    elif kind in _JUDGES and (kind == AUTOSCALER or both(change, between) is not None):
        yield from _JUDGES[kind](change, between)


def replicas(change: ObjectChange, between: Between) -> tuple[int, int] | None:
    """How many replicas a workload asks for before a change and in the first moment after it; None where that is the
    same, or an autoscaler knew before."""
    field = next((field for field in change.fields if field.path == ("spec", "replicas")), None)
    if field is None or change.before is None or change.after is None:
        return None
    if field.added and between.before.autoscaler(change.before) is not None:
        return None
    was, now = (count(mapping(each.body, "spec").get("replicas"), 1) for each in (change.before, change.after))
    return (was, now) if was != now else None


def _workload(change: ObjectChange, between: Between) -> Iterator[Impact]:
    field = next((field for field in change.fields if field.path == ("spec", "replicas")), None)
    if field is None or change.after is None:
        return
    scaler = between.after.autoscaler(change.after)
    now = count(mapping(change.after.body, "spec").get("replicas"), 1)
    numbers = replicas(change, between)
    facts: dict[str, int | str | bool] = {"before": numbers[0], "after": now} if numbers else {"after": now}
    if scaler is None:
        if numbers is not None:
            yield Impact(Effect.SCALES, _from_to(change, *numbers), field=_REPLICAS, facts=facts)
    elif field.removed:
        was = numbers[0] if numbers else now
        yield Impact(
            Effect.SCALES,
            f"without replicas it goes from {was} to 1 first, and the autoscaler {scaler.name} begins there, unless"
            " somebody else owns the field",
            _KEEP.format(was),
            _REPLICAS,
            facts=facts,
        )
    else:
        yield Impact(
            Effect.SCALES,
            f"it is set to {counted(now)} each time it is applied, whatever the autoscaler {scaler.name} wants",
            "leave replicas out: the autoscaler decides",
            _REPLICAS,
            facts=facts,
        )


def _from_to(change: ObjectChange, was: int, now: int) -> str:
    says = f"from {was} to {counted(now)}"
    if of_kind(change) == STATEFUL_SET and now < was and change.after is not None:
        says += f", the highest ordinals first{_claims_stay(change.after, 'whenScaled')}"
    return says


def _claims_stay(manifest: Manifest, when: str) -> str:
    """What is to be said of claims that are left behind; empty where there are none, or they go."""
    spec = mapping(manifest.body, "spec")
    policy = mapping(spec, "persistentVolumeClaimRetentionPolicy").get(when)
    names = [text(mapping(each, "metadata").get("name")) for _, each in mappings(spec.get("volumeClaimTemplates"))]
    if not names or policy == "Delete":
        return ""
    return (
        f"; the claims of these pods stay with their data ({', '.join(f'{each}-{manifest.name}-…' for each in names)})"
    )


def _come_or_go(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """The pods of a workload that is new or gone."""
    kind, manifest = of_kind(change), change.manifest
    spec = mapping(manifest.body, "spec")
    gone = change.after is None
    stack = between.before if gone else between.after
    if kind == CRON_JOB:
        if spec.get("suspend") is not True:
            yield Impact(
                Effect.SCALES, "when it is deleted, no run begins any more" if gone else "runs begin by its schedule"
            )
        return
    if kind == DAEMON_SET:
        says = (
            "when it is deleted, its pod on each node ends" if gone else "a pod is started on each node that takes it"
        )
        yield Impact(Effect.SCALES, says)
        return
    pods = (0 if spec.get("suspend") is True else _parallel(manifest)) if kind == JOB else least(manifest, stack)
    if not pods:
        return
    if gone:
        says = f"when it is deleted, its {counted(pods)} {'ends' if pods == 1 else 'end'}"
        says += _claims_stay(manifest, "whenDeleted") if kind == STATEFUL_SET else ""
    else:
        says = f"{counted(pods)} {'is' if pods == 1 else 'are'} started"
    yield Impact(Effect.SCALES, says, facts={"before": pods, "after": 0} if gone else {"before": 0, "after": pods})


def _parallel(job: Manifest) -> int:
    spec = mapping(job.body, "spec")
    pods = count(spec.get("parallelism"), 1)
    return min(pods, count(spec.get("completions"), pods))


def _cron_job(change: ObjectChange, between: Between) -> Iterator[Impact]:
    for was, now in _suspended(change):
        if now and not was:
            yield Impact(
                Effect.SCALES, "suspended: no run begins any more; one that goes on stays", field="spec.suspend"
            )
        elif was and not now:
            spec = mapping(change.manifest.body, "spec")
            at_once = spec.get("startingDeadlineSeconds") is None
            says = "resumed: runs begin again by its schedule" + (", one that was missed at once" if at_once else "")
            yield Impact(Effect.SCALES, says, field="spec.suspend")


def _job(change: ObjectChange, between: Between) -> Iterator[Impact]:
    for was, now in _suspended(change):
        if now and not was:
            yield Impact(Effect.SCALES, "suspended: its pods end until it is resumed", field="spec.suspend")
        elif was and not now and change.after is not None:
            yield Impact(Effect.SCALES, f"resumed: {counted(_parallel(change.after))} at a time", field="spec.suspend")
    if change.before is None or change.after is None or mapping(change.after.body, "spec").get("suspend") is True:
        return
    old, new = _parallel(change.before), _parallel(change.after)
    if old != new and any(field.path == ("spec", "parallelism") for field in change.fields):
        says = f"from {old} to {counted(new)} at a time"
        yield Impact(Effect.SCALES, says, field="spec.parallelism", facts={"before": old, "after": new})


def _suspended(change: ObjectChange) -> Iterator[tuple[bool, bool]]:
    """Whether it was, and is suspended; nothing where that does not differ."""
    if change.before is None or change.after is None:
        return
    was, now = (mapping(each.body, "spec").get("suspend") is True for each in (change.before, change.after))
    if was != now:
        yield was, now


def _autoscaler(change: ObjectChange, between: Between) -> Iterator[Impact]:
    was = mapping(change.before.body, "spec") if change.before is not None else {}
    now = mapping(change.after.body, "spec") if change.after is not None else {}
    target = _target(change.manifest, between)
    if target is None:
        return
    bounds = f"between {count(now.get('minReplicas'), 1)} and {counted(count(now.get('maxReplicas'), 1))}"
    if change.after is None:
        yield Impact(Effect.SCALES, "when it is deleted, its target keeps the number of pods that it has", on=target)
    elif change.before is None or _target(change.before, between) != target:
        yield Impact(Effect.SCALES, f"it decides how many pods there are, {bounds}", on=target, facts=_bounds(now))
    elif _bounds(was) != _bounds(now):
        before = f"between {count(was.get('minReplicas'), 1)} and {count(was.get('maxReplicas'), 1)}"
        field = next((f.field for f in change.fields if f.path[-1] in ("minReplicas", "maxReplicas")), "")
        yield Impact(Effect.SCALES, f"{bounds}, before {before}", field=field, on=target, facts=_bounds(now))
    elif any(field.path[0] == "spec" for field in change.fields):
        field = next(field.field for field in change.fields if field.path[0] == "spec")
        yield Impact(Effect.SCALES, "it decides otherwise how many pods there are", field=field, on=target)


def _bounds(spec: dict[str, object]) -> dict[str, int | str | bool]:
    return {"least": count(spec.get("minReplicas"), 1), "most": count(spec.get("maxReplicas"), 1)}


def _target(autoscaler: Manifest, between: Between) -> Identity | None:
    """The workload that an autoscaler scales, where the stack has it after the change."""
    target = mapping(autoscaler.body, "spec", "scaleTargetRef")
    group, kind = text(target.get("apiVersion")).rpartition("/")[0], text(target.get("kind"))
    group = MOVED_GROUPS.get((group, kind), group)
    identity = Identity(group, kind, autoscaler.namespace, text(target.get("name")))
    return identity if identity in between.after.by_identity else None


_JUDGES: dict[GroupKind, Callable[[ObjectChange, Between], Iterator[Impact]]] = {
    **dict.fromkeys((DEPLOYMENT, STATEFUL_SET, REPLICA_SET, CONTROLLER, ROLLOUT), _workload),
    CRON_JOB: _cron_job,
    JOB: _job,
    AUTOSCALER: _autoscaler,
}
_RUNS = frozenset({DEPLOYMENT, STATEFUL_SET, REPLICA_SET, CONTROLLER, ROLLOUT, DAEMON_SET, JOB, CRON_JOB, POD})
"""The kinds whose coming and going is that of pods."""
