"""Endpoints that are written by hand: whether they fit their Service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.endpoint_fields import ENDPOINTS, SLICE
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.machines import facts
from pilothouse.manifest import Manifest
from pilothouse.service import is_headless, spec_of, type_of
from pilothouse.stack import Stack

SERVICE_NAME = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service."""

Port = tuple[str, str]
"""The name of a port, empty for one without, and its protocol."""


def _ports(listed: Any) -> list[tuple[int, Port]]:
    return [(index, (text(port.get("name")), text(port.get("protocol")) or "TCP")) for index, port in mappings(listed)]


def _by_service(stack: Stack) -> dict[tuple[str, str], list[Manifest]]:
    """The slices and Endpoints of each Service, by its namespace and name."""
    found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for manifest in stack.of_kind(*SLICE):
        found[manifest.namespace, text(manifest.labels.get(SERVICE_NAME))].append(manifest)
    for manifest in stack.of_kind(*ENDPOINTS):
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
    for manifest in stack.of_kind(*SLICE):
        if not text(manifest.labels.get(SERVICE_NAME)):
            message = f"the EndpointSlice belongs to no Service, expected the label {SERVICE_NAME}"
            yield Problem(manifest, message, ("metadata", "labels"), "name its Service in the label")
    named = stack.of_kind(*ENDPOINTS)
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
    named = stack.of_kind(*ENDPOINTS)
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
    written = [*stack.of_kind(*SLICE), *stack.of_kind(*ENDPOINTS)]
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
