"""NetworkPolicies: who may reach which pods, and whom those may reach, with all policies that hold them counted.

Source: Kubernetes documentation, "Network Policies": pods that no policy holds are open, those that some hold are open
to what any of them lets through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pilothouse import policies
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access, beyond
from pilothouse.diff.impacts.passages import ALL, DIRECTIONS, EVERYTHING, Passage, clauses, covers, passages, sentence
from pilothouse.diff.impacts.words import joined, selector, short
from pilothouse.manifest import Identity, Manifest
from pilothouse.policies import Policy, held_by, policy_of
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_MOST = 4
"""Groups of workloads that one policy's impacts tell apart."""


class _Through(NamedTuple):
    """What gets through to some pods, or from them."""

    before: tuple[Passage, ...]
    after: tuple[Passage, ...]
    new: bool
    """Whether there were no such pods before."""


def judge(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a NetworkPolicy opens and closes."""
    for direction in DIRECTIONS:
        yield from _judged(direction, change, between)


def _judged(direction: str, change: ObjectChange, between: Between) -> Iterator[Impact]:
    was, now = (
        policy_of(each) if each is not None and direction in policy_of(each).types else None
        for each in (change.before, change.after)
    )
    if was is None and now is None:
        return
    stacks = between.before, between.after
    held = [
        [manifest for manifest, _ in held_by(policy, stack)] if policy is not None else []
        for policy, stack in zip((was, now), stacks, strict=True)
    ]
    if not any(held):
        yield from _unseen(direction, was, now)
        return
    groups: dict[_Through, list[Identity]] = {}
    known: dict[tuple[object, ...], _Through] = {}
    for identity in dict.fromkeys(each.identity for side in held for each in side):
        here = [stack.by_identity.get(identity, []) for stack in stacks]
        if not here[1]:
            continue  # pods that go are reached by nobody, whatever policies say
        ruling = [_ruling(found, direction, stack) for found, stack in zip(here, stacks, strict=True)]
        if not here[0]:
            ruling[0] = [each for each in ruling[1] if each.manifest.identity != change.identity]
        which = (not here[0], *(tuple(id(each.manifest) for each in side) for side in ruling))
        if which not in known:
            known[which] = _Through(_through(ruling[0], direction), _through(ruling[1], direction), not here[0])
        groups.setdefault(known[which], []).append(identity)
    told = 0
    for through, identities in groups.items():
        before, after, new = through
        found = list(_told(direction, before, after, joined(identities), len(identities), new=new))
        told += bool(found)
        if told > _MOST:
            yield access(CHANGES, "more of the kind for other workloads of the namespace", _field(direction))
            return
        yield from found


def workload(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What other labels of its pods open and close: other policies hold them then."""
    if change.before is None or change.after is None:
        return
    sides = ((between.before, change.before), (between.after, change.after))
    for direction in DIRECTIONS:
        was, now = (_ruling(stack.by_identity.get(each.identity, []), direction, stack) for stack, each in sides)
        moved = {each.manifest.identity for each in was} ^ {each.manifest.identity for each in now}
        if moved and moved.isdisjoint(between.changes):
            for impact in _told(direction, _through(was, direction), _through(now, direction), "its pods", 1):
                yield impact._replace(field="")


def _ruling(found: list[Manifest], direction: str, stack: Stack) -> list[Policy]:
    """The policies that hold a workload in a direction."""
    holding = policies.policies(stack).of.get(id(found[-1]), []) if found else []
    return [policy for policy in holding if direction in policy.types]


def _through(ruling: list[Policy], direction: str) -> tuple[Passage, ...]:
    """What some policies let through together; everything where there are none."""
    if not ruling:
        return (EVERYTHING,)
    return tuple(dict.fromkeys(each for policy in ruling for each in passages(policy, direction)))


def _field(direction: str) -> str:
    return f"spec.{direction.lower()}"


def _unseen(direction: str, was: Policy | None, now: Policy | None) -> Iterator[Impact]:
    """A policy whose pods are nobody's of the stack."""
    before, after = (_through([each] if each else [], direction) for each in (was, now))
    who = [
        f"pods with {selector(each.selector)}"
        if selector(each.selector)
        else f"the pods of {short(each.manifest.namespace)}"
        for each in (was, now)
        if each is not None
    ]
    if len(set(who)) == 2:
        yield access(CHANGES, f"it holds {who[1]} instead of {who[0]}", "spec.podSelector")
    else:
        yield from _told(direction, before, after, who[0], 0)


def _told(
    direction: str, before: Sequence[Passage], after: Sequence[Passage], pods: str, workloads: int, *, new: bool = False
) -> Iterator[Impact]:
    came, went = beyond(after, before, covers), beyond(before, after, covers)
    facts, field = {"workloads": workloads}, _field(direction)
    if came:
        everything = EVERYTHING in after
        says = sentence(direction, pods, [EVERYTHING] if everything else came, "now " if everything else "also ")
        yield access(WIDENS, says, field, facts=facts)
    if went:
        if not after and EVERYTHING in before:
            nobody = f"nobody may reach {pods}" if direction == "Ingress" else f"{pods} may reach nothing"
            says = nobody if new else f"{nobody} any more"
        elif EVERYTHING in before:
            instead = "" if new else f"; before, {ALL[direction]}"
            says = f"{sentence(direction, pods, after, '', 'only ')}{instead}"
        else:
            left = beyond(after, beyond(after, went, covers), Passage.__eq__)
            still = f"; still: {clauses(direction, left)}" if left else ""
            says = f"{sentence(direction, pods, went, 'no longer ')}{still}"
        yield access(NARROWS, says, field, facts=facts)


JUDGES = {policies.KIND: judge}
