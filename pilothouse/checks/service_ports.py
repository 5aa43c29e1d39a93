"""Services: ports that the API server refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.service import SERVICE, is_headless, spec_of, type_of
from pilothouse.stack import Stack


@object_check("SVC004", Severity.ERROR, "a Service without ports", kinds=SERVICE)
def no_ports(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server refuses a Service without ports, except a headless one, whose clients find the pods themselves,
    and an ExternalName.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: []}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes API reference, ServiceSpec, ``ports``.
    """
    spec = spec_of(manifest)
    if not spec.get("ports") and type_of(spec) != "ExternalName" and not is_headless(spec):
        yield Problem(manifest, "the Service has no ports, expected one at least", ("spec", "ports"))


@object_check("SVC005", Severity.ERROR, "a port of a Service that is not told from the others by name", kinds=SERVICE)
def port_names(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Where a Service has several ports, each needs a name of its own: its endpoints are kept by it. The API server
    refuses the Service otherwise, and names that are no DNS labels.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}, {name: https, port: 443}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80}, {name: https, port: 443}]}
    ```

    Source: Kubernetes API reference, ServicePort, ``name``.
    """
    ports = spec_of(manifest).get("ports")
    seen: set[str] = set()
    for index, port in mappings(ports):
        name = text(port.get("name"))
        if not name and len(listing(ports)) > 1:
            message = f"the port {port.get('port')} has no name, expected one where a Service has several ports"
            yield Problem(manifest, message, ("spec", "ports", index))
        elif name in seen:
            message = f"two ports of the Service are called {name}, expected a name for each"
            yield Problem(manifest, message, ("spec", "ports", index, "name"))
        elif name and (problem := formats.dns_label(name)):
            yield Problem(manifest, f"{name!r} is no name for a port: {problem}", ("spec", "ports", index, "name"))
        if name:
            seen.add(name)


@object_check("SVC006", Severity.ERROR, "one port of a Service twice", kinds=SERVICE)
def ports_twice(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Service listens once on each port of each protocol, and so does a node: the API server refuses a Service that
    lists one twice.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80, targetPort: 8080}, {name: admin, port: 80, targetPort: 9090}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: dns, namespace: default}
    spec: {ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}
    ```
    """
    ports = mappings(spec_of(manifest).get("ports"))
    seen: set[tuple[str, Any, str]] = set()
    for index, port in ports if len(ports) > 1 else ():
        protocol = text(port.get("protocol")) or "TCP"
        for field in ("port", "nodePort"):
            value = port.get(field)
            if not isinstance(value, int) or not value:
                continue
            if (field, value, protocol) in seen:
                message = f"the {field} {value}/{protocol} stands twice in the Service, expected once"
                yield Problem(manifest, message, ("spec", "ports", index, field))
            seen.add((field, value, protocol))


@object_check(
    "SVC007",
    Severity.ERROR,
    "a Service's port that is none",
    kinds=SERVICE,
    equals=("kube-linter invalid-target-ports",),
)
def port_formats(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A port is a number from 1 to 65535; a target port may also be the name of a container's port, which has at most
    15 characters. The API server refuses everything else.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: web-server-public}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: web-public}]}
    ```

    Source: Kubernetes API reference, ServicePort; RFC 6335, 5.1.
    """
    for index, port in mappings(spec_of(manifest).get("ports")):
        for field, judge in _PORT_FIELDS:
            value = port.get(field)
            problem = "" if value is None else judge(value)
            if problem and not (field == "targetPort" and value in (0, "")):
                yield Problem(manifest, f"the {field} {value!r} is none: {problem}", ("spec", "ports", index, field))


def _number(value: Any) -> str:
    return formats.port(value) if isinstance(value, int) else ""


def _protocol(value: Any) -> str:
    return formats.qualified_name(value) if isinstance(value, str) else ""


_PORT_FIELDS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("port", _number),
    ("targetPort", formats.port),
    ("appProtocol", _protocol),
)
