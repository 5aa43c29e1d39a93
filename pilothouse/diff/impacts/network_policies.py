"""NetworkPolicies: who may reach which pods, and whom those may reach, with all policies that hold them counted.

Source: Kubernetes documentation, "Network Policies": pods that no policy holds are open, those that some hold are open
to what any of them lets through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse import formats, policies
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access, beyond
from pilothouse.diff.impacts.words import joined, key_of, selector, short
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.policies import Policy, held_by, policy_of
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_PEERS = {"Ingress": "from", "Egress": "to"}
_MOST = 4
"""Groups of workloads that one policy's impacts tell apart."""


class Passage(NamedTuple):
    """One peer on one port, both as JSON; an empty one stands for every peer, or every port."""

    peer: str
    port: str


_EVERYTHING = Passage("", "")


def passages(policy: Policy, direction: str) -> list[Passage]:
    """What a policy lets through in a direction."""
    found: list[Passage] = []
    for _, rule in policy.rules(direction):
        peers = [key_of(each) for _, each in mappings(rule.get(_PEERS[direction]))] or [""]
        ports = [key_of(each) for _, each in mappings(rule.get("ports"))] or [""]
        found += [Passage(peer, port) for peer in peers for port in ports]
    return found


def covers(wider: Passage, other: Passage) -> bool:
    """Whether one includes all of the other, as far as their words tell."""
    return _peer_covers(wider.peer, other.peer) and _port_covers(wider.port, other.port)


def _peer_covers(wider: str, other: str) -> bool:
    if wider in ("", other):
        return True
    if other == "":
        return False
    one, two = json.loads(wider), json.loads(other)
    blocks = mapping(one, "ipBlock"), mapping(two, "ipBlock")
    if all(blocks):
        return _block_covers(*blocks)
    if any(blocks) or ("namespaceSelector" in one) != ("namespaceSelector" in two):
        return False
    return all(_asks_less(mapping(one, name), mapping(two, name)) for name in ("podSelector", "namespaceSelector"))


def _asks_less(wider: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a LabelSelector asks for nothing that another does not ask for."""
    labels, more = mapping(wider, "matchLabels"), mapping(other, "matchLabels")
    asked = {key_of(each) for _, each in mappings(other.get("matchExpressions"))}
    return all(key in more and more[key] == value for key, value in labels.items()) and all(
        key_of(each) in asked for _, each in mappings(wider.get("matchExpressions"))
    )


def _block_covers(wider: dict[str, Any], other: dict[str, Any]) -> bool:
    outer, inner = (formats.subnet(text(each.get("cidr")), strict=False) for each in (wider, other))
    if outer is None or inner is None or not (outer == inner or formats.within(inner, outer)):
        return False
    left_out = [formats.subnet(text(each), strict=False) for each in listing(other.get("except"))]
    for each in listing(wider.get("except")):
        hole = formats.subnet(text(each), strict=False)
        if hole is None:
            return False
        apart = hole != inner and not formats.within(hole, inner) and not formats.within(inner, hole)
        if not apart and not any(also and (also == hole or formats.within(hole, also)) for also in left_out):
            return False
    return True


def _port_covers(wider: str, other: str) -> bool:
    if wider in ("", other):
        return True
    if other == "":
        return False
    one, two = json.loads(wider), json.loads(other)
    if (one.get("protocol") or "TCP") != (two.get("protocol") or "TCP"):
        return False
    first, second = one.get("port"), two.get("port")
    if first is None:
        return True
    low, high = first, one.get("endPort", first)
    begin, end = second, two.get("endPort", second)
    if all(isinstance(each, int) for each in (low, high, begin, end)):
        return bool(low <= begin and end <= high)
    return bool(first == second and one.get("endPort") == two.get("endPort"))


class _Through(NamedTuple):
    """What gets through to some pods, or from them."""

    before: tuple[Passage, ...]
    after: tuple[Passage, ...]
    new: bool
    """Whether there were no such pods before."""


def judge(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a NetworkPolicy opens and closes."""
    for direction in _PEERS:
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
    for direction in _PEERS:
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
        return (_EVERYTHING,)
    return tuple(dict.fromkeys(each for policy in ruling for each in passages(policy, direction)))


def _field(direction: str) -> str:
    return f"spec.{direction.lower()}"


def _unseen(direction: str, was: Policy | None, now: Policy | None) -> Iterator[Impact]:
    """A policy whose pods are nobody's of the stack."""
    before, after = (_through([each] if each else [], direction) for each in (was, now))
    who = [
        f"pods with {selector(each.selector)}" if selector(each.selector) else f"the pods of {each.manifest.namespace}"
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
        everything = _EVERYTHING in after
        says = _sentence(direction, pods, [_EVERYTHING] if everything else came, "now " if everything else "also ")
        yield access(WIDENS, says, field, facts=facts)
    if went:
        if not after:
            nobody = f"nobody may reach {pods}" if direction == "Ingress" else f"{pods} may reach nothing"
            says = nobody if new else f"{nobody} any more"
        elif _EVERYTHING in before:
            instead = "" if new else f"; before, {_ALL[direction]}"
            says = f"{_sentence(direction, pods, after, '', 'only ')}{instead}"
        else:
            says = _sentence(direction, pods, went, "no longer ")
        yield access(NARROWS, says, field, facts=facts)


_ALL = {"Ingress": "everybody", "Egress": "everything"}


def _sentence(direction: str, pods: str, some: Sequence[Passage], how: str, only: str = "") -> str:
    """Who may reach whom: ``pods with app=front may also reach Deployment web on TCP 80; everybody on TCP 443``."""
    by_peer: dict[str, list[str]] = {}
    for each in some:
        by_peer.setdefault(each.peer, []).append(each.port)
    alike: dict[tuple[str, ...], list[str]] = {}
    for peer, ports in by_peer.items():
        alike.setdefault(() if "" in ports else tuple(ports), []).append(_peer(peer) if peer else _ALL[direction])
    said = [(joined(peers), f" on {joined(map(_port, ports), 4)}" if ports else "") for ports, peers in alike.items()]
    (peers, on), *others = said
    first = (
        f"{only}{peers} may {how}reach {pods}{on}"
        if direction == "Ingress"
        else (f"{pods} may {how}reach {only}{peers}{on}")
    )
    rest = [f"{peers}{on}" for peers, on in others[:3]] + ([f"and {len(others) - 3:,} more"] if len(others) > 3 else [])
    return "; ".join([first, *rest])


def _port(port: str) -> str:
    each = json.loads(port)
    protocol, number, last = each.get("protocol") or "TCP", each.get("port"), each.get("endPort")
    if number is None:
        return f"any {short(protocol)} port"
    return f"{short(protocol)} {short(number)}" + (f" to {short(last)}" if last is not None else "")


def _peer(peer: str) -> str:
    each = json.loads(peer)
    block = mapping(each, "ipBlock")
    if block:
        left_out = listing(block.get("except"))
        return short(block.get("cidr")) + (f" without {joined(map(short, left_out))}" if left_out else "")
    pods, namespaces = selector(mapping(each, "podSelector")), mapping(each, "namespaceSelector")
    named = mapping(namespaces, "matchLabels")
    name = named.get("kubernetes.io/metadata.name")
    where = ""
    if "namespaceSelector" in each:
        where = f" of namespaces with {selector(namespaces)}" if selector(namespaces) else " of every namespace"
        if name is not None and len(named) == 1 and not namespaces.get("matchExpressions"):
            where = f" of namespace {short(name)}"
    return f"{f'pods with {pods}' if pods else 'all pods'}{where or ('' if pods else ' of its namespace')}"


JUDGES = {policies.KIND: judge}
