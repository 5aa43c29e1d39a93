"""Containers: what the API server asks of each one, and of those of one pod together."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.schemas.lifecycle import number
from pilothouse.selectors import dns_label
from pilothouse.stack import Stack

LISTS = ("initContainers", "containers")

_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?\Z")

JOBS = frozenset({"Job", "CronJob"})
"""The kinds whose pods end."""


def judged(manifest: Manifest, stack: Stack) -> bool:
    """Whether the API server looks into the pods of an object when it is applied.

    It does in all of its own kinds; in a StatefulSet since Kubernetes 1.34, as was seen on servers of each release.
    """
    kind = manifest.kind
    if kind == "StatefulSet":
        return number(stack.catalogue.minor) >= (1, 34)
    return kind != "Rollout" or manifest.group != "argoproj.io"


@functools.lru_cache(maxsize=1024)
def _is_port_name(name: str) -> bool:
    """Whether a port may be called so; the same few names stand in thousands of containers."""
    return _PORT_NAME.match(name) is not None


def port_problem(port: Any) -> str:
    """What is wrong with a port given by number or name, as in a probe; empty where nothing is.

    :param port: what stands there; what is neither a number nor a text is left to the schema.

    Source: Kubernetes API reference, ContainerPort (an IANA service name) and Probe.
    """
    if isinstance(port, str) and not _is_port_name(port):
        return f"the port name {port!r} is not made of at most 15 lower-case letters, digits and '-', one a letter"
    if isinstance(port, int) and not isinstance(port, bool) and not 1 <= port <= 65535:
        return f"the port {port} is not between 1 and 65535"
    return ""


@pod_check("CTR001", Severity.ERROR, "a container without a name or an image")
def nameless(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A pod has one container at least, and each has a name, which is a DNS label, and an image. The API server refuses
    all others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: Web_1, image: "nginx:1.29"}, {name: log}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web-1, image: "nginx:1.29"}, {name: log, image: "fluent-bit:4.0"}]}
    ```

    Source: Kubernetes API reference, PodSpec and Container; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    if pods.spec.get("containers") in (None, []):
        yield Problem(manifest, "its pods have no container, expected one at least", (*pods.path, "spec"))
    for path, container in pods.containers(*LISTS):
        name = container.get("name")
        if not name:
            yield Problem(manifest, "the container has no name", path, "give it a name")
        elif isinstance(name, str) and not dns_label(name):
            yield Problem(
                manifest,
                f"the container's name {name!r} is no DNS label: 63 lower-case letters, digits and '-' at most",
                (*path, "name"),
            )
        if not container.get("image"):
            yield Problem(manifest, f"the container {name} has no image", path, "name its image")


@pod_check("CTR002", Severity.ERROR, "two containers or volumes of one name in a pod")
def twice(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The containers of a pod, init containers among them, have each their own name, and so have its volumes. The API
    server refuses a second one.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      initContainers: [{name: web, image: "busybox:1.37"}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      initContainers: [{name: prepare, image: "busybox:1.37"}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes API reference, Container and Volume; reproduced on a kube-apiserver.
    """
    containers, listed = pods.containers("containers", "initContainers"), pods.spec.get("volumes")
    if (len(containers) < 2 and not listed) or not judged(manifest, stack):
        return
    seen: set[str] = set()
    for path, container in containers:
        name = container.get("name")
        if isinstance(name, str) and name in seen:
            yield Problem(manifest, f"two containers are called {name}", (*path, "name"), "rename one of them")
        elif isinstance(name, str):
            seen.add(name)
    volumes: set[str] = set()
    for index, volume in mappings(listed):
        name = volume.get("name")
        if isinstance(name, str) and name in volumes:
            at = (*pods.path, "spec", "volumes", index, "name")
            yield Problem(manifest, f"two volumes are called {name}", at, "rename one of them")
        elif isinstance(name, str):
            volumes.add(name)


@pod_check(
    "CTR003",
    Severity.ERROR,
    "a container's port that the server refuses",
    fields=("ports",),
    equals=(
        "kube-linter invalid-target-ports",
        "kube-score container-ports-check",
    ),
)
def ports(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A port lies between 1 and 65535. Its name, of which a container has each once, is an IANA service name: at most
    15 lower-case letters, digits and single ``-``, one of them a letter.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{name: administration-api, containerPort: 8080}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{name: admin, containerPort: 8080}]}]}
    ```

    Source: Kubernetes API reference, ContainerPort; RFC 6335, section 5.1; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container in pods.containers(*LISTS):
        if "ports" not in container:
            continue
        names: set[str] = set()
        for index, port in mappings(container["ports"]):
            given, name, host = port.get("containerPort"), port.get("name"), port.get("hostPort")
            if given is None:
                yield Problem(manifest, "the port has no containerPort", (*path, "ports", index), "name its number")
            elif isinstance(given, int) and (wrong := port_problem(given)):
                yield Problem(manifest, wrong, (*path, "ports", index, "containerPort"))
            if name and isinstance(name, str):
                if wrong := port_problem(name):
                    yield Problem(manifest, wrong, (*path, "ports", index, "name"))
                elif name in names:
                    message = f"two ports of the container are called {name}"
                    yield Problem(manifest, message, (*path, "ports", index, "name"))
                names.add(name)
            if host and isinstance(host, int) and (wrong := port_problem(host)):
                yield Problem(manifest, wrong, (*path, "ports", index, "hostPort"))


@pod_check("CTR004", Severity.WARNING, "two containers of a pod on one port", fields=("containerPort",))
def shared_port(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The containers of a pod share one network: the second that listens on a port fails to start, with "address
    already in use", or the port was meant to be another one.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}
      - {name: proxy, image: "envoy:1.35", ports: [{containerPort: 8080}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}
      - {name: proxy, image: "envoy:1.35", ports: [{containerPort: 15001}]}
    ```

    Source: Kubernetes documentation, Pods, "Pod networking".
    """
    containers = pods.containers()
    if len(containers) < 2:
        return
    owners: dict[tuple[Any, Any, Any], Any] = {}
    for path, container in containers:
        for index, port in mappings(container.get("ports")):
            listened, protocol, host = port.get("containerPort"), port.get("protocol") or "TCP", port.get("hostIP")
            if not isinstance(listened, int) or not isinstance(protocol, str) or not isinstance(host, str | None):
                continue
            owner = owners.setdefault((listened, protocol, host), path)
            if owner != path:
                first = _name_at(pods, owner)
                yield Problem(
                    manifest,
                    f"the containers {first} and {container.get('name')} both listen on {listened}/{protocol}",
                    (*path, "ports", index, "containerPort"),
                    "give one of them another port",
                )


def _name_at(pods: PodTemplate, path: FieldPath) -> Any:
    return next((container.get("name") for at, container in pods.containers() if at == path), None)


_ONLY_FOR_RUNNING = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


@pod_check("CTR005", Severity.ERROR, "a probe or hook of an init container", fields=("initContainers",))
def init_probes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """An init container runs once and ends, so nothing can be asked of it while it runs: the API server refuses probes
    and a ``lifecycle`` there. One with ``restartPolicy: Always`` is a sidecar, and may have them.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      initContainers: [{name: proxy, image: "envoy:1.35", startupProbe: {tcpSocket: {port: 15021}}}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      initContainers:
      - {name: proxy, image: "envoy:1.35", restartPolicy: Always, startupProbe: {tcpSocket: {port: 15021}}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes documentation, Init Containers and Sidecar Containers; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container in pods.containers("initContainers"):
        if container.get("restartPolicy") != "Always":
            for field in _ONLY_FOR_RUNNING:
                if isinstance(container.get(field), dict):
                    yield Problem(
                        manifest,
                        f"the init container {container.get('name')} has a {field}, and only a sidecar may",
                        (*path, field),
                        "remove it, or make the container a sidecar with restartPolicy: Always",
                    )
