"""Destinations: what becomes of requests to a host by DestinationRules, ServiceEntries and endpoints.

Source: Istio's reference, DestinationRule and ServiceEntry; Kubernetes API reference, EndpointSlice and Endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pilothouse import mesh
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.words import differing, joined, key_of, labels, short
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_POLICY = {
    "loadBalancer": "are shared out by {}",
    "connectionPool": "are held to the limits {}",
    "outlierDetection": "pass over pods that fail by {}",
    "tls": "are sent with TLS {}",
    "tunnel": "are tunnelled by {}",
    "proxyProtocol": "carry the PROXY protocol {}",
    "portLevelSettings": "have settings by port {}",
}
"""Field of a TrafficPolicy -> what it makes of the requests."""


def rule(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a DestinationRule does to the requests to its host and its subsets."""
    was, now = (mesh.spec(each) if each is not None else {} for each in (change.before, change.after))
    host = short(now.get("host") if change.after is not None else was.get("host"))
    if change.before is not None and change.after is not None and was.get("host") != now.get("host"):
        yield _told(f"requests to {host} follow it instead of those to {short(was.get('host'))}", "spec.host")
    yield from _policies(f"requests to {host}", mapping(was, "trafficPolicy"), mapping(now, "trafficPolicy"), "spec")
    before, after = _subsets(was), _subsets(now)
    for name in [*before, *(name for name in after if name not in before)]:
        old, new, field = before.get(name), after.get(name), f"spec.subsets[{name}]"
        if new is None:
            yield _told(f"subset {name} of {host} goes: requests that a route leads there fail", field)
            continue
        there = _behind(change.after, new, between.after)
        if old is None:
            yield _told(f"subset {name} of {host} is {_pods(new, there)}", field)
        elif mapping(old, "labels") != mapping(new, "labels"):
            instead = _pods(old, _behind(change.before, old, between.before))
            yield _told(f"subset {name} of {host} is {_pods(new, there)} instead of {instead}", f"{field}.labels")
        if old is not None:
            policies = mapping(old, "trafficPolicy"), mapping(new, "trafficPolicy")
            yield from _policies(f"requests to subset {name} of {host}", *policies, field)


def _told(says: str, field: str = "") -> Impact:
    return Impact(Effect.TRAFFIC, says, "", field)


def _subsets(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {short(each.get("name")): each for _, each in mappings(spec.get("subsets"))}


def _behind(rule: Manifest | None, subset: dict[str, Any], stack: Stack) -> list[Identity]:
    """The workloads whose pods a subset is made of."""
    if rule is None:
        return []
    namespace = mesh.namespace_of(rule)
    hosts = stack.mesh.find(text(mesh.spec(rule).get("host")), namespace)
    wanted = mapping(subset, "labels")
    return [
        pods.manifest.identity
        for host in hosts[:1]
        for pods in (stack.mesh.behind(host) if host.selector else ())
        if all(str(pods.labels.get(key)) == str(value) for key, value in wanted.items())
    ]


def _pods(subset: dict[str, Any], there: list[Identity]) -> str:
    wanted = labels(mapping(subset, "labels"))
    words = f"the pods with {wanted}" if wanted else "all of its pods"
    return f"{words} ({joined(there) if there else 'none that the stack shows'})"


def _policies(who: str, was: dict[str, Any], now: dict[str, Any], field: str) -> Iterator[Impact]:
    for name in dict.fromkeys([*was, *now]):
        if key_of(was.get(name)) != key_of(now.get(name)):
            before, after = (
                "the mesh's default" if each.get(name) is None else short(each[name]) for each in (was, now)
            )
            says = _POLICY.get(name, f"have {short(name)} {{}}").replace("{}", f"{after} instead of {before}")
            yield _told(f"{who} {says}", f"{field}.trafficPolicy.{name}")


def entry(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a ServiceEntry does to the requests to its hosts."""
    was, now = (mesh.spec(each) if each is not None else {} for each in (change.before, change.after))
    both = change.before is not None and change.after is not None
    gone, come = differing(*(list(map(short, listing(spec.get("hosts")))) for spec in (was, now)))
    if come:
        yield _told(f"the mesh knows {joined(come)}: requests there follow its rules", "spec.hosts" if both else "")
    if gone:
        says = f"the mesh no longer knows {joined(gone)}: requests there fail where it lets nothing else out"
        yield _told(says, "spec.hosts" if both else "")
    if not both:
        return
    before, after = (_addresses(spec.get("endpoints"), "address") for spec in (was, now))
    yield from _elsewhere(
        before, after, f"requests to {joined(map(short, listing(now.get('hosts'))))}", "spec.endpoints"
    )
    for field in ("ports", "resolution", "location", "workloadSelector", "exportTo"):
        values = was.get(field), now.get(field)
        if key_of(values[0]) != key_of(values[1]):
            told = [short(value) if value is not None else "none" for value in values]
            yield _told(f"requests to its hosts have {field} {told[1]} instead of {told[0]}", f"spec.{field}")


def _addresses(items: Any, field: str) -> list[str]:
    return [short(each[field]) for _, each in mappings(items) if each.get(field)]


def _elsewhere(before: list[str], after: list[str], who: str, field: str) -> Iterator[Impact]:
    gone, come = differing(before, after)
    if come:
        instead = f" instead of {joined(gone)}" if gone else " too"
        yield _told(f"{who} go to {joined(come)}{instead}", field)
    elif gone:
        yield _told(f"{who} go to {joined(after) or 'nobody'}, and no longer to {joined(gone)}", field)


def slices(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """To which addresses an EndpointSlice, or Endpoints, lead the requests to a Service."""
    said = change.manifest
    name = said.labels.get("kubernetes.io/service-name") if said.kind == "EndpointSlice" else said.name
    before, after = (_endpoints(each) for each in (change.before, change.after))
    field = "endpoints" if said.kind == "EndpointSlice" else "subsets"
    blame = field if change.before is not None and change.after is not None else ""
    yield from _elsewhere(before, after, f"requests to Service {short(name)}", blame)


def _endpoints(manifest: Manifest | None) -> list[str]:
    if manifest is None:
        return []
    found = [
        short(each) for _, one in mappings(manifest.body.get("endpoints")) for each in listing(one.get("addresses"))
    ]
    for _, subset in mappings(manifest.body.get("subsets")):
        found += _addresses(subset.get("addresses"), "ip")
    return found


JUDGES: dict[GroupKind, Callable[[ObjectChange, Between], Iterator[Impact]]] = {
    (mesh.NETWORKING, "DestinationRule"): rule,
    (mesh.NETWORKING, "ServiceEntry"): entry,
    ("discovery.k8s.io", "EndpointSlice"): slices,
    ("", "Endpoints"): slices,
}
