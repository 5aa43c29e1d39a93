"""Kernel: what stands between a container and its node's kernel, and pods that take it down."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import pod_controls
from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_FIX = "do without it, or waive it with the reason"


@pod_check(
    "POD005",
    Severity.WARNING,
    "a capability beyond those of every container",
    fields=("add",),
    equals=(
        "pss baseline Capabilities",
        "polaris dangerousCapabilities",
    ),
)
def capabilities(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container begins with a short list of root's rights. What is added to them reaches the node: with ``SYS_ADMIN``
    or ``SYS_MODULE`` a process takes it over, with ``NET_RAW`` and ``NET_ADMIN`` it reads and bends its neighbours'
    traffic, with ``SYS_PTRACE`` it reads other processes.

    Source: Kubernetes documentation, Pod Security Standards; capabilities(7).

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}
    ```
    """
    for path, what in pod_controls.capabilities(taken_apart(pods), 0):
        yield Problem(manifest, what, path, _FIX)


_NAMED = """
AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
"""
_CAPABILITIES = frozenset(("ALL", *_NAMED.split()))
"""Every capability of Linux 6, and ALL. Source: capabilities(7), without CAP_."""


@pod_check("POD019", Severity.WARNING, "a capability that Linux does not have", fields=("capabilities",))
def known_capability(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The API server takes any word as a capability. Container runtimes pass over one that they do not know, or do not
    start the container: either way the container lacks the right, or keeps the one that was to be dropped.

    In Kubernetes the names stand without ``CAP_``.

    Source: Kubernetes documentation, Configure a Security Context for a Pod or Container.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVCE]}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}
    ```
    """
    for part in taken_apart(pods).parts:
        named = mapping(part.context.get("capabilities"))
        for field in ("add", "drop") if named else ():
            for index, capability in enumerate(listing(named.get(field))):
                if not isinstance(capability, str) or capability.upper() in _CAPABILITIES:
                    continue  # runtimes do not care for capitals; pod security does, and POD026 says so
                right = capability.upper().removeprefix("CAP_")
                yield Problem(
                    manifest,
                    f"Linux has no capability {capability}"
                    + (f": Kubernetes calls it {right}" if right in _CAPABILITIES else _meant(right)),
                    (*part.path, "securityContext", "capabilities", field, index),
                    "write the name as capabilities(7) has it, without CAP_",
                )


def _meant(capability: str) -> str:
    from pilothouse.environment.nearest import nearest

    near = nearest(capability, sorted(_CAPABILITIES))
    return f"; nearest: {near}" if near else ""


@pod_check(
    "POD007",
    Severity.WARNING,
    "a sysctl that kubelets refuse",
    fields=("sysctls",),
    equals=(
        "pss baseline Sysctls",
        "kube-linter unsafe-sysctls",
    ),
)
def sysctls(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A sysctl that is not known to be safe touches the whole node or other pods. A kubelet refuses a pod with such a
    one (``SysctlForbidden``) unless its own configuration allows it: on the next node, the pod fails.

    Which ones are safe differs by the version of Kubernetes.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {sysctls: [{name: net.core.somaxconn, value: "1024"}]}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: "1"}]}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    minor = int(stack.catalogue.minor.partition(".")[2])
    for path, what in pod_controls.sysctls(taken_apart(pods), minor):
        yield Problem(manifest, f"{what}: kubelets refuse it unless they are told not to", path, _FIX)


@pod_check(
    "POD008",
    Severity.WARNING,
    "a container that sees all of /proc",
    fields=("procMount",),
    equals=(
        "pss baseline /proc Mount Type",
        "kube-linter unsafe-proc-mount",
        "polaris procMount",
    ),
)
def proc_mount(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Container runtimes hide the parts of ``/proc`` by which root changes the kernel. ``procMount: Unmasked`` shows
    them; only containers in containers need that.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {hostUsers: false, containers: [{name: web, image: "nginx:1.29", securityContext: {procMount: Unmasked}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {procMount: Default}}]}
    ```
    """
    for path, what in pod_controls.proc_mount_always(taken_apart(pods), 0):
        yield Problem(manifest, what, path, _FIX)


@pod_check(
    "POD009",
    Severity.WARNING,
    "a container without any filter of system calls",
    fields=("seccompProfile",),
    equals=("pss baseline Seccomp",),
)
def seccomp(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``Unconfined`` lets a process make every system call, those included by which it has left containers before.
    ``RuntimeDefault`` forbids some forty that hardly any program makes.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {seccompProfile: {type: Unconfined}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    for path, what in pod_controls.seccomp(taken_apart(pods), 19):
        yield Problem(manifest, what, path, "let it be RuntimeDefault, or waive it with the reason")


@pod_check(
    "POD010",
    Severity.WARNING,
    "a container without AppArmor",
    fields=("appArmorProfile", "annotations"),
    equals=("pss baseline AppArmor",),
)
def apparmor(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Where a node has AppArmor, the runtime's own profile keeps containers from writing to the kernel's files.
    ``Unconfined`` takes it off.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {appArmorProfile: {type: Unconfined}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}
    ```
    """
    for path, what in pod_controls.apparmor(taken_apart(pods), 0):
        yield Problem(manifest, what, path, "leave the runtime's own profile on, or waive it with the reason")


@pod_check(
    "POD011",
    Severity.WARNING,
    "options for SELinux that a pod chooses",
    fields=("seLinuxOptions",),
    equals=("pss baseline SELinux",),
)
def selinux(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """SELinux keeps containers apart by their type. Another one, such as ``spc_t``, or a user or role of its own, lets
    a container do what the node's administrators kept from it. The level alone may be chosen.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {seLinuxOptions: {type: spc_t}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {seLinuxOptions: {level: "s0:c123,c456"}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    for path, what in pod_controls.selinux(taken_apart(pods), 31):
        yield Problem(manifest, what, path, _FIX)
