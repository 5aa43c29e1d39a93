"""Endpoints that are written by hand: what the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

SLICE = ("discovery.k8s.io", "EndpointSlice")
ENDPOINTS = ("", "Endpoints")
_MOST_ADDRESSES = 100
"""Of one endpoint. Source: Kubernetes API reference, Endpoint."""


@object_check("EP001", Severity.ERROR, "an EndpointSlice that the API server refuses", kinds=(SLICE,))
def slices(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Each endpoint has an address at least, of the kind that ``addressType`` says, that can be reached from other
    nodes: neither a loopback nor a link-local address. Each port has a name of its own, or the only one none.

    ```yaml bad
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [127.0.0.1]}]
    ```

    ```yaml good
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{port: 5432}]}
    ```

    Source: Kubernetes API reference, EndpointSlice.
    """
    if manifest.api_version != "discovery.k8s.io/v1":
        return
    kind, strict = manifest.body.get("addressType"), formats.is_strict(stack.catalogue.minor)
    for index, endpoint in mappings(manifest.body.get("endpoints")):
        addresses = listing(endpoint.get("addresses"))
        path: FieldPath = ("endpoints", index, "addresses")
        if not addresses:
            yield Problem(manifest, "the endpoint has no address, expected one at least", path)
        elif len(addresses) > _MOST_ADDRESSES:
            message = f"the endpoint has {len(addresses)} addresses, expected {_MOST_ADDRESSES} at most"
            yield Problem(manifest, message, path)
        for place, address in enumerate(addresses):
            if isinstance(address, str) and (problem := _address(address, kind, strict=strict)):
                yield Problem(manifest, f"{address!r} is no endpoint's address: {problem}", (*path, place))
    seen: set[str] = set()
    for index, port in mappings(manifest.body.get("ports")):
        name = text(port.get("name"))
        if name and (problem := formats.dns_label(name)):
            yield Problem(manifest, f"{name!r} is no name for a port: {problem}", ("ports", index, "name"))
        if name in seen:
            message = f"two ports are called {name!r}" if name else "two ports have no name"
            yield Problem(manifest, f"{message}, expected a name for each", ("ports", index))
        seen.add(name)


def _address(address: str, kind: Any, *, strict: bool) -> str:
    """What is wrong with one address of a slice; empty where nothing is."""
    if kind not in ("IPv4", "IPv6"):
        if kind != "FQDN":
            return ""
        name = address.removesuffix(".")
        return formats.subdomain(name) or ("" if "." in name else "expected a domain's full name")
    found = formats.address(address, strict=strict)
    if found is None or found.version != int(kind[-1]):
        return f"expected an {kind} address"
    return formats.unreachable(found)


@object_check("EP002", Severity.ERROR, "a list of endpoints that the API server refuses", kinds=(ENDPOINTS,))
def endpoints(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Each subset has an address at least, that can be reached from other nodes; where it has several ports, each has a
    name.

    ```yaml bad
    apiVersion: v1
    kind: Endpoints
    metadata: {name: database, namespace: default}
    subsets: [{ports: [{port: 5432}]}]
    ```

    ```yaml good
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{port: 5432}]}
    ```

    Source: Kubernetes API reference, Endpoints.
    """
    for index, subset in mappings(manifest.body.get("subsets")):
        at: FieldPath = ("subsets", index)
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield Problem(manifest, "the subset has no address, expected one at least", at)
        for field in ("addresses", "notReadyAddresses"):
            for place, each in mappings(subset.get(field)):
                address = each.get("ip")
                if isinstance(address, str):
                    found = formats.address(address, strict=formats.is_strict(stack.catalogue.minor))
                    problem = "expected an IP address" if found is None else formats.unreachable(found)
                    if problem:
                        message = f"{address!r} is no endpoint's address: {problem}"
                        yield Problem(manifest, message, (*at, field, place, "ip"))
        ports = subset.get("ports")
        for place, port in mappings(ports):
            name, number = text(port.get("name")), port.get("port")
            if not name and len(listing(ports)) > 1:
                message = f"the port {number} has no name, expected one where there are several"
                yield Problem(manifest, message, (*at, "ports", place))
            elif name and (problem := formats.dns_label(name)):
                yield Problem(manifest, f"{name!r} is no name for a port: {problem}", (*at, "ports", place, "name"))
            if isinstance(number, int) and (problem := formats.port(number)):
                yield Problem(manifest, f"{number} is no port: {problem}", (*at, "ports", place, "port"))
