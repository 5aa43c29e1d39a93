"""Exposure: what can be reached from outside of the cluster, or from another namespace.

Source: Kubernetes API reference, ServiceSpec and IngressSpec; Gateway API reference, Gateway and ReferenceGrant;
Istio's reference, Gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilothouse import formats, gateways, mesh
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import NARROWS, WIDENS, access, beyond
from pilothouse.diff.impacts.words import counted, differing, joined, short
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.service import spec_of, type_of

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_OUTSIDE = {
    "LoadBalancer": "from outside through a load balancer",
    "NodePort": "at a port of every node",
}
_EVERYBODY = "0.0.0.0/0"


def service(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """From where a Service can be reached, beyond the cluster's own pods."""
    was, now = (spec_of(each) if each is not None else {} for each in (change.before, change.after))
    before, after = (_OUTSIDE.get(type_of(spec), "") for spec in (was, now))
    if before != after:
        direction = NARROWS if not after or (before and type_of(now) == "NodePort") else WIDENS
        where = f"it can be reached {after or 'from inside of the cluster alone'}{_ports(now) if after else ''}"
        if not change.after:
            where = "it goes"
        instead = f"; before, {before}" if before else ""
        yield access(direction, f"{where}{instead}", "spec.type", facts={"from": type_of(was), "to": type_of(now)})
    elif type_of(now) == "LoadBalancer":
        yield from _ranges(was, now)
    gone, come = differing(*(list(map(short, listing(spec.get("externalIPs")))) for spec in (was, now)))
    if come:
        yield access(WIDENS, f"it can be reached at {joined(come)}, from outside too", "spec.externalIPs")
    if gone:
        yield access(NARROWS, f"it can no longer be reached at {joined(gone)}", "spec.externalIPs")


def _ports(spec: dict[str, Any]) -> str:
    ports = [short(port.get("port")) for _, port in mappings(spec.get("ports"))]
    sources = list(map(short, listing(spec.get("loadBalancerSourceRanges"))))
    who = f" by {joined(sources)}" if sources and type_of(spec) == "LoadBalancer" else ""
    return (f", on port{'' if len(ports) == 1 else 's'} {joined(ports, 5)}" if ports else "") + who


def _ranges(was: dict[str, Any], now: dict[str, Any]) -> Iterator[Impact]:
    before, after = (
        [text(each).strip() for each in listing(spec.get("loadBalancerSourceRanges"))] or [_EVERYBODY]
        for spec in (was, now)
    )
    field = "spec.loadBalancerSourceRanges"
    come, gone = beyond(after, before, _contains), beyond(before, after, _contains)
    if come:
        yield access(WIDENS, f"{_from(come)} may reach its load balancer too", field)
    if gone:
        yield access(NARROWS, f"{_from(gone)} may no longer reach its load balancer{_only(after)}", field)


def _from(ranges: list[str]) -> str:
    return "everybody" if _EVERYBODY in ranges else joined(map(short, ranges))


def _only(ranges: list[str]) -> str:
    return f", but {_from(ranges)} may"


def _contains(wider: str, other: str) -> bool:
    if wider == _EVERYBODY:
        return True
    outer, inner = (formats.subnet(each, strict=False) for each in (wider, other))
    return outer is not None and inner is not None and (outer == inner or formats.within(inner, outer))


def _places(manifest: Manifest | None) -> list[str]:
    """Where an Ingress or a Gateway answers, in words."""
    if manifest is None:
        return []
    return list(_SAYS[manifest.identity.group, manifest.kind](manifest))


def _ingress(manifest: Manifest) -> Iterator[str]:
    said = mapping(manifest.body, "spec")
    if mapping(said, "defaultBackend"):
        yield "every host"
    for _, rule in mappings(said.get("rules")):
        yield short(rule["host"]) if text(rule.get("host")) else "every host"


def _listeners(manifest: Manifest) -> Iterator[str]:
    for listener in gateways.listeners(manifest):
        yield _answers(listener.hostname, listener.protocol, listener.body.get("port"))


def _servers(manifest: Manifest) -> Iterator[str]:
    for _, server in mappings(mesh.spec(manifest).get("servers")):
        port = mapping(server, "port")
        for host in listing(server.get("hosts")):
            name = text(host).rpartition("/")[2]
            yield _answers("" if name == "*" else name, port.get("protocol"), port.get("number"))


def _answers(host: str, protocol: Any, port: Any) -> str:
    return f"{short(host) if host else 'every host'} ({short(protocol)} port {short(port)})"


_SAYS = {
    ("networking.k8s.io", "Ingress"): _ingress,
    (gateways.GROUP, "Gateway"): _listeners,
    (mesh.NETWORKING, "Gateway"): _servers,
}
_FIELDS = {"Ingress": "spec.rules"}


def entrance(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """The hosts for which requests from outside are answered."""
    gone, come = differing(*map(_places, (change.before, change.after)))
    field = "" if change.before is None or change.after is None else _FIELDS.get(change.identity.kind, "spec")
    if come:
        yield access(WIDENS, f"requests from outside for {joined(come)} are let in", field, facts={"hosts": len(come)})
    if gone:
        yield access(
            NARROWS, f"requests from outside for {joined(gone)} are no longer let in", field, facts={"hosts": len(gone)}
        )


def grant(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Who of another namespace may refer to what, by a ReferenceGrant."""
    gone, come = differing(*(_granted(each) if each is not None else [] for each in (change.before, change.after)))
    if come:
        yield access(WIDENS, f"{joined(come)}", "spec", facts={"grants": len(come)})
    if gone:
        yield access(NARROWS, f"no longer: {joined(gone)}", "spec", facts={"grants": len(gone)})


def _granted(manifest: Manifest) -> list[str]:
    said = mapping(manifest.body, "spec")
    callers = [
        f"{short(each.get('kind'))}s of {short(each.get('namespace'))}" for _, each in mappings(said.get("from"))
    ]
    things = [
        f"{short(each.get('kind'))}s"
        if not text(each.get("name"))
        else f"{short(each.get('kind'))} {short(each['name'])}"
        for _, each in mappings(said.get("to"))
    ]
    if len(callers) * len(things) > 1000:
        return [f"{counted(len(callers), 'kind')} of objects may refer to {counted(len(things), 'kind')}"]
    return [f"{caller} may refer to {thing} here" for caller in callers for thing in things]


JUDGES = {
    ("", "Service"): service,
    **dict.fromkeys(_SAYS, entrance),
    (gateways.GROUP, "ReferenceGrant"): grant,
}
