"""The controls of the Pod Security Standards: what in some pods each of them refuses, by version of the standard.

Source: Kubernetes documentation, Pod Security Standards; the versions are those of ``k8s.io/pod-security-admission``,
with which every API server judges.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.pods import PodTemplate, once_a_template

Violation = tuple[FieldPath, str]
"""The field in the workload, and what is wrong with it: a clause that reads on after "here"."""

_LISTS = ("initContainers", "containers", "ephemeralContainers")


class Part(NamedTuple):
    """One container, and what it says of its security."""

    path: FieldPath
    """Where it stands in the workload."""
    name: str
    body: dict[str, Any]
    context: dict[str, Any]
    """Its ``securityContext``; empty where it has none."""


class Pods:
    """The pods of one workload, taken apart once for all controls.

    :param template: what the workload says of them.
    """

    __slots__ = ("at", "context", "contexts", "own_users", "parts", "spec", "template", "windows")

    def __init__(self, template: PodTemplate) -> None:
        spec = template.spec
        self.template = template
        self.spec = spec
        self.at: FieldPath = (*template.path, "spec")
        """Where the spec stands in the workload."""
        self.context = mapping(spec.get("securityContext"))
        """The pod's ``securityContext``; empty where it has none."""
        self.parts = [
            Part(path, text(body.get("name")), body, mapping(body.get("securityContext")))
            for path, body in template.containers(*_LISTS)
        ]
        self.contexts: list[tuple[FieldPath, dict[str, Any]]] = []
        if self.context:
            self.contexts.append(((*self.at, "securityContext"), self.context))
        for path, _, _, context in self.parts:
            if context:
                self.contexts.append(((*path, "securityContext"), context))
        """The ``securityContext`` of the pod and of its containers with their paths, those that there are."""
        self.windows = mapping(spec.get("os")).get("name") == "windows"
        self.own_users = spec.get("hostUsers") is False
        """Whether they are in a user namespace of their own, where root is nobody on the node."""


@once_a_template
def taken_apart(template: PodTemplate) -> Pods:
    """The pods of a template."""
    return Pods(template)


def host_namespaces(pods: Pods, minor: int) -> Iterator[Violation]:
    """Host Namespaces."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pods.spec.get(field) is True:
            yield (*pods.at, field), f"{field} shares the node's own"


def privileged(pods: Pods, minor: int) -> Iterator[Violation]:
    """Privileged Containers."""
    for part in pods.parts:
        if part.context.get("privileged") is True:
            yield (*part.path, "securityContext", "privileged"), f"the container {part.name} is privileged"


HARMLESS_CAPABILITIES = frozenset(
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
"""What a container may be given under the baseline."""


def added(pods: Pods, allowed: frozenset[str]) -> Iterator[Violation]:
    """The capabilities that containers are given, but some."""
    for part in pods.parts:
        for index, capability in enumerate(listing(mapping(part.context.get("capabilities")).get("add"))):
            if isinstance(capability, str) and capability not in allowed:
                at = (*part.path, "securityContext", "capabilities", "add", index)
                yield at, f"the container {part.name} gets {capability}"


def capabilities(pods: Pods, minor: int) -> Iterator[Violation]:
    """Capabilities."""
    return added(pods, HARMLESS_CAPABILITIES)


def host_path_volumes(pods: Pods, minor: int) -> Iterator[Violation]:
    """HostPath Volumes."""
    for index, volume in mappings(pods.spec.get("volumes")):
        if volume.get("hostPath") is not None:
            yield (*pods.at, "volumes", index, "hostPath"), f"the volume {volume.get('name')} is a folder of the node"


def host_ports(pods: Pods, minor: int) -> Iterator[Violation]:
    """Host Ports."""
    for part in pods.parts:
        for index, port in mappings(part.body.get("ports")):
            if port.get("hostPort"):
                yield (*part.path, "ports", index, "hostPort"), f"the port {port['hostPort']} is the node's own"


_PROBES = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "preStop"),
    ("lifecycle", "postStart"),
)


def host_probes(pods: Pods, minor: int) -> Iterator[Violation]:
    """Host Probes / Lifecycle Hooks."""
    for part in pods.parts:
        for steps in _PROBES:
            if steps[0] not in part.body:
                continue
            for form in ("httpGet", "tcpSocket"):
                host = mapping(part.body, *steps, form).get("host")
                if host:
                    at = (*part.path, *steps, form, "host")
                    yield at, f"the {steps[-1]} of the container {part.name} asks the host {host}"


def apparmor(pods: Pods, minor: int) -> Iterator[Violation]:
    """AppArmor."""
    for at, context in pods.contexts:
        kind = mapping(context.get("appArmorProfile")).get("type")
        if kind is not None and kind not in ("RuntimeDefault", "Localhost"):
            yield (*at, "appArmorProfile", "type"), f"the AppArmor profile is {kind}"
    for key, value in pods.template.annotations.items():
        if isinstance(key, str) and key.startswith("container.apparmor.security.beta.kubernetes.io/"):
            profile = text(value)
            if profile and profile != "runtime/default" and not profile.startswith("localhost/"):
                yield (*pods.template.path, "metadata", "annotations", key), f"the AppArmor profile is {profile}"


_SELINUX_TYPES = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))


def selinux(pods: Pods, minor: int) -> Iterator[Violation]:
    """SELinux."""
    for at, context in pods.contexts:
        options = context.get("seLinuxOptions")
        if not isinstance(options, dict):
            continue
        kind = text(options.get("type"))
        if kind not in _SELINUX_TYPES and not (kind == "container_engine_t" and minor >= 31):
            yield (*at, "seLinuxOptions", "type"), f"the SELinux type is {kind}"
        for field in ("user", "role"):
            if options.get(field):
                yield (*at, "seLinuxOptions", field), f"the SELinux {field} is {options[field]}"


def proc_mount(pods: Pods, minor: int) -> Iterator[Violation]:
    """/proc Mount Type; since 1.35 pods with users of their own may have it as they like."""
    if minor < 35 or not pods.own_users:
        yield from proc_mount_always(pods, minor)


def proc_mount_always(pods: Pods, minor: int) -> Iterator[Violation]:
    """/proc Mount Type, whoever the users are."""
    for part in pods.parts:
        if (part.context.get("procMount") or "Default") != "Default":
            at = (*part.path, "securityContext", "procMount")
            yield at, f"the container {part.name} sees all of /proc (procMount is {part.context['procMount']})"


_PROFILES = ("RuntimeDefault", "Localhost")
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def seccomp(pods: Pods, minor: int) -> Iterator[Violation]:
    """Seccomp: by a field since 1.19, before that by annotations."""
    if minor >= 19:
        for at, context in pods.contexts:
            kind = mapping(context.get("seccompProfile")).get("type")
            if kind is not None and kind not in _PROFILES:
                yield (*at, "seccompProfile", "type"), f"the seccomp profile is {kind}"
        return
    annotations = pods.template.annotations
    for key in (_SECCOMP_POD, *(_SECCOMP_CONTAINER + part.name for part in pods.parts)):
        profile = annotations.get(key)
        if isinstance(profile, str) and not re.match(r"(runtime/default|docker/default)$|localhost/", profile):
            yield (*pods.template.path, "metadata", "annotations", key), f"the seccomp profile is {profile}"


_SYSCTLS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        0,
        (
            "kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range",
            "net.ipv4.tcp_syncookies",
            "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        ),
    ),
    (27, ("net.ipv4.ip_local_reserved_ports",)),
    (
        29,
        (
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_fin_timeout",
            "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ),
    ),
    (32, ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")),
    (37, ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")),
)
"""The sysctls that are safe, each with the minor since which it counts as such."""


@functools.cache
def safe_sysctls(minor: int) -> frozenset[str]:
    """The sysctls that are safe by a minor of the standard."""
    return frozenset(name for since, names in _SYSCTLS if since <= minor for name in names)


def sysctls(pods: Pods, minor: int) -> Iterator[Violation]:
    """Sysctls."""
    for index, sysctl in mappings(pods.context.get("sysctls")):
        name = text(sysctl.get("name"))
        if name not in safe_sysctls(minor):
            yield (*pods.at, "securityContext", "sysctls", index, "name"), f"the sysctl {name} is not a safe one"


def host_process(pods: Pods, minor: int) -> Iterator[Violation]:
    """HostProcess."""
    for at, context in pods.contexts:
        if mapping(context, "windowsOptions").get("hostProcess") is True:
            yield (*at, "windowsOptions", "hostProcess"), "it runs as a process of the Windows node (hostProcess)"


RESTRICTED_VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)


def volumes(pods: Pods, minor: int) -> Iterator[Violation]:
    """Volume Types."""
    for index, volume in mappings(pods.spec.get("volumes")):
        if any(volume.get(form) is not None for form in RESTRICTED_VOLUMES):
            continue
        form = next((key for key, value in volume.items() if key != "name" and value is not None), "")
        if form:  # one of no sort at all is refused by the schema, and is an emptyDir to the server
            yield (*pods.at, "volumes", index, form), f"the volume {volume.get('name')} is of the sort {form}"


def escalation(pods: Pods, minor: int) -> Iterator[Violation]:
    """Privilege Escalation."""
    if minor >= 25 and pods.windows:
        return
    for part in pods.parts:
        if part.context.get("allowPrivilegeEscalation") is not False:
            at = (*part.path, "securityContext", "allowPrivilegeEscalation")
            yield at, f"the container {part.name} does not set allowPrivilegeEscalation: false"


def non_root(pods: Pods, minor: int) -> Iterator[Violation]:
    """Running as Non-root; since 1.35 root may be in pods with users of their own."""
    if minor >= 35 and pods.own_users:
        return
    whole = pods.context.get("runAsNonRoot")
    if whole is False:
        yield (*pods.at, "securityContext", "runAsNonRoot"), "runAsNonRoot is false"
    for part in pods.parts:
        own = part.context.get("runAsNonRoot")
        at = (*part.path, "securityContext", "runAsNonRoot")
        if own is False:
            yield at, f"the container {part.name} sets runAsNonRoot: false"
        elif own is not True and whole is None:
            yield at, f"the container {part.name} does not set runAsNonRoot: true"


def not_user_0(pods: Pods, minor: int) -> Iterator[Violation]:
    """Running as Non-root user; since 1.35 root may be in pods with users of their own."""
    if minor >= 35 and pods.own_users:
        return
    for at, context in pods.contexts:
        user = context.get("runAsUser")
        if user == 0 and user is not False:
            yield (*at, "runAsUser"), "runAsUser is root (0)"


def seccomp_set(pods: Pods, minor: int) -> Iterator[Violation]:
    """Seccomp of the restricted level: set for every container."""
    if minor >= 25 and pods.windows:
        return
    yield from seccomp(pods, minor)
    if mapping(pods.context, "seccompProfile").get("type") in _PROFILES:
        return
    for part in pods.parts:
        if not isinstance(part.context.get("seccompProfile"), dict):
            at = (*part.path, "securityContext", "seccompProfile")
            yield at, f"the container {part.name} has no seccompProfile of type RuntimeDefault"


_BIND = frozenset(("NET_BIND_SERVICE",))


def capabilities_dropped(pods: Pods, minor: int) -> Iterator[Violation]:
    """Capabilities of the restricted level: all dropped, one may be added."""
    if minor >= 25 and pods.windows:
        return
    for part in pods.parts:
        if "ALL" not in listing(mapping(part.context.get("capabilities")).get("drop")):
            at = (*part.path, "securityContext", "capabilities", "drop")
            yield at, f"the container {part.name} does not drop ALL capabilities"
    yield from added(pods, _BIND)
