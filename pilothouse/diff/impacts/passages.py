"""Passages: what NetworkPolicies let through, compared and told in words.

Source: Kubernetes API reference, NetworkPolicyPeer, NetworkPolicyPort and IPBlock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pilothouse import formats
from pilothouse.diff.impacts.words import joined, key_of, selector, short
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.policies import Policy


class Passage(NamedTuple):
    """One peer on one port, both as JSON; an empty one stands for every peer, or every port."""

    peer: str
    port: str


EVERYTHING = Passage("", "")
DIRECTIONS = {"Ingress": "from", "Egress": "to"}
"""What a policy rules -> the field of its rules that holds the peers."""
ALL = {"Ingress": "everybody", "Egress": "everything"}
"""How an empty peer is called."""
_MOST = 3
"""Clauses of a sentence besides its first."""


def passages(policy: Policy, direction: str) -> list[Passage]:
    """What a policy lets through in a direction."""
    found: list[Passage] = []
    for _, rule in policy.rules(direction):
        peers = [key_of(each) for _, each in mappings(rule.get(DIRECTIONS[direction]))] or [""]
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


def sentence(direction: str, pods: str, some: Sequence[Passage], how: str, only: str = "") -> str:
    """Who may reach whom: ``pods with app=front may also reach Deployment web on TCP 80; everybody on TCP 443``.

    :param pods: those that a policy holds.
    :param some: one at least.
    :param how: stands before "reach".
    :param only: stands before whom they are let through to or from.
    """
    (peers, on), *others = _parts(direction, some)
    if direction == "Ingress":
        first = f"{only}{peers} may {how}reach {pods}{on}"
    else:
        first = f"{pods} may {how}reach {only}{peers}{on}"
    return "; ".join([first, *_some(others)])


def clauses(direction: str, some: Sequence[Passage]) -> str:
    """Passages by themselves: ``pods with app=front on TCP 80; everybody on TCP 443``."""
    return "; ".join(_some(_parts(direction, some)))


def _some(parts: Sequence[tuple[str, str]]) -> list[str]:
    more = [f"and {len(parts) - _MOST:,} more"] if len(parts) > _MOST else []
    return [f"{peers}{on}" for peers, on in parts[:_MOST]] + more


def _parts(direction: str, some: Sequence[Passage]) -> list[tuple[str, str]]:
    """Peers in words, with the ports that they have in common."""
    by_peer: dict[str, list[str]] = {}
    for each in some:
        by_peer.setdefault(each.peer, []).append(each.port)
    alike: dict[tuple[str, ...], list[str]] = {}
    for peer, ports in by_peer.items():
        alike.setdefault(() if "" in ports else tuple(ports), []).append(_peer(peer) if peer else ALL[direction])
    return [(joined(peers), f" on {joined(map(_port, ports), 4)}" if ports else "") for ports, peers in alike.items()]


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
    return f"{f'pods with {pods}' if pods else 'pods'}{where or ('' if pods else ' of its namespace')}"
