"""Gateway API: whether the routes reach their Gateways, and may reach their backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import gateways
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.gateways import GROUP, Parent
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.stack import Stack

_ROUTES = tuple((GROUP, kind) for kind in gateways.ROUTES)


@object_check("GWAPI001", Severity.WARNING, "a route that is attached to nothing", kinds=_ROUTES)
def detached(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A route works through the Gateways, or the Services of a mesh, that its ``parentRefs`` name. The API server
    takes one without, and nobody ever serves it.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {hostnames: [shop.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public, namespace: gateways}], hostnames: [shop.example.com]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: gateways}
    spec:
      gatewayClassName: example
      listeners:
      - name: https
        port: 443
        protocol: HTTPS
        tls: {certificateRefs: [{name: public}]}
        allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "yes"}}}}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: gateways}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, CommonRouteSpec.
    """
    spec = mapping(manifest.body, "spec")
    if spec and not spec.get("parentRefs"):
        message = f"the {manifest.kind} names no parent, expected the Gateway that serves it"
        yield Problem(manifest, message, ("spec", "parentRefs"))


@stack_check("GWAPI002", Severity.ERROR, "a route to a listener that its Gateway does not have")
def without_listener(stack: Stack) -> Iterator[Problem]:
    """``sectionName`` and ``port`` of a reference choose among the listeners of the Gateway. A route that chooses
    none of them is not attached.

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
    spec: {parentRefs: [{name: public, sectionName: https}], hostnames: [shop.example.com]}
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
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public, sectionName: https}], hostnames: [shop.example.com]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, ParentReference; the condition's reason is ``NoMatchingParent``.
    """
    for parent in gateways.parents(stack):
        if not parent.named:
            asked = [field for field in ("sectionName", "port") if field in parent.ref]
            wanted = " ".join(f"{field} {parent.ref[field]}" for field in asked)
            there = gateways.listeners(parent.gateway)
            known = ", ".join(f"{each.name} ({each.body.get('port')})" for each in there) or "none at all"
            field = "sectionName" if "sectionName" in parent.ref else "port"
            message = f"the Gateway {parent.gateway.name} has no listener with {wanted or 'any name'}; it has {known}"
            yield Problem(parent.route, message, (*parent.path, field))


@stack_check("GWAPI003", Severity.ERROR, "a route that its Gateway does not let in", equals=("kiali KIA1401",))
def refused(stack: Stack) -> Iterator[Problem]:
    """A listener lets in routes of its Gateway's own namespace, unless ``allowedRoutes.namespaces`` says otherwise, and
    routes that fit its protocol: no HTTPRoute goes through a listener for TCP.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: gateways}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public, namespace: gateways}], hostnames: [shop.example.com]}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: shop}
    spec:
      gatewayClassName: example
      listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: public}]}}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: shop}
    spec: {parentRefs: [{name: public}], hostnames: [shop.example.com]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, AllowedRoutes; the condition's reason is ``NotAllowedByListeners``.
    """
    for parent in gateways.parents(stack):
        if not parent.named or parent.admitted:
            continue
        route, gateway = parent.route, parent.gateway
        fitting = [each for each in parent.named if gateways.takes_kind(each, route)]
        if fitting:
            how = mapping(fitting[0].body, "allowedRoutes", "namespaces").get("from", "Same")
            message = f"the listeners of {gateway.identity} let in routes of {_FROM.get(str(how), how)}"
            message += f", and this one is in {route.namespace}"
            fix = "say allowedRoutes.namespaces in the listener, or move the route"
        else:
            protocols = ", ".join(f"{each.name} ({each.protocol})" for each in parent.named)
            message = f"no listener of {gateway.identity} takes a {route.kind}; there are {protocols}"
            fix = "name a listener of another protocol, or allow the kind there"
        yield Problem(route, message, parent.path, fix)


_FROM = {"Same": "their own namespace", "None": "no namespace", "Selector": "namespaces with certain labels"}


@stack_check("GWAPI004", Severity.ERROR, "a hostname of a route that no listener serves")
def unserved(stack: Stack) -> Iterator[Problem]:
    """A listener with a hostname serves the hosts that fall under it: ``*.example.com`` all names that end so, but not
    ``example.com``. What a route says of any other host is never asked for.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public}], hostnames: [example.com]}
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners:
      - {name: https, port: 443, protocol: HTTPS, hostname: "*.example.com", tls: {certificateRefs: [{name: public}]}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {parentRefs: [{name: public}], hostnames: [shop.example.com]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, HTTPRouteSpec, ``hostnames``; the condition's reason is
    ``NoMatchingListenerHostname``.
    """
    asked: dict[Identity, list[Parent]] = {}
    for parent in gateways.parents(stack):
        asked.setdefault(parent.route.identity, []).append(parent)
    for parents in asked.values():
        route = parents[0].route
        refs = mappings(mapping(route.body, "spec").get("parentRefs"))
        served = {each.hostname for parent in parents for each in parent.admitted}
        if not served or len(refs) > len(parents):
            continue  # a parent that the stack does not hold may serve what the others do not
        for index, name in gateways.hostnames(route):
            if not any(gateways.meet(name, hostname) for hostname in served):
                message = f"no listener that the route is attached to serves {name}; they serve "
                yield Problem(route, message + ", ".join(sorted(served)), ("spec", "hostnames", index))


_Reference = tuple[Manifest, FieldPath, dict[str, Any], str]
"""Who refers, where, to what, and the kind of it where none is named."""


def _references(stack: Stack) -> Iterator[_Reference]:
    """What routes and Gateways refer to in another namespace."""
    for route in gateways.routes(stack):
        for index, rule in mappings(mapping(route.body, "spec").get("rules")):
            at: FieldPath = ("spec", "rules", index)
            for place, ref in mappings(rule.get("backendRefs")):
                if "namespace" in ref:
                    yield route, (*at, "backendRefs", place), ref, "Service"
            for place, each in mappings(rule.get("filters")):
                ref = mapping(each, "requestMirror", "backendRef")
                yield route, (*at, "filters", place, "requestMirror", "backendRef"), ref, "Service"
    for gateway in stack.of_kind(GROUP, "Gateway"):
        for listener in gateways.listeners(gateway):
            for place, ref in mappings(mapping(listener.body, "tls").get("certificateRefs")):
                yield gateway, (*listener.path, "tls", "certificateRefs", place), ref, "Secret"


@stack_check(
    "GWAPI005",
    Severity.ERROR,
    "a reference into another namespace that nobody grants",
)
def grants(stack: Stack) -> Iterator[Problem]:
    """A route may send requests to a Service of another namespace, and a Gateway use a certificate of another one, if a
    ReferenceGrant there allows it. Without, the route answers with 500, and the listener is not served.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: data}
    spec:
      parentRefs: [{name: public, kind: Service, group: ""}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: ReferenceGrant
    metadata: {name: routes, namespace: shop}
    spec:
      from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: data}]
      to: [{group: "", kind: Service}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {ports: [{port: 80}]}
    ```

    Source: Gateway API reference, ReferenceGrant; the condition's reason is ``RefNotPermitted``.
    """
    granted: set[tuple[str, str, str, str, str, str]] | None = None
    for manifest, path, ref, usual in _references(stack):
        namespace, kind, group = text(ref.get("namespace")), text(ref.get("kind")) or usual, text(ref.get("group"))
        if not namespace or namespace == manifest.namespace:
            continue
        granted = _granted(stack) if granted is None else granted
        known = (namespace, manifest.kind, manifest.namespace, group, kind)
        if (*known, "") not in granted and (*known, text(ref.get("name"))) not in granted:
            message = f"no ReferenceGrant in {namespace} lets a {manifest.kind} of {manifest.namespace} refer to the "
            fix = f"write a ReferenceGrant in {namespace}, or move one of the two"
            yield Problem(manifest, f"{message}{kind} {ref.get('name')} there", (*path, "namespace"), fix)


def _granted(stack: Stack) -> set[tuple[str, str, str, str, str, str]]:
    """What is granted: the grant's namespace; the kind and the namespace that may refer; the target's group, kind and
    name, which is empty for all of them."""
    found = set()
    for grant in stack.of_kind(GROUP, "ReferenceGrant"):
        spec = mapping(grant.body, "spec")
        for _, source in mappings(spec.get("from")):
            for _, target in mappings(spec.get("to")):
                who = text(source.get("kind")), text(source.get("namespace"))
                what = text(target.get("group")), text(target.get("kind")), text(target.get("name"))
                if source.get("group") == GROUP:
                    found.add((grant.namespace, *who, *what))
    return found
