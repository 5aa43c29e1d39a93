"""Security contexts: who a container runs as, and contexts that contradict themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import Part, Pods, taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


def _effective(pods: Pods, part: Part, field: str) -> Any:
    """What counts for a container: its own field, or the pod's where it has none."""
    own = part.context.get(field)
    return pods.context.get(field) if own is None else own


def _is_root(user: Any) -> bool:
    return user == 0 and user is not False


@pod_check(
    "POD020",
    Severity.ADVICE,
    "a container that may run as root",
    equals=(
        "pss restricted Running as Non-root",
        "kube-linter run-as-non-root",
        "polaris runAsRootAllowed",
        "pss restricted Running as Non-root user",
    ),
)
def may_be_root(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Unless somebody says otherwise a container runs as the user of its image, which is root for most images: the same
    root as the node's, behind a few walls. ``runAsNonRoot: true`` lets the kubelet refuse an image that runs as root;
    ``runAsUser`` with another number does not depend on the image.

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
      securityContext: {runAsNonRoot: true}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    apart = taken_apart(pods)
    if apart.windows or apart.own_users:
        return
    for part in apart.parts:
        user = _effective(apart, part, "runAsUser")
        if _is_root(user) or (user is None and _effective(apart, part, "runAsNonRoot") is not True):
            if _effective(apart, part, "runAsNonRoot") is True:
                continue  # POD023
            how = "runs as root" if user is not None else "may run as root: that is up to its image"
            yield Problem(
                manifest,
                f"the container {part.name} {how}",
                (*part.path, "securityContext", "runAsNonRoot" if user is None else "runAsUser"),
                "set runAsNonRoot: true for the pod, and runAsUser where the image names no number",
            )


@pod_check(
    "POD021",
    Severity.ADVICE,
    "a container in root's group",
    fields=("runAsGroup", "fsGroup", "supplementalGroups"),
)
def root_group(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """What belongs to the group 0 may be written by root's group, in the image and in volumes. ``runAsGroup: 0``,
    ``fsGroup: 0`` and ``supplementalGroups`` with 0 put a process there.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {runAsUser: 1000, runAsGroup: 0}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000}
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    apart = taken_apart(pods)
    at = (*apart.at, "securityContext")
    groups = [((*at, field), apart.context.get(field)) for field in ("runAsGroup", "fsGroup")]
    listed = listing(apart.context.get("supplementalGroups"))
    groups += [((*at, "supplementalGroups", index), group) for index, group in enumerate(listed)]
    groups += [((*part.path, "securityContext", "runAsGroup"), part.context.get("runAsGroup")) for part in apart.parts]
    for path, group in groups:
        if _is_root(group):
            yield Problem(manifest, f"{path[-1] if isinstance(path[-1], str) else path[-2]} is root's (0)", path)


@pod_check("POD023", Severity.ERROR, "a container that must not be root, and is", fields=("runAsUser",))
def contradicts(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``runAsNonRoot: true`` the kubelet refuses to start a container whose user is 0, whoever set that: the pod
    stays at ``CreateContainerConfigError``.

    Source: Kubernetes documentation, Configure a Security Context for a Pod or Container.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {runAsNonRoot: true}
      containers: [{name: web, image: "nginx:1.29", securityContext: {runAsUser: 0}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      securityContext: {runAsNonRoot: true}
      containers: [{name: web, image: "nginx:1.29", securityContext: {runAsUser: 101}}]
    ```
    """
    apart = taken_apart(pods)
    for part in apart.parts:
        if _is_root(_effective(apart, part, "runAsUser")) and _effective(apart, part, "runAsNonRoot") is True:
            own = part.context.get("runAsUser") is not None
            yield Problem(
                manifest,
                f"the container {part.name} must not run as root (runAsNonRoot), and its runAsUser is 0: "
                "the kubelet will not start it",
                (*(part.path if own else apart.at), "securityContext", "runAsUser"),
                "let runAsUser be another number, or runAsNonRoot false",
            )


@pod_check("POD024", Severity.ERROR, "a privileged container that may not gain rights", fields=("privileged", "add"))
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A privileged container, and one with ``CAP_SYS_ADMIN``, has every right already: the API server refuses it with
    ``allowPrivilegeEscalation: false``.

    Source: Kubernetes API, validation of ``securityContext``; seen on API servers of 1.32 and 1.36.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", securityContext: {privileged: true, allowPrivilegeEscalation: false}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", securityContext: {privileged: false, allowPrivilegeEscalation: false}}
    ```
    """
    for part in taken_apart(pods).parts:
        if part.context.get("allowPrivilegeEscalation") is not False:
            continue
        powerful = "CAP_SYS_ADMIN" in listing(mapping(part.context, "capabilities").get("add"))
        if part.context.get("privileged") is True or powerful:
            yield Problem(
                manifest,
                f"the container {part.name} has every right ({'CAP_SYS_ADMIN' if powerful else 'privileged'}), and "
                "allowPrivilegeEscalation is false",
                (*part.path, "securityContext", "allowPrivilegeEscalation"),
                "leave one of the two out",
            )
