"""Endpoints that are written by hand: whether they are taken, and whether they fit their Service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.service_fields import is_headless, is_strict, spec_of, type_of, unreachable
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.machines import facts
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_SLICE = ("discovery.k8s.io", "EndpointSlice")
_ENDPOINTS = ("", "Endpoints")
SERVICE_NAME = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service."""
_MOST_ADDRESSES = 100
"""Of one endpoint. Source: Kubernetes API reference, Endpoint."""


@object_check("EP001", Severity.ERROR, "an EndpointSlice that the API server refuses", kinds=(_SLICE,))
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
    kind = manifest.body.get("addressType")
    for index, endpoint in mappings(manifest.body.get("endpoints")):
        addresses = listing(endpoint.get("addresses"))
        path: FieldPath = ("endpoints", index, "addresses")
        if not addresses:
            yield Problem(manifest, "the endpoint has no address, expected one at least", path)
        elif len(addresses) > _MOST_ADDRESSES:
            message = f"the endpoint has {len(addresses)} addresses, expected {_MOST_ADDRESSES} at most"
            yield Problem(manifest, message, path)
        for place, address in enumerate(addresses):
            if isinstance(address, str) and (problem := _address(address, kind, strict=is_strict(stack))):
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
    return unreachable(found)


@object_check("EP002", Severity.ERROR, "a list of endpoints that the API server refuses", kinds=(_ENDPOINTS,))
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
                    found = formats.address(address, strict=is_strict(stack))
                    problem = "expected an IP address" if found is None else unreachable(found)
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


Port = tuple[str, str]
"""The name of a port, empty for one without, and its protocol."""


def _ports(listed: Any) -> list[tuple[int, Port]]:
    return [(index, (text(port.get("name")), text(port.get("protocol")) or "TCP")) for index, port in mappings(listed)]


def _by_service(stack: Stack) -> dict[tuple[str, str], list[Manifest]]:
    """The slices and Endpoints of each Service, by its namespace and name."""
    found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for manifest in stack.of_kind(*_SLICE):
        found[manifest.namespace, text(manifest.labels.get(SERVICE_NAME))].append(manifest)
    for manifest in stack.of_kind(*_ENDPOINTS):
        found[manifest.namespace, manifest.name].append(manifest)
    return found


@stack_check("EP003", Severity.ERROR, "a Service's port that its endpoints do not have")
def port_names(stack: Stack) -> Iterator[Problem]:
    """A Service finds the port of its endpoints by the name: that of its own port has to stand in an EndpointSlice,
    with the same protocol. Where it does not, the Service answers nobody on this port. The number may differ.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{name: postgres, port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{name: postgres, port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{name: postgres, port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ```

    Source: Kubernetes documentation, "EndpointSlices"; Service, "Services without selectors".
    """
    by_service = _by_service(stack)
    for service, selector, _ in stack.services if by_service else ():
        named = by_service.get((service.namespace, service.name), [])
        spec = spec_of(service)
        if selector or not named or is_headless(spec) or type_of(spec) == "ExternalName":
            continue
        offered = {port for manifest in named for port in _offered(manifest)}
        for index, port in _ports(spec.get("ports")):
            if port not in offered:
                there = ", ".join(sorted(_words(each) for each in offered)) or "none"
                message = (
                    f"no endpoint of the Service has the port {_words(port)}; {named[0].kind} {named[0].name} has "
                )
                yield Problem(service, message + there, ("spec", "ports", index), "give both ports the same name")


def _offered(manifest: Manifest) -> Iterator[Port]:
    if manifest.kind == "EndpointSlice":
        yield from (port for _, port in _ports(manifest.body.get("ports")))
    for _, subset in mappings(manifest.body.get("subsets")):
        yield from (port for _, port in _ports(subset.get("ports")))


def _words(port: Port) -> str:
    return f"{port[0] or 'without a name'}/{port[1]}"


@stack_check("EP004", Severity.WARNING, "endpoints of no Service")
def of_nobody(stack: Stack) -> Iterator[Problem]:
    """An EndpointSlice belongs to the Service that its label ``kubernetes.io/service-name`` names, whatever it is
    called itself; Endpoints belong to the Service of their own name. Without, they are addresses that nobody uses.

    ```yaml bad
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database, namespace: default}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{port: 5432}]}
    ```

    ```yaml good
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{port: 5432}]}
    ```

    Source: Kubernetes documentation, "EndpointSlices", "Ownership".
    """
    for manifest in stack.of_kind(*_SLICE):
        if not text(manifest.labels.get(SERVICE_NAME)):
            message = f"the EndpointSlice belongs to no Service, expected the label {SERVICE_NAME}"
            yield Problem(manifest, message, ("metadata", "labels"), "name its Service in the label")
    named = stack.of_kind(*_ENDPOINTS)
    services = {(each.namespace, each.name) for each in stack.of_kind("", "Service")} if named else set()
    for manifest in named:
        if manifest.body.get("subsets") and (manifest.namespace, manifest.name) not in services:
            message = f"there is no Service {manifest.namespace}/{manifest.name} that these endpoints belong to"
            yield Problem(manifest, message, ("metadata", "name"), "give both the same name")


@stack_check("EP005", Severity.WARNING, "endpoints by hand for a Service that has a selector")
def overwritten(stack: Stack) -> Iterator[Problem]:
    """Kubernetes keeps the Endpoints of a Service that selects pods: it writes the addresses of these pods over
    whatever stands there, and whoever applies the file writes back.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {selector: {app: database}, ports: [{port: 5432}]}
    ---
    apiVersion: v1
    kind: Endpoints
    metadata: {name: database, namespace: default}
    subsets: [{addresses: [{ip: 10.1.2.3}], ports: [{port: 5432}]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {ports: [{port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ```

    Source: Kubernetes documentation, Service, "Services without selectors".
    """
    named = stack.of_kind(*_ENDPOINTS)
    selectors = (
        {(service.namespace, service.name) for service, selector, _ in stack.services if selector} if named else ()
    )
    for manifest in named:
        if (manifest.namespace, manifest.name) in selectors:
            message = f"Service {manifest.name} selects its pods, and Kubernetes writes their addresses over these"
            yield Problem(manifest, message, ("metadata", "name"), "remove the Endpoints, or the Service's selector")


@stack_check("EP006", Severity.ERROR, "an endpoint that is a Service's own address")
def virtual(stack: Stack) -> Iterator[Problem]:
    """The address of a Service exists in the rules of kube-proxy alone, and kube-proxy does not look them up twice: an
    endpoint with such an address is never reached.

    Addresses of the stack's Services count, and the service subnet of kubeadm's and Kubespray's files.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: data}
    spec: {clusterIP: 10.98.0.40, ports: [{port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.98.0.40]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {clusterIP: 10.98.0.40, ports: [{port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ```

    Source: Kubernetes documentation, Service, "Custom EndpointSlices".
    """
    written = [*stack.of_kind(*_SLICE), *stack.of_kind(*_ENDPOINTS)]
    if not written:
        return
    own = {
        spec_of(service).get("clusterIP"): service
        for service in stack.of_kind("", "Service")
        if isinstance(spec_of(service).get("clusterIP"), str) and not is_headless(spec_of(service))
    }
    documents = stack.machine_documents if stack.machine_files else []
    subnets = [subnet for _, subnet in facts.networks(facts.written(documents, facts.SERVICE_SUBNET))]
    for manifest in written:
        for path, address in _addresses(manifest):
            if address in own:
                yield Problem(manifest, f"{address} is the address of {own[address].identity} itself", path)
            elif facts.is_address(address) and any(ip_address(address) in each for each in subnets):
                yield Problem(manifest, f"{address} lies in the subnet of the Services' own addresses", path)


def _addresses(manifest: Manifest) -> Iterator[tuple[FieldPath, str]]:
    if manifest.kind == "EndpointSlice":
        for index, endpoint in mappings(manifest.body.get("endpoints")):
            for place, address in enumerate(listing(endpoint.get("addresses"))):
                if isinstance(address, str):
                    yield ("endpoints", index, "addresses", place), address
    for index, subset in mappings(manifest.body.get("subsets")):
        for place, each in mappings(subset.get("addresses")):
            address = mapping(each).get("ip")
            if isinstance(address, str):
                yield ("subsets", index, "addresses", place, "ip"), address
