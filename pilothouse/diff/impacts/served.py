"""Served: whom the requests to a Service reach, when it changes or the pods behind it do.

Source: Kubernetes API reference, ServiceSpec; Kubernetes documentation, Service.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.words import joined, labels, short
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.service import spec_of, type_of
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_FIELDS: dict[str, tuple[str, str]] = {
    "sessionAffinity": ("None", "requests of one client go to {}"),
    "internalTrafficPolicy": ("Cluster", "requests from inside go to {}"),
    "externalTrafficPolicy": ("Cluster", "requests from outside go to {}"),
    "publishNotReadyAddresses": ("false", "requests go to {}"),
    "trafficDistribution": ("", "requests go to {}"),
}
"""Field -> its default, and what its value decides."""
_VALUES = {
    ("sessionAffinity", "None"): "any of the pods",
    ("sessionAffinity", "ClientIP"): "the same pod again and again",
    ("internalTrafficPolicy", "Cluster"): "pods of any node",
    ("internalTrafficPolicy", "Local"): "pods of their own node alone, and nowhere without one",
    ("externalTrafficPolicy", "Cluster"): "pods of any node",
    ("externalTrafficPolicy", "Local"): "pods of the node that they reach alone",
    ("publishNotReadyAddresses", "true"): "pods that are not ready too",
    ("publishNotReadyAddresses", "false"): "ready pods alone",
    ("trafficDistribution", "PreferClose"): "pods of their own zone where there are some",
    ("trafficDistribution", "PreferSameZone"): "pods of their own zone where there are some",
    ("trafficDistribution", "PreferSameNode"): "pods of their own node where there are some",
    ("trafficDistribution", ""): "pods of any zone",
}


def service(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a Service does to the requests that it is sent."""
    if change.before is None:
        return
    if change.after is None:
        name = f"{change.identity.name}.{change.identity.namespace}".rstrip(".")
        yield _told(f"requests to {short(name)} fail: its name and its address go")
        return
    was, now = spec_of(change.before), spec_of(change.after)
    leads = [type_of(spec) == "ExternalName" for spec in (was, now)]
    if any(leads):
        before, after = (
            f"the host {short(spec.get('externalName'))}" if outside else "its pods"
            for spec, outside in zip((was, now), leads, strict=True)
        )
        if before != after:
            yield _told(f"requests go to {after} instead of {before}", "spec.externalName")
        if leads[1]:
            return
    if not leads[0] and mapping(was, "selector") != mapping(now, "selector"):
        yield from _selected(change, between, mapping(was, "selector"), mapping(now, "selector"))
    yield from _ports(was, now)
    for field, (default, says) in _FIELDS.items():
        before, after = (_value(spec.get(field), default) for spec in (was, now))
        if before != after and (field != "externalTrafficPolicy" or type_of(now) != "ClusterIP"):
            yield _told(says.format(_VALUES.get((field, after), short(after))), f"spec.{field}")


def _told(
    says: str, field: str = "", on: Identity | None = None, facts: Mapping[str, int | str] | None = None
) -> Impact:
    return Impact(Effect.TRAFFIC, says, "", field, on, facts or {})


def _value(value: Any, default: str) -> str:
    return default if value is None else str(value).lower() if isinstance(value, bool) else text(value, default)


def _selected(change: ObjectChange, between: Between, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Impact]:
    before, after = (
        [manifest.identity for manifest, _ in stack.selected(change.identity.namespace, selector)]
        for stack, selector in ((between.before, was), (between.after, now))
    )
    if set(before) == set(after) and after:
        return
    if after:
        instead = f" instead of {joined(before)}" if before else ""
        says = f"requests go to {joined(after)}{instead}"
    elif not now:
        says = "requests go where EndpointSlices say, which somebody else writes: it selects no pods any more"
    elif before:
        says = f"requests fail: nothing in the stack has pods with {labels(now)}; before, they went to {joined(before)}"
    else:
        says = (
            f"requests go to pods with {labels(now)} instead of {labels(was) or 'none'}, none of which the stack shows"
        )
    yield _told(says, "spec.selector", facts={"from": len(before), "to": len(after)})


_Ports = dict[tuple[str, str], dict[str, Any]]


def _listed(spec: dict[str, Any]) -> _Ports:
    """The ports by number and protocol."""
    return {
        (short(port.get("port")), text(port.get("protocol")) or "TCP"): port for _, port in mappings(spec.get("ports"))
    }


def _ports(was: dict[str, Any], now: dict[str, Any]) -> Iterator[Impact]:
    before, after = _listed(was), _listed(now)
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        number, field = "/".join(key), f"spec.ports[{'/'.join(key)}]"
        if new is None:
            yield _told(f"requests to port {number} fail: it is closed", field)
        elif old is None:
            yield _told(f"port {number} answers, by the pods' port {_target(new)}", field)
        else:
            if _target(old) != _target(new):
                says = f"requests to port {number} go to the pods' port {_target(new)} instead of {_target(old)}"
                yield _told(says, f"{field}.targetPort", facts={"from": _target(old), "to": _target(new)})
            nodes = [short(port["nodePort"]) if port.get("nodePort") else "" for port in (old, new)]
            if all(nodes) and nodes[0] != nodes[1]:
                says = f"port {number} answers at port {nodes[1]} of the nodes instead of {nodes[0]}"
                yield _told(says, f"{field}.nodePort")


def _target(port: dict[str, Any]) -> str:
    target = port.get("targetPort")
    return short(port.get("port") if target is None else target)


_Serving = Mapping[int, list[Manifest]]
_kept: WeakKeyDictionary[Stack, _Serving] = WeakKeyDictionary()


def _serving(stack: Stack) -> _Serving:
    """The Services that lead requests to a workload, by the ``id`` of its manifest."""
    known = _kept.get(stack)
    if known is None:
        found: dict[int, list[Manifest]] = defaultdict(list)
        for manifest, _, workloads in stack.services:
            for workload, _ in workloads:
                found[id(workload)].append(manifest)
        known = _kept[stack] = found
    return known


def workload(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Which Services lead requests to other pods, because a workload comes, goes, or changes its pods' labels."""
    was, now = (
        {} if each is None else {service.identity: service for service in _of(each, stack)}
        for each, stack in ((change.before, between.before), (change.after, between.after))
    )
    for identity in was.keys() | now.keys():
        if (identity in was and identity in now) or identity in between.changes:
            continue
        rest = [each for each in _behind(identity, between.after) if each != change.identity]
        if identity in now:
            beside = f", beside {joined(rest)}" if rest else ""
            yield _told(f"it gets requests to {identity}{beside}", on=identity)
        elif rest:
            yield _told(f"it gets no requests to {identity} any more: {joined(rest)} does", on=identity)
        else:
            yield _told(f"requests to {identity} fail: no pods of the stack are left behind it", on=identity)


def _of(workload: Manifest, stack: Stack) -> list[Manifest]:
    found = stack.by_identity.get(workload.identity, [])
    return _serving(stack).get(id(found[-1]), []) if found else []


def _behind(service: Identity, stack: Stack) -> list[Identity]:
    found = stack.by_identity.get(service, [])
    selector = mapping(spec_of(found[-1]), "selector") if found else {}
    return [manifest.identity for manifest, _ in stack.selected(service.namespace, selector)]
