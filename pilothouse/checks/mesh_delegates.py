"""Mesh delegates: what a VirtualService leaves to others."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.mesh_traffic import http_routes
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.mesh import namespace_of, spec
from pilothouse.stack import Stack


@stack_check("VS024", Severity.ERROR, "routes left to a VirtualService that cannot take them")
def delegates(stack: Stack) -> Iterator[Problem]:
    """A route may leave its requests to another VirtualService, which has HTTP routes alone: neither hosts, nor
    gateways, nor delegates of its own. Where it is missing or has them, Istio drops the route.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec: {hosts: [shop.example.com], gateways: [infra/shop], http: [{delegate: {name: ratings}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], http: [{directResponse: {status: 200}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec: {hosts: [shop.example.com], gateways: [infra/shop], http: [{delegate: {name: ratings}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {http: [{directResponse: {status: 200}}]}
    ```

    Source: Istio's reference, VirtualService, Delegate.
    """
    named = {(namespace_of(each), each.name): each for each in stack.mesh.of("VirtualService")}
    for service in named.values():
        for path, route in http_routes(service):
            delegate = mapping(route, "delegate")
            name = text(delegate.get("name"))
            if not name:
                continue
            where = (text(delegate.get("namespace")) or namespace_of(service), name)
            other = named.get(where)
            if other is None:
                if stack.environment.name or any(namespace == where[0] for namespace, _ in named):
                    message = f"there is no VirtualService {'/'.join(where)}"
                    yield Problem(service, message, (*path, "delegate", "name"), "name one without hosts")
                continue
            nested = any(each.get("delegate") for _, each in http_routes(other))
            wrong = [field for field in ("hosts", "gateways", "tls", "tcp") if spec(other).get(field)]
            if wrong or nested:
                message = (
                    f"{other.identity} has {wrong[0] if wrong else 'a delegate itself'}, so nobody can delegate to it"
                )
                yield Problem(service, message, (*path, "delegate", "name"), "leave it HTTP routes alone")
