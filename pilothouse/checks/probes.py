"""Probes: how a node asks a container whether it has started, is alive, and is ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.checks.containers import JOBS, LISTS, port_problem
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, once_a_template
from pilothouse.stack import Stack

LIVENESS, READINESS, STARTUP = PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_DEFAULTS = {"initialDelaySeconds": 0, "timeoutSeconds": 1, "periodSeconds": 10, "failureThreshold": 3}
"""Seconds and times where a probe says nothing. Source: Kubernetes API reference, Probe."""


_Found = tuple[FieldPath, dict[str, Any], str, dict[str, Any]]


@once_a_template
def each_probe(pods: PodTemplate) -> list[_Found]:
    """Every probe: its path, its container, its field and itself."""
    return [
        ((*path, field), container, field, container[field])
        for path, container in pods.containers(*LISTS)
        for field in PROBES
        if isinstance(container.get(field), dict)
    ]


def number_of(probe: dict[str, Any], field: str) -> int:
    """A number of a probe; its default where it says none, or 0 where the server takes that for none."""
    value = probe.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else _DEFAULTS[field]


@stack_check(
    "PROBE001",
    Severity.WARNING,
    "pods behind a Service that never say when they are ready",
    equals=(
        "kube-linter no-readiness-probe",
        "kube-score pod-probes",
        "polaris readinessProbeMissing",
    ),
)
def unready(stack: Stack) -> Iterator[Problem]:
    """A Service sends traffic to the pods that are ready. A pod without a readiness probe is ready as soon as its
    containers run, whether they listen or not: at every roll-out, every restart and every scale-up some requests fail,
    and a Deployment takes the old pods away before the new ones serve.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: nginx:1.29
            ports: [{containerPort: 8080}]
            readinessProbe: {httpGet: {path: /ready, port: 8080}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    ```

    Source: Kubernetes documentation, Liveness, Readiness and Startup Probes.
    """
    told: set[int] = set()
    for service, _, pods in stack.services:
        spec = mapping(service.body, "spec")
        if spec.get("publishNotReadyAddresses") is True:
            continue
        for manifest, template in pods:
            if manifest.kind in JOBS or id(manifest) in told:
                continue
            told.add(id(manifest))
            containers = template.containers()
            asked = [*containers, *template.containers("initContainers")]
            if containers and not any(mapping(container, READINESS) for _, container in asked):
                yield Problem(
                    manifest,
                    f"no container of its pods has a readinessProbe, and the Service {service.name} sends them traffic",
                    containers[0][0],
                    "add a readinessProbe that succeeds when the container can serve",
                )


@pod_check(
    "PROBE002",
    Severity.ADVICE,
    "a container without a liveness probe",
    equals=(
        "kube-linter no-liveness-probe",
        "polaris livenessProbeMissing",
    ),
)
def no_liveness(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container that ends is started again; one that hangs is not, unless a liveness probe tells. Some programs need
    none: they end when something goes wrong.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", livenessProbe: {httpGet: {path: /alive, port: 8080}}}]}
    ```

    Source: Kubernetes documentation, Liveness, Readiness and Startup Probes.
    """
    if manifest.kind in JOBS or pods.spec.get("restartPolicy") in ("Never", "OnFailure"):
        return
    for path, container in pods.containers():
        if not container.get(LIVENESS):
            yield Problem(
                manifest,
                f"the container {container.get('name')} has no livenessProbe: nobody restarts it when it hangs",
                path,
                "add a livenessProbe, unless the program ends by itself when something goes wrong",
            )


@pod_check(
    "PROBE003",
    Severity.ADVICE,
    "a container killed as soon as it is unready",
    fields=(LIVENESS,),
    equals=("kube-score pod-probes-identical",),
)
def identical(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Where liveness and readiness ask the same, and liveness is no more patient, a container that is too busy to
    answer is not only left out for a while but killed: the load moves to the others, and they follow. Ask for less in
    the liveness probe, or give it a higher ``failureThreshold``.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        readinessProbe: {httpGet: {path: /health, port: 8080}}
        livenessProbe: {httpGet: {path: /health, port: 8080}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        readinessProbe: {httpGet: {path: /health, port: 8080}}
        livenessProbe: {httpGet: {path: /health, port: 8080}, failureThreshold: 10}
    ```

    Source: Kubernetes documentation, Liveness, Readiness and Startup Probes.
    """
    for path, container in pods.containers():
        liveness, readiness = container.get(LIVENESS), container.get(READINESS)
        if not isinstance(liveness, dict) or not isinstance(readiness, dict):
            continue
        if any(liveness.get(handler) != readiness.get(handler) for handler in HANDLERS):
            continue
        if patience(liveness) <= patience(readiness):
            yield Problem(
                manifest,
                f"the container {container.get('name')} is killed as soon as it is unready:"
                " its livenessProbe asks what its readinessProbe asks, and is no more patient",
                (*path, LIVENESS),
                "raise its failureThreshold, or let it ask for less",
            )


def patience(probe: dict[str, Any]) -> int:
    return number_of(probe, "periodSeconds") * number_of(probe, "failureThreshold")


_ASKING = ("httpGet", "tcpSocket", "grpc")
"""The handlers that ask a port."""


@once_a_template
def _each_port(pods: PodTemplate) -> list[tuple[FieldPath, dict[str, Any], str, dict[str, Any]]]:
    """Every handler that asks a port: its path, its container, its probe's field and itself."""
    return [
        ((*path, handler), container, field, probe[handler])
        for path, container, field, probe in each_probe(pods)
        for handler in _ASKING
        if handler in probe and isinstance(probe[handler], dict)
    ]


@pod_check("PROBE004", Severity.WARNING, "a probe of a port name that its container does not have", fields=_ASKING)
def unnamed_port(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A port given by name is looked up among those that the same container declares. Where it is not there the probe
    fails whatever the container does: it never becomes ready.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: web}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}}
    ```

    Source: Kubernetes API reference, HTTPGetAction and TCPSocketAction.
    """
    for path, container, field, handler in _each_port(pods):
        port = handler.get("port")
        if isinstance(port, str):
            declared = [str(each["name"]) for _, each in mappings(container.get("ports")) if each.get("name")]
            if port not in declared and not port_problem(port):
                yield Problem(
                    manifest,
                    f"the {field} of {container.get('name')} asks the port {port}; the container declares "
                    + (", ".join(declared) or "no port by name"),
                    (*path, "port"),
                    "name a port that this container declares",
                )


@pod_check(
    "PROBE005",
    Severity.ADVICE,
    "a probe of a port that its container does not declare",
    fields=_ASKING,
    equals=(
        "kube-linter liveness-port",
        "kube-linter readiness-port",
        "kube-linter startup-port",
    ),
)
def undeclared_port(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A probe of a port given by number asks whatever listens there, declared or not. Where the pod's containers
    declare ports and not this one, it is often a slip, and the container is killed or never ready.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: 8008}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
    ```

    Source: Kubernetes API reference, Container, ``ports``: "primarily informational".
    """
    declared: set[int] | None = None
    for path, container, field, handler in _each_port(pods):
        port = handler.get("port")
        if not isinstance(port, int) or not container.get("ports") or handler.get("host"):
            continue
        if declared is None:
            listed = (mappings(each.get("ports")) for _, each in pods.containers(*LISTS))
            numbers = (each.get("containerPort") for ports in listed for _, each in ports)
            declared = {number for number in numbers if isinstance(number, int)}
        if port not in declared and not port_problem(port):
            yield Problem(
                manifest,
                f"the {field} of {container.get('name')} asks the port {port}; its pod's containers declare "
                + ", ".join(map(str, sorted(declared))),
                (*path, "port"),
                "ask a port that the container declares, or declare this one",
            )
