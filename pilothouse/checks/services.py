"""Services: whether they reach the pods that they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, scalar, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


def _words(labels: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())


def _nearest(stack: Stack, service: Manifest, selector: dict[str, str]) -> str:
    """The workload of the namespace whose labels come closest, in words; empty where there is none."""
    best: tuple[int, str] = (0, "")
    for workload, template in stack.workloads.get(service.namespace, []):
        common = selector.keys() & template.labels.keys()
        shared = len(common) + 2 * sum(selector[key] == template.labels[key] for key in common)
        if shared > best[0]:
            best = (shared, f"; nearest: {workload.kind} {workload.name} carries {_words(template.labels)}")
    return best[1]


@stack_check(
    "SVC001",
    Severity.ERROR,
    "a Service whose selector matches no pod",
    equals=(
        "kube-linter dangling-service",
        "kube-score service-targets-pod",
    ),
)
def endpoints(stack: Stack) -> Iterator[Problem]:
    """A Service sends its traffic to the pods that carry every label of its selector. With none, it answers nobody.

    The most frequent mistake of all is one label mistyped, on one of the two sides: nothing reports it, and the
    Service simply has no endpoints. In the kit, ``selects=web`` takes the labels from the workload itself.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubai}, ports: [{port: 80, targetPort: 8080}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 10m}}, ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubia}, ports: [{port: 80, targetPort: 8080}]}
    ```

    Waive it where an operator makes the pods.
    """
    for service, selector, pods in stack.services:
        if selector and not pods:
            yield Problem(
                service,
                f"no pod in {service.namespace} carries {_words(selector)}" + _nearest(stack, service, selector),
                ("spec", "selector"),
                "select the labels that the pods carry, or waive it where an operator makes the pods",
            )


def _service_ports(service: Manifest) -> Iterator[tuple[int, Any, str]]:
    """Each port's index, its target (a number or a name), and its protocol."""
    for index, port in mappings(mapping(service.body, "spec").get("ports")):
        yield index, scalar(port.get("targetPort", port.get("port"))), text(port.get("protocol"), "TCP")


def _offered(pods: list[tuple[Manifest, PodTemplate]]) -> set[tuple[Any, str]]:
    """What the containers of these pods declare, as (number, protocol) and (name, protocol)."""
    offered: set[tuple[Any, str]] = set()
    for _, template in pods:
        for _, container in template.containers("containers", "initContainers"):
            for _, port in mappings(container.get("ports")):
                protocol = text(port.get("protocol"), "TCP")
                offered.add((scalar(port.get("containerPort")), protocol))
                if "name" in port:
                    offered.add((scalar(port["name"]), protocol))
    return offered


def _unoffered(stack: Stack, *, named: bool) -> Iterator[Problem]:
    for service, _, pods in stack.services:
        ports = [port for port in _service_ports(service) if isinstance(port[1], str) is named]
        offered = _offered(pods) if ports else set()
        for index, target, protocol in ports if pods else ():
            if (target, protocol) not in offered and (named or offered):
                there = ", ".join(sorted(f"{port}/{kind}" for port, kind in offered)) or "none"
                owner = pods[0][0]
                yield Problem(
                    service,
                    f"no container of {owner.kind} {owner.name} offers the port {target}/{protocol}; it offers {there}",
                    ("spec", "ports", index, "targetPort"),
                    "name a port that a container declares",
                )


@stack_check("SVC002", Severity.ERROR, "a Service's named port that no container offers")
def named_ports(stack: Stack) -> Iterator[Problem]:
    """A target port given by name is looked up among the ports that the pods' containers declare.

    Where no container declares that name, the Service has no endpoint on this port.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec: {containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubia}, ports: [{port: 80, targetPort: htpp}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec:
      containers:
      - {name: web, image: nginx, resources: {requests: {cpu: 10m}}, ports: [{name: http, containerPort: 8080}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubia}, ports: [{port: 80, targetPort: http}]}
    ```

    Source: Kubernetes documentation, Service, "Port definitions".
    """
    yield from _unoffered(stack, named=True)


@stack_check("SVC003", Severity.WARNING, "a Service's port that no container declares", equals=("kiali KIA0701",))
def numbered_ports(stack: Stack) -> Iterator[Problem]:
    """A target port given by number reaches whatever listens there, declared or not.

    Where the containers declare ports, and not this one, it is most often a slip.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubia}, ports: [{port: 80, targetPort: 8008}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: kubia}}
    spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 10m}}, ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: kubia}, ports: [{port: 80, targetPort: 8080}]}
    ```

    Source: Kubernetes API reference, Container, ``ports``: "primarily informational".
    """
    yield from _unoffered(stack, named=False)
