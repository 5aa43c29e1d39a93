"""Exposure: ports that invite in, and names that lead elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import Part, taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


@pod_check(
    "EXP001", Severity.ADVICE, "an SSH server in a pod", fields=("containerPort",), equals=("kube-linter ssh-port",)
)
def ssh(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Port 22 is SSH's: a second way into the pod, past the API server's accounts, rights and audit log. ``kubectl
    exec`` and ``kubectl debug`` are the first.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 22}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ```
    """
    for part in taken_apart(pods).parts:
        for index, port in mappings(part.body.get("ports")):
            if port.get("containerPort") == 22 and port.get("protocol") in (None, "TCP"):
                at = (*part.path, "ports", index, "containerPort")
                yield Problem(manifest, f"the container {part.name} listens on 22, the port of SSH", at)


@pod_check(
    "EXP002",
    Severity.ADVICE,
    "a port below 1024",
    fields=("containerPort",),
    equals=("kube-linter privileged-ports",),
)
def low_port(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Ports below 1024 are root's, unless the container runtime opens them to all, as newer ones do: on another node
    the same program must be root, or have the capability NET_BIND_SERVICE, to listen there. Inside the cluster a
    Service gives any port the number that clients use.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 80}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ```
    """
    for part in taken_apart(pods).parts:
        for index, port in mappings(part.body.get("ports")):
            number = port.get("containerPort")
            if isinstance(number, int) and 0 < number < 1024 and number is not True and not _may_bind(part):
                at = (*part.path, "ports", index, "containerPort")
                yield Problem(
                    manifest,
                    f"the container {part.name} listens on {number}: below 1024 that may take root",
                    at,
                    "listen on a port above 1023, and let the Service translate; or add NET_BIND_SERVICE",
                )


def _may_bind(part: Part) -> bool:
    """Whether a container is given the right to listen below 1024."""
    return "NET_BIND_SERVICE" in listing(mapping(part.context, "capabilities").get("add"))


@pod_check(
    "EXP003",
    Severity.ADVICE,
    "names that a pod makes up",
    fields=("hostAliases",),
)
def host_aliases(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``hostAliases`` writes names and addresses into the pod's ``/etc/hosts``, before DNS is asked: an address that
    changes is not followed, and a name that is somebody else's leads where the pod's author says.

    A Service with EndpointSlices of its own, or the DNS that everyone asks, tells every pod the same.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      hostAliases: [{ip: 198.51.100.7, hostnames: [mysql.example.com]}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", env: [{name: DB_HOST, value: mysql.example.com}]}]}
    ```
    """
    for index, alias in mappings(pods.spec.get("hostAliases")):
        names = ", ".join(str(name) for name in listing(alias.get("hostnames")))
        yield Problem(
            manifest,
            f"/etc/hosts leads {names} to {alias.get('ip')}, whatever DNS says",
            (*pods.path, "spec", "hostAliases", index),
            "let a Service or DNS say it",
        )
