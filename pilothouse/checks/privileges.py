"""Privileges: rights that containers keep because nobody took them away."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import pod_controls
from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_NEWEST = 10_000
"""A minor of the standard that has every relaxation."""


@pod_check(
    "POD025",
    Severity.ADVICE,
    "a container that may gain rights",
    equals=(
        "pss restricted Privilege Escalation",
        "kube-linter privilege-escalation-container",
        "polaris privilegeEscalationAllowed",
    ),
)
def escalation(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Programs such as ``sudo`` give a process more rights than the one that started it has.
    ``allowPrivilegeEscalation: false`` ends that for the whole container: few programs notice.

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
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {allowPrivilegeEscalation: false}}]}
    ```
    """
    for part in taken_apart(pods).parts:
        if part.context.get("privileged") is True:
            return  # POD003 says more, and the API server takes no false here
    for path, what in pod_controls.escalation(taken_apart(pods), _NEWEST):
        yield Problem(manifest, what, path)


@pod_check(
    "POD026",
    Severity.ADVICE,
    "a container that keeps root's rights",
    equals=(
        "pss restricted Capabilities",
        "kube-linter drop-net-raw-capability",
        "polaris insecureCapabilities",
    ),
)
def drops(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container's root keeps fourteen capabilities unless they are dropped, among them NET_RAW, by which it forges
    its neighbours' packets. Most programs need none: ``drop: [ALL]``, and ``add`` the one that is needed.

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
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {capabilities: {drop: [ALL]}}}]}
    ```
    """
    apart = taken_apart(pods)
    for part in () if apart.windows else apart.parts:
        dropped = listing(mapping(part.context.get("capabilities")).get("drop"))
        if part.context.get("privileged") is True or "ALL" in dropped:
            continue
        small = any(isinstance(name, str) and name.upper() == "ALL" for name in dropped)
        yield Problem(
            manifest,
            f"the container {part.name} "
            + ("drops all in small letters: pod security knows ALL" if small else "does not drop ALL capabilities"),
            (*part.path, "securityContext", "capabilities", "drop"),
        )


@pod_check(
    "POD027",
    Severity.ADVICE,
    "a container without a seccomp profile",
    equals=(
        "pss restricted Seccomp",
        "kube-score container-seccomp-profile",
    ),
)
def seccomp(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Without a profile a container may make every system call, unless its kubelet was started with
    ``seccompDefault``. ``RuntimeDefault`` for the pod forbids some forty that hardly any program makes.

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
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    apart = taken_apart(pods)
    if apart.windows or isinstance(apart.context.get("seccompProfile"), dict):
        return
    for part in apart.parts:
        if not isinstance(part.context.get("seccompProfile"), dict) and part.context.get("privileged") is not True:
            yield Problem(
                manifest,
                f"the container {part.name} has no seccomp profile",
                (*part.path, "securityContext", "seccompProfile"),
                "set seccompProfile: {type: RuntimeDefault} for the pod",
            )


@pod_check(
    "POD028",
    Severity.ADVICE,
    "a container that may write to its root file system",
    equals=(
        "kube-linter no-read-only-root-fs",
        "kube-score container-security-context-readonlyrootfilesystem",
        "polaris notReadOnlyRootFilesystem",
    ),
)
def read_only(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """What a program writes beside its volumes is gone with the container, fills the node's disk, and may be another
    program: with ``readOnlyRootFilesystem: true`` an intruder has nowhere to put one. An ``emptyDir`` for ``/tmp`` is
    enough for most.

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
    spec: {containers: [{name: web, image: "nginx:1.29", securityContext: {readOnlyRootFilesystem: true}}]}
    ```
    """
    apart = taken_apart(pods)
    for part in () if apart.windows else apart.parts:
        if part.context.get("readOnlyRootFilesystem") is not True:
            yield Problem(
                manifest,
                f"the container {part.name} may write to its root file system",
                (*part.path, "securityContext", "readOnlyRootFilesystem"),
                "set readOnlyRootFilesystem: true, and mount an emptyDir where it writes",
            )


@pod_check(
    "POD029",
    Severity.ADVICE,
    "a volume that pods mount past the cluster's storage",
    fields=("volumes",),
    equals=("pss restricted Volume Types",),
)
def volumes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A volume such as ``nfs`` or ``iscsi`` in a pod names a server's address and what it serves: whoever writes pods
    mounts whatever that server has. The level ``restricted`` refuses it. A PersistentVolume is written by the
    cluster's administrators, and the pod names its claim.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: data, nfs: {server: nfs.internal, path: /data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: data, emptyDir: {}}]
    ```
    """
    apart = taken_apart(pods)
    if mappings(apart.spec.get("volumes")):
        for path, what in pod_controls.volumes(apart, _NEWEST):
            if path[-1] != "hostPath":
                yield Problem(manifest, what, path, "claim a PersistentVolume instead")
