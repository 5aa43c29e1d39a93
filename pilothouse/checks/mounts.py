"""Mounts: what containers see of their pod's volumes."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import LISTS, judged
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.selectors import dns_label
from pilothouse.stack import Stack


def _volumes(manifest: Manifest, pods: PodTemplate) -> set[object]:
    """The names of a pod's volumes; a StatefulSet's claims are volumes of its pods too."""
    names: set[object] = {_hashable(volume.get("name")) for _, volume in mappings(pods.spec.get("volumes"))}
    if manifest.kind == "StatefulSet":
        for _, claim in mappings(mapping(manifest.body, "spec").get("volumeClaimTemplates")):
            names.add(_hashable(mapping(claim, "metadata").get("name")))
    return names


def _hashable(value: object) -> object:
    return value if isinstance(value, str) else None


@pod_check(
    "MNT001", Severity.ERROR, "a mount of a volume that the pod does not have", fields=("volumeMounts", "volumeDevices")
)
def mounted(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container mounts what its pod has under ``volumes``, or its StatefulSet under ``volumeClaimTemplates``. The API
    server refuses a mount of any other name.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}]
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: cahce, mountPath: /cache}]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}]
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: cache, mountPath: /cache}]}]
    ```

    Source: Kubernetes API reference, VolumeMount; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    names: set[object] | None = None
    for path, container in pods.containers(*LISTS):
        for field in ("volumeMounts", "volumeDevices"):
            for index, mount in mappings(container.get(field)) if container.get(field) else ():
                names = _volumes(manifest, pods) if names is None else names
                name = mount.get("name")
                if isinstance(name, str | None) and (name or None) not in names - {None, ""}:
                    there = ", ".join(sorted(str(each) for each in names if each)) or "none"
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} mounts the volume {name}; its pod has {there}",
                        (*path, field, index, "name"),
                        "mount a volume that the pod has, or add it under volumes",
                    )


@pod_check("MNT002", Severity.ERROR, "a mount that the server refuses", fields=("volumeMounts",))
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container has one mount at each path. A ``subPath`` is a path below the volume's root, without ``..``, and
    there is one of ``subPath`` and ``subPathExpr`` alone. The API server refuses others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}, {name: data, emptyDir: {}}]
      containers:
      - name: web
        image: nginx:1.29
        volumeMounts: [{name: cache, mountPath: /data}, {name: data, mountPath: /data}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}, {name: data, emptyDir: {}}]
      containers:
      - name: web
        image: nginx:1.29
        volumeMounts: [{name: cache, mountPath: /cache}, {name: data, mountPath: /data}]
    ```

    Source: Kubernetes API reference, VolumeMount; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container in pods.containers(*LISTS):
        if not container.get("volumeMounts"):
            continue
        paths: set[str] = set()
        for index, mount in mappings(container["volumeMounts"]):
            at = (*path, "volumeMounts", index)
            where = mount.get("mountPath")
            if not where:
                yield Problem(manifest, f"the mount of {mount.get('name')} has no mountPath", at, "name the path")
            elif isinstance(where, str):
                if where in paths:
                    message = f"the container {container.get('name')} mounts two volumes at {where}"
                    yield Problem(manifest, message, (*at, "mountPath"), "mount one of them elsewhere")
                paths.add(where)
            for field in ("subPath", "subPathExpr"):
                below = mount.get(field)
                if isinstance(below, str) and (below.startswith("/") or ".." in below.split("/")):
                    message = f"{field} {below} does not lie below the volume's root"
                    yield Problem(manifest, message, (*at, field), "give a path without a leading / and without ..")
            if mount.get("subPath") and mount.get("subPathExpr"):
                yield Problem(manifest, "subPath and subPathExpr are both set", (*at, "subPathExpr"), "remove one")


@pod_check("MNT003", Severity.ADVICE, "a volume that no container mounts", fields=("volumes",))
def unmounted(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A pod waits until all its volumes are there before it starts, also for one that no container mounts: a left-over
    that can hold up the pod, and that serves nobody.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}]
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: cache, mountPath: /cache}]}]
    ```

    Source: Kubernetes documentation, Volumes.
    """
    volumes = mappings(pods.spec.get("volumes")) if pods.spec.get("volumes") else []
    if not volumes:
        return
    used = {
        mount.get("name") if isinstance(mount.get("name"), str) else None
        for _, container in pods.containers(*LISTS, "ephemeralContainers")
        for field in ("volumeMounts", "volumeDevices")
        for _, mount in mappings(container.get(field))
    }
    for _, container in pods.containers(*LISTS):
        for _, variable in mappings(container.get("env")):
            used.add(_hashable(mapping(variable, "valueFrom", "fileKeyRef").get("volumeName")))
    for index, volume in volumes:
        name = volume.get("name")
        if isinstance(name, str) and name not in used:
            yield Problem(
                manifest,
                f"no container mounts the volume {name}",
                (*pods.path, "spec", "volumes", index),
                "remove it, or mount it",
            )


@pod_check("MNT004", Severity.ERROR, "a volume that the server refuses", fields=("volumes",))
def volumes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A volume has a name that is a DNS label, and one source. The API server refuses one without a name, and one with
    two sources.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}, configMap: {name: settings}}]
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: cache, mountPath: /cache}]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      volumes: [{name: cache, emptyDir: {}}]
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: cache, mountPath: /cache}]}]
    ```

    Source: Kubernetes API reference, Volume; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack) or not pods.spec.get("volumes"):
        return
    for index, volume in mappings(pods.spec["volumes"]):
        at = (*pods.path, "spec", "volumes", index)
        name = volume.get("name")
        if not name:
            yield Problem(manifest, "the volume has no name", at, "give it a name")
        elif isinstance(name, str) and not dns_label(name):
            message = f"the volume's name {name!r} is no DNS label: 63 lower-case letters, digits and '-' at most"
            yield Problem(manifest, message, (*at, "name"))
        # An image is a source since Kubernetes 1.35 alone: servers before that leave it out.
        sources = [
            field for field, value in volume.items() if field not in ("name", "image") and isinstance(value, dict)
        ]
        if len(sources) > 1:
            message = f"the volume {name} has the sources {' and '.join(map(str, sources))}, expected one"
            yield Problem(manifest, message, at, "remove all but one")
