"""Ports: whether what is asked for a port has it."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, scalar, text
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.references import Lack, Link, mentions
from pilothouse.references.kubernetes import SERVICE
from pilothouse.references.labels import chosen, namespaces
from pilothouse.references.present import unseen_pods
from pilothouse.stack import Stack

_HTTPS = 443


def port_asked(link: Link) -> tuple[FieldPath, str | int] | None:
    """The port of a Service that a reference asks for, and its field."""
    holder, before = mapping(link.holder), link.path[:-1]
    port = holder.get("port")
    if isinstance(port, dict):
        for field in ("name", "number"):
            wanted = scalar(port.get(field))
            if wanted is not None:
                return (*before, "port", field), wanted
    elif isinstance(port, int):
        return (*before, "port"), port
    elif link.row.source[0] in ("admissionregistration.k8s.io", "apiregistration.k8s.io", "apiextensions.k8s.io"):
        return before, _HTTPS
    return None


def service_ports(service: Manifest) -> tuple[set[int | str], set[int | str]]:
    """The numbers and the names of a Service's ports."""
    ports = [port for _, port in mappings(mapping(service.body, "spec").get("ports"))]
    numbers = {number for port in ports if (number := scalar(port.get("port"))) is not None}
    return numbers, {name for port in ports if (name := text(port.get("name")))}


@stack_check("REF014", Severity.ERROR, "a port that a Service does not have", equals=("kube-linter dangling-ingress",))
def ports(stack: Stack) -> Iterator[Problem]:
    """Whatever names a Service names one of its ports too: its ``port``, and not the ``targetPort`` of the pods. With
    another one an Ingress or a route answers 503, and the API server does not reach a webhook.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 8080}}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: default}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    Source: Kubernetes API reference, IngressServiceBackend; Gateway API reference, BackendObjectReference.
    """
    for link in stack.links:
        if link.row.lack is not Lack.TRAFFIC or link.found is None:
            continue
        asked = port_asked(link)
        if asked is None or mapping(link.found.body, "spec").get("type") == "ExternalName":
            continue
        path, port = asked
        numbers, names = service_ports(link.found)
        there = names if isinstance(port, str) else numbers
        if port in there:
            continue
        words = ", ".join(map(str, sorted(there, key=str))) or "none"
        yield Problem(
            link.source,
            f"the Service {link.target.name} has no port {port}; it has {words}",
            path,
            "name the Service's own port, not that of the pods",
        )


@stack_check("REF015", Severity.ERROR, "a monitor of a port that nothing it selects has")
def monitored_ports(stack: Stack) -> Iterator[Problem]:
    """A ServiceMonitor names the port of its Services, a PodMonitor that of the containers, by name. Where none of them
    has one of that name, Prometheus finds no target, and no alert says so.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {ports: [{name: http, port: 80}]}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web, namespace: default}
    spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {ports: [{name: http, port: 80}, {name: metrics, port: 9090}]}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web, namespace: default}
    spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
    ```

    Source: Prometheus operator, API reference, Endpoint and PodMetricsEndpoint.
    """
    for kind, field in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        monitors = stack.of_kind("monitoring.coreos.com", kind)
        unseen = unseen_pods(stack) if monitors else frozenset()
        for monitor in monitors:
            wanted = [
                (index, port)
                for index, endpoint in mappings(mapping(monitor.body, "spec").get(field))
                if (port := text(endpoint.get("port")))
            ]
            offered = _offered(monitor, unseen, stack) if wanted else None
            for index, port in wanted if offered else ():
                if offered and port not in offered:
                    there = ", ".join(sorted(offered - {""})) or "none"
                    yield Problem(
                        monitor,
                        f"nothing that it selects has a port {port}; there is {there}",
                        ("spec", field, index, "port"),
                        "name a port by its name",
                    )


def _offered(monitor: Manifest, unseen: frozenset[str], stack: Stack) -> set[str]:
    """The names of the ports of everything that a monitor selects; empty where it selects nothing, or nobody knows."""
    found: set[str] = set()
    for row, _, value, holder in mentions(monitor):
        if row.path != "spec.selector" or not isinstance(value, dict):
            continue
        if not unseen.isdisjoint(namespaces(row, monitor, holder, stack)):
            return set()
        for each in chosen(row, monitor, value, holder, stack):
            found.add("")
            found |= {str(name) for name in service_ports(each)[1]} if row.target == SERVICE else _of_pods(each)
    return found


def _of_pods(workload: Manifest) -> set[str]:
    template = template_of(workload)
    return {
        text(port.get("name"))
        for _, container in (template.containers("containers", "initContainers") if template else ())
        for _, port in mappings(container.get("ports"))
    }
