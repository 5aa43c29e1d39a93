"""Pod security: what pods ask of the node, against what their namespace lets them ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

ENFORCED = "pod-security.kubernetes.io/enforce"
"""The namespace's label that says which level its pods must keep to."""

Violation = tuple[FieldPath, str]
"""The field in the workload, and what is wrong with it."""

_HARMLESS_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    }
)
_SELINUX_TYPES = frozenset(("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"))
_RESTRICTED_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_LISTS = ("initContainers", "containers", "ephemeralContainers")


def _baseline_pod(spec: dict[str, Any], at: FieldPath) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field) is True:
            yield (*at, field), f"{field} shares the node's own"
    for index, volume in mappings(spec.get("volumes")):
        if "hostPath" in volume:
            yield (*at, "volumes", index, "hostPath"), f"the volume {volume.get('name')} is a folder of the node"
    for index, sysctl in mappings(mapping(spec, "securityContext").get("sysctls")):
        if sysctl.get("name") not in _SAFE_SYSCTLS:
            yield (*at, "securityContext", "sysctls", index), f"the sysctl {sysctl.get('name')} is not a safe one"
    yield from _baseline_context(mapping(spec, "securityContext"), (*at, "securityContext"))


def _baseline_container(container: dict[str, Any], at: FieldPath) -> Iterator[Violation]:
    context = mapping(container, "securityContext")
    where = (*at, "securityContext")
    if context.get("privileged") is True:
        yield (*where, "privileged"), f"the container {container.get('name')} is privileged"
    added = mapping(context, "capabilities").get("add")
    for capability in listing(added):
        if capability not in _HARMLESS_CAPABILITIES:
            yield (*where, "capabilities", "add"), f"the container {container.get('name')} gets {capability}"
    for index, port in mappings(container.get("ports")):
        if port.get("hostPort"):
            yield (*at, "ports", index, "hostPort"), f"the port {port['hostPort']} is the node's own"
    if context.get("procMount", "Default") != "Default":
        yield (*where, "procMount"), "procMount is not Default"
    yield from _baseline_context(context, where)


def _baseline_context(context: dict[str, Any], at: FieldPath) -> Iterator[Violation]:
    if mapping(context, "seccompProfile").get("type") == "Unconfined":
        yield (*at, "seccompProfile", "type"), "every system call is allowed (seccomp Unconfined)"
    if mapping(context, "appArmorProfile").get("type") == "Unconfined":
        yield (*at, "appArmorProfile", "type"), "AppArmor is off (Unconfined)"
    if mapping(context, "windowsOptions").get("hostProcess") is True:
        yield (*at, "windowsOptions", "hostProcess"), "it runs as a process of the node (hostProcess)"
    linux = mapping(context, "seLinuxOptions")
    if linux.get("type", "") not in _SELINUX_TYPES or linux.get("user") or linux.get("role"):
        yield (*at, "seLinuxOptions"), "SELinux's user, role or type is one of its own"


def _restricted_pod(spec: dict[str, Any], at: FieldPath) -> Iterator[Violation]:
    for index, volume in mappings(spec.get("volumes")):
        forms = volume.keys() - {"name"}
        if not forms <= _RESTRICTED_VOLUMES and "hostPath" not in volume:
            yield (*at, "volumes", index), f"the volume {volume.get('name')} is of the sort {', '.join(sorted(forms))}"
    context = mapping(spec, "securityContext")
    if context.get("runAsUser") == 0:
        yield (*at, "securityContext", "runAsUser"), "runAsUser is root"


def _restricted_container(container: dict[str, Any], at: FieldPath, pod: dict[str, Any]) -> Iterator[Violation]:
    context, name = mapping(container, "securityContext"), container.get("name")
    where = (*at, "securityContext")
    if context.get("allowPrivilegeEscalation") is not False:
        yield where, f"the container {name} does not set allowPrivilegeEscalation: false"
    if not context.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield where, f"the container {name} does not set runAsNonRoot: true"
    if context.get("runAsUser") == 0:
        yield (*where, "runAsUser"), f"the container {name} runs as root"
    profile = mapping(context, "seccompProfile") or mapping(pod, "seccompProfile")
    if profile.get("type") not in ("RuntimeDefault", "Localhost"):
        yield where, f"the container {name} has no seccompProfile of type RuntimeDefault or Localhost"
    capabilities = mapping(context, "capabilities")
    if "ALL" not in listing(capabilities.get("drop")):
        yield where, f"the container {name} does not drop ALL capabilities"
    for capability in listing(capabilities.get("add")):
        if capability != "NET_BIND_SERVICE" and capability in _HARMLESS_CAPABILITIES:
            yield (*where, "capabilities", "add"), f"the container {name} gets {capability}"


def _baseline(pods: PodTemplate) -> Iterator[Violation]:
    """Source: Kubernetes documentation, Pod Security Standards, "Baseline"."""
    yield from _baseline_pod(pods.spec, (*pods.path, "spec"))
    for path, container in pods.containers(*_LISTS):
        yield from _baseline_container(container, path)


def _restricted(pods: PodTemplate) -> Iterator[Violation]:
    """Source: Kubernetes documentation, Pod Security Standards, "Restricted"."""
    yield from _baseline(pods)
    windows = mapping(pods.spec, "os").get("name") == "windows"
    yield from _restricted_pod(pods.spec, (*pods.path, "spec"))
    for path, container in () if windows else pods.containers(*_LISTS):
        yield from _restricted_container(container, path, mapping(pods.spec, "securityContext"))


LEVELS: dict[str, Callable[[PodTemplate], Iterator[Violation]]] = {"baseline": _baseline, "restricted": _restricted}
"""Each level but ``privileged``, which allows everything: what in a pod goes beyond it."""


@stack_check("POD001", Severity.ERROR, "pods that their namespace refuses")
def admitted(stack: Stack) -> Iterator[Problem]:
    """A namespace says by its label ``pod-security.kubernetes.io/enforce`` what its pods may ask of the node. The API
    server refuses a pod that asks for more; a Deployment of such pods is taken, and then never has any.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {hostNetwork: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: nginx:1.29
        resources: {requests: {cpu: 10m}}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    ```
    """
    for namespace in stack.of_kind("", "Namespace"):
        labels = namespace.body["metadata"].get("labels")
        level = labels.get(ENFORCED) if isinstance(labels, dict) else None
        judge = LEVELS.get(str(level))
        if judge is None:
            continue
        for manifest, pods in stack.workloads.get(namespace.name, ()):
            for path, what in judge(pods):
                yield Problem(
                    manifest,
                    f"the namespace {namespace.name} takes pods of the level {level} alone, and here {what}",
                    path,
                    "ask for less, or put the pods into a namespace of another level",
                )


@pod_check("POD002", Severity.WARNING, "pods that reach into their node")
def beyond_baseline(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A privileged container, a folder of the node, the node's own network or processes: whoever takes over such a pod
    has the node, and with it every pod there.

    Some pods cannot do without: waive it there, with the reason.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: all, hostPath: {path: /}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m}}}]
      volumes: [{name: scratch, emptyDir: {}}]
    ```
    """
    for path, what in _baseline(pods):
        yield Problem(manifest, what, path, "do without it, or waive it with the reason")
