"""Rolls: which pods a changed template replaces, how, and what may keep that from going on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pilothouse import demand, rollout
from pilothouse.availability import least, rounded_up
from pilothouse.bounds import bounds_of, of_pods
from pilothouse.demand import written
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.indexes import budgets_of
from pilothouse.diff.impacts.templates import (
    CONTROLLER,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    ROLLOUT,
    STATEFUL_SET,
    both,
    kubectl,
    of_kind,
    template_fields,
)
from pilothouse.diff.impacts.words import counted
from pilothouse.lenient import count, mapping
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.rollout import Rollout
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between


def rolls(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What happens to the pods of a workload whose template differs.

    Source: Kubernetes documentation, Deployments, StatefulSets and DaemonSets, on updates; each way was seen on a
    cluster (``make test-cluster``).
    """
    way = _WAYS.get(of_kind(change))
    states = both(change, between) if way is not None else None
    if way is None or states is None:
        return
    fields = template_fields(change)
    if fields:
        told = way(change, between, states[1])
        yield told._replace(field=fields[0].field)
    else:
        yield from _let_go(change, *states)


def _deployment(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    spec = mapping(after.body, "spec")
    if spec.get("paused") is True:
        return Impact(
            Effect.STALE,
            "its pods stay as they are: the Deployment is paused",
            f"apply it without paused, or {kubectl('rollout resume', after)}",
        )
    how = rollout.of(after, between.after)
    if how is None or not how.pods:
        return _NOBODY
    if not how.ready and mapping(spec, "strategy").get("type") == "Recreate":
        says = f"{counted(how.pods)} end before new ones start (Recreate): none is ready meanwhile"
    else:
        says = f"{_replaced(how)}, {how.at_a_time} at a time: {_ready(how.ready)}, {how.most} are there at most"
    stalls, so = _no_room(change, between, how)
    return _told(says, how, between.after, after, stalls, so)


def _stateful_set(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    update = mapping(after.body, "spec", "updateStrategy")
    if update.get("type") == "OnDelete":
        return _until_deleted(after)
    how = rollout.of(after, between.after)
    if how is None or not how.pods:
        return _NOBODY
    partition = _partition(after)
    replaced = max(0, how.pods - partition)
    if not replaced:
        return Impact(
            Effect.STALE,
            f"its pods stay as they are: the partition {partition} leaves none to be replaced",
            "lower spec.updateStrategy.rollingUpdate.partition",
        )
    steps = -(-replaced // how.at_a_time)
    seconds = how.seconds // -(-how.pods // how.at_a_time) * steps
    part = how._replace(pods=replaced, seconds=seconds)
    ready = how.pods - min(replaced, how.at_a_time)
    says = f"{_replaced(part)}, {min(replaced, how.at_a_time)} at a time, the highest ordinal first: {_ready(ready)}"
    if replaced < how.pods:
        says += f"; the {counted(partition)} with the lowest stay as they are (partition)"
    return _told(says, part._replace(ready=ready), between.after, after)


def _daemon_set(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    update = mapping(after.body, "spec", "updateStrategy")
    if update.get("type") == "OnDelete":
        return _until_deleted(after)
    rolling = mapping(update, "rollingUpdate")
    surge, away = rolling.get("maxSurge", 0), rolling.get("maxUnavailable", 1)
    first = surge not in (0, "0%", None)
    share = surge if first else away
    share = share if isinstance(share, int | str) and not isinstance(share, bool) else 1
    nodes = "one node" if share == 1 else f"{share} nodes" if isinstance(share, int) else f"{share} of the nodes"
    says = f"the pod on each node is replaced, {nodes} at a time"
    says += ": the new one is ready before the old one ends" if first else ": none is there meanwhile"
    template = template_of(after)
    seconds = rollout.wait_for(after, template) if template is not None else 0
    facts: dict[str, int | str | bool] = {"atATime": share, "secondsEach": seconds}
    return Impact(Effect.ROLLS, says + (f"; at least {seconds:,} s each" if seconds else ""), facts=facts)


def _kept(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    pods = least(after, between.after)
    return Impact(
        Effect.STALE,
        f"{counted(pods)} {'stays' if pods == 1 else 'stay'} as they are: a {after.kind} replaces none",
        f"delete them one after the other, or scale it to 0 and back: {kubectl('scale --replicas=0', after)}",
    )


def _next_run(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    return Impact(
        Effect.ROLLS,
        "from its next run on, pods are made by the new template; a run that goes on stays",
        facts={"pods": 0},
    )


def _by_steps(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    strategy = mapping(after.body, "spec", "strategy")
    name = next((name for name in ("canary", "blueGreen") if isinstance(strategy.get(name), dict)), "canary")
    pods = least(after, between.after)
    return Impact(Effect.ROLLS, f"{counted(pods)} are replaced by its own strategy ({name})", facts={"pods": pods})


def _in_place(change: ObjectChange, between: Between, after: Manifest) -> Impact:
    return Impact(
        Effect.ROLLS, "its containers with another image are started anew; the pod itself stays", facts={"pods": 1}
    )


_WAYS: dict[tuple[str, str], Callable[[ObjectChange, Between, Manifest], Impact]] = {
    DEPLOYMENT: _deployment,
    STATEFUL_SET: _stateful_set,
    DAEMON_SET: _daemon_set,
    REPLICA_SET: _kept,
    CONTROLLER: _kept,
    CRON_JOB: _next_run,
    ROLLOUT: _by_steps,
    POD: _in_place,
}
"""(group, kind) -> what becomes of the pods. A Job's template cannot change, nor of a Pod more than its images."""

_NOBODY = Impact(Effect.NOTHING, "no pod is replaced: it has none", facts={"pods": 0})


def _let_go(change: ObjectChange, before: Manifest, after: Manifest) -> Iterator[Impact]:
    """What a change lets go on that was kept back before."""
    was, now = (mapping(each.body, "spec") for each in (before, after))
    waited = "if its template has changed meanwhile, its pods are replaced"
    kind = of_kind(change)
    if kind == DEPLOYMENT and was.get("paused") is True and now.get("paused") is not True:
        yield Impact(Effect.ROLLS, f"its rollout goes on: {waited}", field="spec.paused")
    if kind not in (STATEFUL_SET, DAEMON_SET):
        return
    old, new = mapping(was, "updateStrategy"), mapping(now, "updateStrategy")
    if new.get("type") == "OnDelete":
        return
    if old.get("type") == "OnDelete":
        yield Impact(
            Effect.ROLLS, f"it waits no more for pods to be deleted: {waited}", field="spec.updateStrategy.type"
        )
    elif kind == STATEFUL_SET and _partition(after) < _partition(before):
        yield Impact(
            Effect.ROLLS,
            f"pods but the first {_partition(after)} that still have an older template are replaced",
            field="spec.updateStrategy.rollingUpdate.partition",
        )


def _until_deleted(after: Manifest) -> Impact:
    return Impact(
        Effect.STALE,
        "its pods stay as they are until somebody deletes them: its update strategy is OnDelete",
        "delete them one after the other, each when the one before is ready again",
    )


def _partition(manifest: Manifest) -> int:
    """How many of a StatefulSet's pods, from the lowest ordinal on, are not replaced.

    ``partition`` counts pods, and not ordinals: with ``ordinals.start`` 5, a partition of 1 keeps the pod 5. Source:
    the StatefulSet controller; seen on a cluster.
    """
    return count(mapping(manifest.body, "spec", "updateStrategy", "rollingUpdate").get("partition"), 0)


def _replaced(how: Rollout) -> str:
    return f"{counted(how.pods)} {'is' if how.pods == 1 else 'are'} replaced"


def _ready(pods: int) -> str:
    return f"{pods} {'stays' if pods == 1 else 'stay'} ready"


def _told(says: str, how: Rollout, stack: Stack, after: Manifest, stalls: str = "", so: str = "") -> Impact:
    """A rollout with how long it takes, and what it meets."""
    if how.seconds:
        says += f"; at least {how.seconds:,} s"
    for budget, covered in budgets_of(stack).get(after.identity, ()):
        wanted = _wanted(budget, least(after, stack)) if covered == 1 else None
        if wanted is not None and how.ready < wanted:
            says += f"; that is fewer than the budget {budget.name} wants ({wanted}), so no pod is evicted meanwhile"
    facts: dict[str, int | str | bool] = {
        "pods": how.pods,
        "ready": how.ready,
        "most": how.most,
        "seconds": how.seconds,
        **({"stalls": True} if stalls else {}),
    }
    return Impact(Effect.ROLLS, f"{says}; {stalls}" if stalls else says, so, facts=facts)


def _wanted(budget: Manifest, pods: int) -> int | None:
    """How many of some pods a PodDisruptionBudget wants ready; None where it does not say."""
    spec = mapping(budget.body, "spec")
    gone, there = (rounded_up(spec.get(field), pods) for field in ("maxUnavailable", "minAvailable"))
    return max(0, pods - gone) if gone is not None else there


def _no_room(change: ObjectChange, between: Between, how: Rollout) -> tuple[str, str]:
    """Why a quota keeps a rollout from going on, and what to do; empty where none does.

    A rollout that may take a pod away first always goes on. One that may not needs room for one pod more, with all
    others old at its beginning and new at its end.
    """
    before, after = change.before, change.after
    if before is None or after is None or how.ready < how.pods:
        return "", ""
    bounds = bounds_of(between.after, after.namespace)
    old, new = template_of(before), template_of(after)
    if not bounds.of or old is None or new is None:
        return "", ""
    was = demand.of_workload(before, old, between.before)
    now = demand.of_workload(after, new, between.after)
    others = demand.total([(bounds.quiet, 1), (of_pods([(now, now.least)]), -1)])
    for mixed in ((was, now.least), (now, 1)), ((now, now.least), (was, 1)):
        needed = demand.total([(others, 1), (of_pods(mixed), 1)])
        beyond = bounds.exceeded(needed)
        if beyond is not None:
            resource, bound, quota = beyond
            return (
                f"it stops there: the quota {quota.name} allows {written(resource, bound)} of {resource}, and one pod"
                f" more needs {written(resource, needed[resource])}",
                "raise the quota, or let a pod be gone meanwhile: maxUnavailable: 1",
            )
    return "", ""
