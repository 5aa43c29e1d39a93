"""Volumes: what pods mount, and what becomes of it when they are replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pilothouse import rollout
from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.claims import CLAIM, CLASS
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import PodTemplate
from pilothouse.provisioners import NODE_BOUND, SINGLE_WRITER
from pilothouse.stack import Stack

_RUNNING = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Rollout"}
)
"""Kinds whose pods run all the time."""

Mount = tuple[Manifest, PodTemplate, FieldPath]
"""A workload, its pods, and the field in which it names a claim."""


def _single(stack: Stack) -> Iterator[tuple[Manifest, list[Mount]]]:
    """Every claim that one node writes, with who mounts it; none whose volume keeps its pods on one node."""
    bound = {each.name for each in stack.of_kind(*CLASS) if text(each.body.get("provisioner")) in NODE_BOUND}
    claimed: dict[tuple[str, str], list[Mount]] | None = None
    for claim in stack.of_kind(*CLAIM):
        spec = mapping(claim.body, "spec")
        modes = {mode for mode in listing(spec.get("accessModes")) if isinstance(mode, str)}
        if not modes or not modes <= SINGLE_WRITER or text(spec.get("storageClassName")) in bound:
            continue
        volume = stack.by_identity.get(Identity("", "PersistentVolume", "", text(spec.get("volumeName"))), ())
        if volume and mapping(volume[0].body, "spec").get("nodeAffinity"):
            continue
        if claimed is None:
            claimed = _claimed(stack)
        yield claim, claimed.get((claim.namespace, claim.name), [])


def _claimed(stack: Stack) -> dict[tuple[str, str], list[Mount]]:
    """Every claim that running pods mount: (namespace, name) to who does."""
    found: dict[tuple[str, str], list[Mount]] = defaultdict(list)
    for namespace, workloads in stack.workloads.items():
        for manifest, pods in workloads:
            if manifest.kind not in _RUNNING:
                continue
            for index, volume in mappings(pods.spec.get("volumes")):
                name = mapping(volume, "persistentVolumeClaim").get("claimName")
                if isinstance(name, str):
                    at = (*pods.path, "spec", "volumes", index, "persistentVolumeClaim", "claimName")
                    found[namespace, name].append((manifest, pods, at))
    return found


def _mode(claim: Manifest) -> str:
    return str(listing(mapping(claim.body, "spec").get("accessModes"))[0])


@stack_check("VOL001", Severity.WARNING, "a rollout that waits for its own volume")
def stuck(stack: Stack) -> Iterator[Problem]:
    """A Deployment that starts a new pod before it removes the old one, and whose pods mount a volume that one node
    writes: the new pod, on another node, waits for the volume, and the old one, which has it, for the new one to be
    ready. The rollout never ends.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      strategy: {type: Recreate}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Access Modes"; "Deployments", "Strategy".
    """
    for claim, mounts in _single(stack):
        for manifest, _, at in mounts:
            replaced = rollout.of(manifest, stack) if manifest.kind == "Deployment" else None
            if replaced is not None and replaced.pods == 1 and replaced.ready >= 1:
                yield Problem(
                    manifest,
                    f"its new pod starts before the old one ends, and the claim {claim.name} is {_mode(claim)}",
                    at,
                    "write strategy: {type: Recreate}, or make it a StatefulSet",
                )


@stack_check("VOL002", Severity.WARNING, "several pods on a volume that one node writes")
def crowded(stack: Stack) -> Iterator[Problem]:
    """All pods of a Deployment mount the same claim. Where its volume can be mounted by one node alone, those on other
    nodes never start. A StatefulSet's ``volumeClaimTemplates`` give each pod a claim of its own.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: nfs, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Access Modes".
    """
    for claim, mounts in _single(stack):
        for manifest, pods, at in mounts:
            scaler = stack.autoscaler(manifest)
            count = _pods(manifest, scaler)
            if count > 1 and not _beside_itself(pods):
                many = "one on every node" if manifest.kind == "DaemonSet" else f"{count} pods"
                yield Problem(
                    manifest,
                    f"its pods, {many}, mount the claim {claim.name}, which is {_mode(claim)}",
                    at,
                    "claim ReadWriteMany of a class of shared folders, or make it a StatefulSet with claims of its own",
                )


def _pods(manifest: Manifest, scaler: Manifest | None) -> int:
    if manifest.kind == "DaemonSet":
        return 2
    count = mapping((scaler or manifest).body, "spec").get("maxReplicas" if scaler else "replicas")
    return count if isinstance(count, int) and not isinstance(count, bool) else 1


def _beside_itself(pods: PodTemplate) -> bool:
    """Whether something keeps the pods on one node: a node's name, or affinity on it."""
    selector = mapping(pods.spec.get("nodeSelector"))
    affinity = mapping(pods.spec, "affinity", "podAffinity")
    terms = mappings(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    together = any(term.get("topologyKey") == "kubernetes.io/hostname" for _, term in terms)
    return bool(pods.spec.get("nodeName")) or "kubernetes.io/hostname" in selector or together


@stack_check("VOL003", Severity.WARNING, "two workloads on a volume that one node writes")
def shared(stack: Stack) -> Iterator[Problem]:
    """Two workloads mount one claim whose volume can be mounted by one node alone. When the scheduler puts their pods
    on different nodes, one of the two never starts; it may go well for months.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: feeder, namespace: default}
    spec:
      containers: [{name: feeder, image: "feeder:1.2", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: nfs, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: feeder, namespace: shop}
    spec:
      containers: [{name: feeder, image: "feeder:1.2", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Access Modes".
    """
    for claim, mounts in _single(stack):
        first = mounts[0][0] if mounts else None
        for manifest, pods, at in mounts[1:]:
            if first is not None and manifest.identity != first.identity and not _beside_itself(pods):
                yield Problem(
                    manifest,
                    f"it mounts the claim {claim.name}, as {first.kind} {first.name} does, and that is {_mode(claim)}",
                    at,
                    "claim ReadWriteMany of a class of shared folders, or keep both on one node by pod affinity",
                )


@pod_check("VOL004", Severity.ADVICE, "a mounted setting that never changes", fields=("subPath", "subPathExpr"))
def frozen(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A ConfigMap or Secret that is mounted as a folder is brought up to date some time after it changes. One that is
    mounted by ``subPath``, a single file of it, is not: the container sees the old content until it is started anew.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", volumeMounts: [{name: c, mountPath: /etc/c.conf, subPath: c.conf}]}
      volumes: [{name: c, configMap: {name: settings}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: c, mountPath: /etc/c}]}]
      volumes: [{name: c, configMap: {name: settings}}]
    ```

    Source: Kubernetes documentation, "ConfigMaps", "Mounted ConfigMaps are updated automatically".
    """
    settings: dict[Any, str] = {}
    for _, volume in mappings(pods.spec.get("volumes")):
        kind = next((kind for kind in ("configMap", "secret", "projected") if isinstance(volume.get(kind), dict)), "")
        if kind and isinstance(volume.get("name"), str):
            settings[volume["name"]] = kind
    if not settings or any(key.startswith("configmap.pilothouse.dev/") for key in pods.annotations):
        return
    for path, container in pods.containers():
        for index, mount in mappings(container.get("volumeMounts")):
            name = text(mount.get("name"))
            if name in settings and (mount.get("subPath") or mount.get("subPathExpr")):
                yield Problem(
                    manifest,
                    f"the container {container.get('name')} mounts one file of the {settings[name]} {name}, which is"
                    " never brought up to date",
                    (*path, "volumeMounts", index, "subPath"),
                    "mount the folder, or roll the pods when it changes",
                )
