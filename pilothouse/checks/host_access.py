"""Host access: pods that reach into their node. Each way in has a code of its own, so that a waiver is precise."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import pod_controls
from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_FIX = "do without it, or waive it with the reason"


@pod_check(
    "POD003",
    Severity.WARNING,
    "a privileged container",
    fields=("privileged",),
    equals=(
        "pss baseline Privileged Containers",
        "kube-linter privileged-container",
        "kube-score container-security-context-privileged",
        "polaris runAsPrivileged",
    ),
)
def privileged(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A privileged container has every capability, every device of the node, and none of the walls that seccomp,
    AppArmor and SELinux put up: whoever takes it over has the node, and with it every pod there.

    Where one right is needed, ``capabilities.add`` gives that one.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {privileged: true}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {privileged: false}}]}
    ```
    """
    for path, what in pod_controls.privileged(taken_apart(pods), 0):
        yield Problem(manifest, f"{what}: it is root on its node", path, _FIX)


@pod_check(
    "POD004",
    Severity.WARNING,
    "pods that share the node's network or processes",
    fields=("hostNetwork", "hostPID", "hostIPC"),
    equals=(
        "pss baseline Host Namespaces",
        "kube-linter host-network",
        "kube-linter host-pid",
        "kube-linter host-ipc",
        "polaris hostNetworkSet",
        "polaris hostPIDSet",
        "polaris hostIPCSet",
    ),
)
def host_namespaces(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``hostNetwork`` a pod listens on the node's addresses, reaches what listens there on localhost alone, and no
    NetworkPolicy holds for it; with ``hostPID`` it sees every process of the node and their variables; with
    ``hostIPC`` their shared memory.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {hostNetwork: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {hostNetwork: false, containers: [{name: web, image: "nginx:1.29"}]}
    ```
    """
    for path, what in pod_controls.host_namespaces(taken_apart(pods), 0):
        yield Problem(manifest, what, path, _FIX)


@pod_check(
    "POD006",
    Severity.WARNING,
    "a port of the node itself",
    fields=("hostPort",),
    equals=(
        "pss baseline Host Ports",
        "polaris hostPortSet",
    ),
)
def host_ports(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A ``hostPort`` opens the pod on every address of its node, past Services and most NetworkPolicies, and only one
    pod of a node can have it: more replicas than nodes stay Pending, and so does a rolling update without free nodes.

    A Service of the type NodePort or LoadBalancer does the same for any number of pods.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080, hostPort: 80}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ```
    """
    if taken_apart(pods).spec.get("hostNetwork") is True:
        return  # POD004 says so, and every port of such pods is the node's
    for path, what in pod_controls.host_ports(taken_apart(pods), 0):
        yield Problem(manifest, what, path, "let a Service open it, or waive it with the reason")


@pod_check(
    "POD012",
    Severity.WARNING,
    "a container that is a process of its Windows node",
    fields=("hostProcess",),
    equals=(
        "pss baseline HostProcess",
        "polaris hostProcess",
    ),
)
def host_process(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``windowsOptions.hostProcess`` a container runs on the Windows node itself, with its network, its files and,
    as ``NT AUTHORITY\\SYSTEM``, every right there.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: agent, namespace: default}
    spec:
      hostNetwork: true
      securityContext: {windowsOptions: {hostProcess: true, runAsUserName: "NT AUTHORITY\\\\SYSTEM"}}
      containers: [{name: agent, image: "agent:1"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: agent, namespace: default}
    spec:
      securityContext: {windowsOptions: {runAsUserName: ContainerUser}}
      containers: [{name: agent, image: "agent:1"}]
    ```
    """
    for path, what in pod_controls.host_process(taken_apart(pods), 0):
        yield Problem(manifest, what, path, _FIX)


@pod_check(
    "POD013",
    Severity.ADVICE,
    "a probe of another host",
    fields=("host",),
    equals=("pss baseline Host Probes / Lifecycle Hooks",),
)
def host_probes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The kubelet itself asks what a probe or a hook names. With ``host`` that is not the pod but any address that the
    node reaches, so whoever writes pods scans the node's network; and a pod is then as healthy as something else.

    The baseline of Kubernetes 1.34 and later refuses it. Without ``host`` the pod is asked; a ``Host`` header goes into
    ``httpHeaders``.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", readinessProbe: {httpGet: {host: metadata.internal, path: /, port: 80}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}}
    ```
    """
    for path, what in pod_controls.host_probes(taken_apart(pods), 0):
        yield Problem(manifest, what, path, "leave host out: the pod itself is asked then")
