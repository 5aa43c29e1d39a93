"""Host paths: files and folders of the node in pods."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import Pods, taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_FIX = "do without it, or waive it with the reason"

_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock")
"""The sockets by which a container runtime takes orders."""
_SENSITIVE = frozenset(
    {
        "/",
        "/boot",
        "/dev",
        "/etc",
        "/etc/kubernetes",
        "/etc/kubernetes/manifests",
        "/etc/kubernetes/pki",
        "/home",
        "/lib",
        "/proc",
        "/root",
        "/run",
        "/sys",
        "/usr",
        "/var",
        "/var/lib/docker",
        "/var/lib/etcd",
        "/var/lib/kubelet",
        "/var/lib/kubelet/pki",
        "/var/run",
    }
)
"""Folders of a node that hold its credentials, its programs or its devices."""


def _host_paths(pods: Pods) -> Iterator[tuple[FieldPath, str, str, str]]:
    """Every volume that is a path of the node: its field, its name, the path, and what it is: a socket, sensitive,
    or just a path."""
    for index, volume in mappings(pods.spec.get("volumes")):
        source = volume.get("hostPath")
        if source is None:
            continue
        path = text(mapping(source).get("path"))
        clean = posixpath.normpath(path) if path.startswith("/") else path
        clean = "/" if clean == "//" else clean
        sort = "socket" if clean.endswith(_SOCKETS) else "sensitive" if clean in _SENSITIVE else ""
        yield (*pods.at, "volumes", index, "hostPath"), text(volume.get("name")), path, sort


def _use(pods: Pods, volume: str) -> str:
    """How the containers use a volume, as the end of a sentence."""
    writers = [
        part.name
        for part in pods.parts
        for _, mount in mappings(part.body.get("volumeMounts"))
        if mount.get("name") == volume and mount.get("readOnly") is not True
    ]
    return f", and the container {writers[0]} may write there" if writers else ""


@pod_check(
    "POD002",
    Severity.WARNING,
    "a folder of the node in a pod",
    fields=("hostPath",),
    equals=(
        "pss baseline HostPath Volumes",
        "kube-linter writable-host-mount",
        "polaris hostPathSet",
    ),
)
def host_path(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Such a folder is the node's own: what the pod writes there outlives it, and other pods of the node read it; the
    same pod on another node finds another folder. Through a careless one the pod takes over the node.

    A PersistentVolumeClaim or an ``emptyDir`` keeps data without that. Some pods cannot do without, such as collectors
    of logs: mount it with ``readOnly: true``, and waive it there, with the reason.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}
      volumes: [{name: data, hostPath: {path: /srv/data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```
    """
    apart = taken_apart(pods)
    for at, name, path, sort in _host_paths(apart):
        if not sort:
            yield Problem(manifest, f"the volume {name} is {path} of the node{_use(apart, name)}", at, _FIX)


@pod_check(
    "POD017",
    Severity.WARNING,
    "a folder of the node that holds its secrets or programs",
    fields=("hostPath",),
    equals=("kube-linter sensitive-host-mounts",),
)
def sensitive_path(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """In ``/``, ``/etc``, ``/var/lib/kubelet``, ``/proc`` and the like stand the node's credentials, its programs and
    the files of every pod there. Whoever reads them acts as the node, and whoever writes them is root on it.

    Mount the one file or folder that is needed, with ``readOnly: true``.

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
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: scratch, emptyDir: {}}]
    ```
    """
    apart = taken_apart(pods)
    for at, name, path, sort in _host_paths(apart):
        if sort == "sensitive":
            yield Problem(
                manifest,
                f"the volume {name} is {path} of the node, which holds what makes the node{_use(apart, name)}",
                at,
                "mount the one file or folder that is needed, read-only; or waive it with the reason",
            )


@pod_check(
    "POD018",
    Severity.WARNING,
    "the container runtime's socket in a pod",
    fields=("hostPath",),
    equals=("kube-linter docker-sock",),
)
def runtime_socket(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Whoever speaks to the container runtime starts any container on the node, privileged and with every folder: the
    pod is root there, whatever its own security context says. Read-only does not help: orders are sent, not written.

    Images are built without it by BuildKit without root, or kaniko; what lists containers asks the API server.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "docker:28"}]
      volumes: [{name: docker, hostPath: {path: /var/run/docker.sock}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "moby/buildkit:v0.25.0-rootless"}]
    ```
    """
    for at, name, path, sort in _host_paths(taken_apart(pods)):
        if sort == "socket":
            yield Problem(manifest, f"by the volume {name} ({path}) it gives orders to the container runtime", at, _FIX)
