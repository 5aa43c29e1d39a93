"""Gateway API: what the rules of routes do, and whether two of them claim the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from pilothouse import gateways
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.gateways import GROUP
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.stack import Stack

_ROUTES = tuple((GROUP, kind) for kind in gateways.ROUTES)
_MATCHING = tuple((GROUP, kind) for kind in ("HTTPRoute", "GRPCRoute"))


@object_check(
    "GWAPI006", Severity.WARNING, "a rule whose backends all weigh nothing", kinds=_ROUTES, fields=("weight",)
)
def weightless(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A backend gets its weight's share of the requests, and one of weight 0 none. Where all of a rule weigh nothing,
    nobody answers: an HTTPRoute says 500.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: web, kind: Service, group: ""}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, port: 80, weight: 0}]}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: web, kind: Service, group: ""}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, port: 80, weight: 1}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Gateway API reference, BackendRef, ``weight``.
    """
    for index, rule in mappings(mapping(manifest.body, "spec").get("rules")):
        refs = mappings(rule.get("backendRefs"))
        if refs and all(ref.get("weight") == 0 and ref.get("weight") is not False for _, ref in refs):
            message = "every backend of the rule has the weight 0: nobody answers"
            yield Problem(manifest, message, ("spec", "rules", index, "backendRefs"), "give one of them a weight")


def _canonical(kind: str, match: dict[str, Any]) -> str:
    """A match with its defaults, and its lists in one order: two that are equal meet the same requests."""
    usual = {"type": "PathPrefix", "value": "/"} if kind == "HTTPRoute" else {}
    path = {**usual, **mapping(match, "path")}
    lists = [
        sorted(
            (str(each.get("name")).lower(), text(each.get("type"), "Exact"), str(each.get("value")))
            for _, each in mappings(match.get(field))
        )
        for field in ("headers", "queryParams")
    ]
    return repr((sorted(path.items(), key=str), match.get("method"), lists))


def _matches(route: Manifest) -> Iterator[tuple[FieldPath, str]]:
    """Every match of a route's rules: where it stands, and what it meets."""
    for index, rule in mappings(mapping(route.body, "spec").get("rules")):
        at: FieldPath = ("spec", "rules", index)
        matches = mappings(rule.get("matches"))
        for place, match in matches:
            yield (*at, "matches", place), _canonical(route.kind, match)
        if not matches and not listing(rule.get("matches")):
            yield at, _canonical(route.kind, {})


@object_check("GWAPI007", Severity.WARNING, "a match of a route that an earlier rule takes", kinds=_MATCHING)
def shadowed(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Of the rules of a route that meet a request, the one with the longest path and the most conditions gets it; of
    two that are alike the first. The second is never used. A rule without ``matches`` meets everything.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: web, kind: Service, group: ""}]
      hostnames: [shop.example.com]
      rules:
      - backendRefs: [{name: web, port: 80}]
      - {matches: [{path: {value: /}}], backendRefs: [{name: web-next, port: 80}]}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: web, kind: Service, group: ""}]
      hostnames: [shop.example.com]
      rules:
      - backendRefs: [{name: web, port: 80}]
      - {matches: [{path: {value: /next}}], backendRefs: [{name: web, port: 80}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Gateway API reference, HTTPRouteRule, ``matches``.
    """
    if len(listing(mapping(manifest.body, "spec").get("rules"))) < 2:
        return
    seen: dict[str, FieldPath] = {}
    for path, match in _matches(manifest):
        first = seen.setdefault(match, path)
        if first[2] != path[2]:
            message = f"the rule {first[2]} meets the same requests, and comes first: this one is never used"
            yield Problem(manifest, message, path, "remove one of the two, or add a condition")


@stack_check("GWAPI008", Severity.WARNING, "one host and match for two routes")
def contested(stack: Stack) -> Iterator[Problem]:
    """Two routes on one listener that say something else of the same requests: the older one is used, and the other, or
    this part of it, is not. On a cluster that is set up anew it may be the other way round.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: api, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: api, port: 80}]}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: public}]}}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: api, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{matches: [{path: {value: /api}}], backendRefs: [{name: web, port: 80}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Gateway API reference, HTTPRouteRule, ``matches``.
    """
    shared: dict[_Place, list[Manifest]] = defaultdict(list)
    for parent in gateways.parents(stack):
        route = parent.route
        if route.kind not in ("HTTPRoute", "GRPCRoute"):
            continue
        names = [name for _, name in gateways.hostnames(route)] or [""]
        for listener in parent.admitted:
            for name in names:
                if gateways.meet(name, listener.hostname):
                    key = _Place(parent.gateway.identity, listener.name, route.kind, name or listener.hostname)
                    shared[key].append(route)
    told: set[tuple[Identity, FieldPath]] = set()
    for place, routes in shared.items():
        claims: dict[str, Manifest] = {}
        for route in routes if len(routes) > 1 else ():
            for path, match in _matches(route):
                owner = claims.setdefault(match, route)
                if owner.identity != route.identity and (route.identity, path) not in told:
                    told.add((route.identity, path))
                    message = f"{owner.identity} says the same of {place.host or 'every host'} at the listener "
                    message += f"{place.listener} of {place.gateway.name}: only the older route is used"
                    yield Problem(route, message, path, "remove one of the two, or add a condition")


class _Place(NamedTuple):
    """Where routes can get into each other's way: one kind of them, under one host, at one listener."""

    gateway: Identity
    listener: str
    kind: str
    host: str


@stack_check(
    "GWAPI009",
    Severity.ADVICE,
    "a route for every host",
)
def every_host(stack: Stack) -> Iterator[Problem]:
    """A route without hostnames answers for every host that its listeners serve: on a Gateway that is shared it takes
    what nobody else has claimed yet, and it says nothing of where it is meant to be found.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public}], rules: [{backendRefs: [{name: web, port: 80}]}]}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: web, kind: Service, group: ""}], rules: [{backendRefs: [{name: web, port: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Left out are routes of a mesh, whose parent is a Service, and those whose listeners have hostnames.
    Source: Gateway API reference, HTTPRouteSpec, ``hostnames``.
    """
    bare = [
        route
        for kind in ("HTTPRoute", "GRPCRoute")
        for route in stack.of_kind(GROUP, kind)
        if not gateways.hostnames(route)
    ]
    if not bare:
        return
    named = {
        parent.route.identity
        for parent in gateways.parents(stack)
        if parent.named and all(each.hostname for each in parent.named)
    }
    for route in bare:
        refs = mappings(mapping(route.body, "spec").get("parentRefs"))
        to_gateway = any(text(ref.get("kind"), "Gateway") == "Gateway" for _, ref in refs)
        if to_gateway and route.identity not in named:
            message = "the route answers for every host of its Gateway, expected hostnames"
            yield Problem(route, message, ("spec",), "name its hosts in spec.hostnames")


@stack_check("GWAPI010", Severity.WARNING, "a route that leads out of the cluster")
def outside(stack: Stack) -> Iterator[Problem]:
    """A Gateway that sends requests to an ExternalName connects to whatever host that names, as the one who may: the
    Gateway API tells its implementations to refuse such a backend, and most do.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: maps, namespace: default}
    spec:
      parentRefs: [{name: web, kind: Service, group: ""}]
      rules: [{backendRefs: [{name: maps, port: 443}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {type: ExternalName, externalName: maps.example.com}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: maps, namespace: default}
    spec:
      parentRefs: [{name: maps, kind: Service, group: ""}]
      rules: [{backendRefs: [{name: maps, port: 443}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {ports: [{port: 443}]}
    ```

    Source: Gateway API reference, BackendRef; CVE-2021-25740.
    """
    aliases = {
        (service.namespace, service.name): text(mapping(service.body, "spec").get("externalName"))
        for service in stack.of_kind("", "Service")
        if mapping(service.body, "spec").get("type") == "ExternalName"
    }
    for route in gateways.routes(stack) if aliases else ():
        for index, rule in mappings(mapping(route.body, "spec").get("rules")):
            for place, ref in mappings(rule.get("backendRefs")):
                key = (text(ref.get("namespace")) or route.namespace, text(ref.get("name")))
                if key in aliases and text(ref.get("kind"), "Service") == "Service":
                    path = ("spec", "rules", index, "backendRefs", place, "name")
                    message = f"the Service {key[1]} is an alias of {aliases[key]}, outside of the cluster"
                    yield Problem(route, message, path, "use a Service with an EndpointSlice")
