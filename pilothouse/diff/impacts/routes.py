"""Routes: where an object leads which requests, in one form for all kinds that do so.

Source: Istio's reference, VirtualService; Gateway API reference, HTTPRoute and its like; Kubernetes API reference,
IngressSpec; ingress-nginx' documentation, Annotations, "Canary"; SMI, TrafficSplit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pilothouse import gateways, mesh
from pilothouse.diff.impacts import matches
from pilothouse.diff.impacts.words import key_of, short
from pilothouse.fieldpath import format_path
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack


class Route(NamedTuple):
    """One route."""

    key: str
    """Which requests it is about, the same for two that are about the same."""
    requests: str
    """Which, in words."""
    shares: dict[str, float]
    """Destination, in words -> how many of the requests it gets, in percent; none where they are led nowhere."""
    settings: dict[str, Any]
    """What else is done to them, by names that read on before "instead of"."""
    field: str
    """Where its destinations stand."""
    every: bool
    """Whether it is about all requests that no other route is about."""
    protocol: str = ""
    """Of which protocol: it meets no requests of others."""


class Routing(NamedTuple):
    """All routes of one object."""

    hosts: list[str]
    """For which hosts; none for all."""
    doors: list[str]
    """Through which gateways, in words."""
    routes: list[Route]
    """Of which the first counts that is about a request."""


def _percent(weights: list[tuple[str, float]]) -> dict[str, float]:
    total = sum(weight for _, weight in weights)
    shares: dict[str, float] = {}
    for name, weight in weights:
        if weight > 0:
            shares[name] = shares.get(name, 0.0) + 100 * weight / total
    return shares


def _weight(value: Any, default: int) -> float:
    """A weight as a number that can be reckoned with."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 10**9:
        return value
    return 0 if value is not None else default


_ISTIO_SETTINGS = {
    "timeout": "time limit",
    "retries": "retries",
    "fault": "faults put in",
    "mirror": "copies to",
    "mirrors": "copies to",
    "mirrorPercentage": "share that is copied",
    "rewrite": "rewritten",
    "redirect": "redirected",
    "directResponse": "answered at once with",
    "headers": "headers",
    "corsPolicy": "CORS",
    "delegate": "delegated to",
}


def _virtual_service(manifest: Manifest, stack: Stack) -> Routing:
    said, namespace = mesh.spec(manifest), mesh.namespace_of(manifest)
    found: list[Route] = []
    for protocol in ("http", "tls", "tcp"):
        for index, route in mappings(said.get(protocol)):
            listed = [match for _, match in mappings(route.get("match"))]
            bare = [{key: value for key, value in match.items() if key != "name"} for match in listed]
            weighted = [
                (_destination(mapping(each, "destination"), namespace, stack), _weight(each.get("weight"), 0))
                for _, each in mappings(route.get("route"))
            ]
            if len(weighted) == 1:
                weighted = [(weighted[0][0], 100)]  # gets everything, whatever its weight
            settings = {name: route[field] for field, name in _ISTIO_SETTINGS.items() if route.get(field) is not None}
            if isinstance(route.get("mirror"), dict):
                settings["copies to"] = _destination(route["mirror"], namespace, stack)
            shares, field = _percent(weighted), format_path(("spec", protocol, index, "route"))
            for match in bare or [{}]:
                words = matches.of_virtual_service(match)
                key = f"{protocol} {key_of(match)}"
                found.append(Route(key, words, shares, settings, field, not match, protocol))
    hosts = [short(host) for host in listing(said.get("hosts"))]
    return Routing(hosts, [short(name) for _, name in mesh.gateways_of(manifest)], found)


def _destination(said: dict[str, Any], namespace: str, stack: Stack) -> str:
    """A destination of Istio: the Service, its port where it is named, and the subset."""
    full = stack.mesh.full(text(said.get("host")), namespace)
    local = stack.mesh.local(full)
    host = full if local is None else local[0] if local[1] == namespace else ".".join(local)
    port = mapping(said, "port").get("number")
    subset = f" {short(said['subset'])}" if said.get("subset") else ""
    return f"{short(host)}{f':{short(port)}' if port is not None else ''}{subset}"


_FILTERS = {
    "RequestMirror": ("requestMirror", "copies to"),
    "RequestRedirect": ("requestRedirect", "redirected"),
    "URLRewrite": ("urlRewrite", "rewritten"),
    "RequestHeaderModifier": ("requestHeaderModifier", "headers of the request"),
    "ResponseHeaderModifier": ("responseHeaderModifier", "headers of the answer"),
    "CORS": ("cors", "CORS"),
    "ExtensionRef": ("extensionRef", "extension"),
}
_ROUTE_SETTINGS = {"timeouts": "time limits", "retry": "retries", "sessionPersistence": "sessions"}


def _gateway_route(manifest: Manifest, stack: Stack) -> Routing:
    said = mapping(manifest.body, "spec")
    found: list[Route] = []
    for index, rule in mappings(said.get("rules")):
        weighted = [
            (_backend(each, manifest.namespace), _weight(each.get("weight"), 1))
            for _, each in mappings(rule.get("backendRefs"))
        ]
        settings = {name: rule[field] for field, name in _ROUTE_SETTINGS.items() if rule.get(field) is not None}
        for _, each in mappings(rule.get("filters")):
            field, name = _FILTERS.get(text(each.get("type")), ("", "filter"))
            settings[name] = _filtered(mapping(each, field), manifest.namespace) if field else each
        shares, field = _percent(weighted), format_path(("spec", "rules", index, "backendRefs"))
        alternatives = [matches.of_route(match) for _, match in mappings(rule.get("matches"))] or [matches.EVERY]
        found += [
            Route(words, words, shares, settings, field, words == matches.EVERY)
            for words in dict.fromkeys(alternatives)
        ]
    hosts = [short(name) for _, name in gateways.hostnames(manifest)]
    doors = [
        " ".join(filter(None, (f"{short(ref.get('kind', 'Gateway'))} {short(ref.get('name'))}",
                               f"({short(ref['sectionName'])})" if ref.get("sectionName") else "")))
        for _, ref in mappings(said.get("parentRefs"))
    ]  # fmt: skip
    return Routing(hosts, doors, found)


def _backend(ref: dict[str, Any], namespace: str) -> str:
    """A backend of the Gateway API: a Service, or what its kind says."""
    kind = text(ref.get("kind")) or "Service"
    where = text(ref.get("namespace"))
    name = f"{short(ref.get('name'))}{f'.{short(where)}' if where and where != namespace else ''}"
    port = f":{short(ref['port'])}" if ref.get("port") is not None else ""
    return f"{name}{port}" if kind == "Service" else f"{short(kind)} {name}{port}"


def _filtered(said: dict[str, Any], namespace: str) -> Any:
    """What a filter does; of one that copies, to where."""
    backend = mapping(said, "backendRef")
    rest = {key: value for key, value in said.items() if key != "backendRef"}
    return f"{_backend(backend, namespace)}{f' {key_of(rest)}' if rest else ''}" if backend else said


_NGINX = "nginx.ingress.kubernetes.io/canary"
_MAIN = "the Ingress that is no canary"
_BY = {"by-header": "header", "by-header-value": "header's value", "by-header-pattern": "header's pattern",
       "by-cookie": "cookie"}  # fmt: skip


def _ingress(manifest: Manifest, stack: Stack) -> Routing:
    said, annotations = mapping(manifest.body, "spec"), mapping(manifest.body, "metadata", "annotations")
    canary = str(annotations.get(_NGINX)).lower() == "true"
    settings = {f"canary by {name}": annotations[f"{_NGINX}-{end}"] for end, name in _BY.items()
                if canary and f"{_NGINX}-{end}" in annotations}  # fmt: skip
    total = _number(annotations.get(f"{_NGINX}-weight-total"), 100) or 100
    weight = min(_number(annotations.get(f"{_NGINX}-weight"), 0), total)

    def route(host: str, path: str, backend: Any, field: str, *, every: bool = False) -> Route:
        there = _ingress_backend(mapping(backend))
        shares = _percent([(there, weight), (_MAIN, total - weight)] if canary else [(there, 100)])
        where = f"{host}{path}" if host else f"any host{path}"
        field = f"metadata.annotations[{_NGINX}-weight]" if canary else field
        return Route(where, f"requests for {where}", shares, settings, field, every)

    found = []
    for index, rule in mappings(said.get("rules")):
        for number, each in mappings(mapping(rule, "http").get("paths")):
            path = f"{short(each.get('path') or '/')}{'' if each.get('pathType') == 'Exact' else '*'}"
            field = format_path(("spec", "rules", index, "http", "paths", number, "backend"))
            host = short(rule["host"]) if text(rule.get("host")) else ""
            found.append(route(host, path, each.get("backend"), field))
    if mapping(said, "defaultBackend"):
        found.append(route("", " that no rule is about", said["defaultBackend"], "spec.defaultBackend", every=True))
    name = said.get("ingressClassName") or annotations.get("kubernetes.io/ingress.class")
    return Routing([], [f"IngressClass {short(name)}"] if name else [], found)


def _ingress_backend(backend: dict[str, Any]) -> str:
    service, resource = mapping(backend, "service"), mapping(backend, "resource")
    if resource:
        return f"{short(resource.get('kind'))} {short(resource.get('name'))}"
    port = mapping(service, "port")
    return f"{short(service.get('name'))}:{short(port.get('number') or port.get('name'))}"


def _number(value: Any, default: int) -> int:
    said = str(value)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else default


def _split(manifest: Manifest, stack: Stack) -> Routing:
    said = mapping(manifest.body, "spec")
    weighted = [
        (short(each.get("service")), _weight(each.get("weight"), 0)) for _, each in mappings(said.get("backends"))
    ]
    route = Route("", matches.EVERY, _percent(weighted), {}, "spec.backends", True)
    return Routing([short(said.get("service"))], [], [route])


KINDS: dict[GroupKind, Callable[[Manifest, Stack], Routing]] = {
    (mesh.NETWORKING, "VirtualService"): _virtual_service,
    **dict.fromkeys(((gateways.GROUP, kind) for kind in gateways.ROUTES), _gateway_route),
    ("networking.k8s.io", "Ingress"): _ingress,
    ("split.smi-spec.io", "TrafficSplit"): _split,
}
"""(group, kind) -> who reads the routes of an object, in its stack."""
