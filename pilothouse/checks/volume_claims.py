"""Volume claims: whether a claim gets the volume that it is meant to have, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.claims import CLAIM, CLASS, VOLUME, claims
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.quantity import amounts
from pilothouse.stack import Stack


@stack_check("STO009", Severity.ERROR, "a claim and a volume that do not fit")
def unfit(stack: Stack) -> Iterator[Problem]:
    """A claim that names its volume (``volumeName``), or is named by one (``claimRef``), is bound to it only if class,
    size, access modes and volume mode fit, and if no other claim is named there. Otherwise it stays Pending.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: nfs, nfs: {server: nas, path: /a}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec:
      volumeName: disk
      storageClassName: nfs
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: nfs, nfs: {server: nas, path: /a}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec:
      volumeName: disk
      storageClassName: nfs
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Binding", "Reserving a PersistentVolume".
    """
    for claim in stack.of_kind(*CLAIM):
        spec = mapping(claim.body, "spec")
        volumes = stack.by_identity.get(Identity(*VOLUME, "", text(spec.get("volumeName"))), ())
        for volume in volumes[:1]:
            for field, wrong in _misfits(mapping(volume.body, "spec"), claim, spec):
                yield Problem(claim, f"it names the volume {volume.name}, {wrong}", ("spec", *field))
    for volume in stack.of_kind(*VOLUME):
        named = mapping(volume.body, "spec", "claimRef")
        identity = Identity(*CLAIM, text(named.get("namespace")), text(named.get("name")))
        for claim in stack.by_identity.get(identity, ())[:1]:
            spec = mapping(claim.body, "spec")
            if text(spec.get("volumeName")) == volume.name:
                continue
            if spec.get("volumeName"):
                wrong = f"which names another volume, {spec['volumeName']}"
                yield Problem(volume, f"it is kept for the claim {claim.name}, {wrong}", ("spec", "claimRef"))
                continue
            for _, wrong in _misfits(mapping(volume.body, "spec"), claim, spec):
                yield Problem(
                    volume, f"it is kept for the claim {claim.name}, and is one {wrong}", ("spec", "claimRef")
                )


def _misfits(volume: dict[str, Any], claim: Manifest, spec: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Why a volume is not bound to a claim: the claim's field, and a clause about the volume."""
    wanted, had = spec.get("storageClassName"), text(volume.get("storageClassName"))
    if isinstance(wanted, str) and wanted != had:
        yield ("storageClassName",), f"whose class is {had or 'none'} and not {wanted or 'none'}"
    asked = amounts(mapping(spec, "resources", "requests")).get("storage")
    size = amounts(volume.get("capacity")).get("storage")
    if asked is not None and size is not None and asked > size:
        written = mapping(spec, "resources", "requests")["storage"], mapping(volume, "capacity")["storage"]
        yield ("resources", "requests", "storage"), f"which holds {written[1]} where {written[0]} is claimed"
    lacking = [mode for mode in listing(spec.get("accessModes")) if mode not in listing(volume.get("accessModes"))]
    if lacking:
        yield ("accessModes",), f"which cannot be mounted as {', '.join(map(str, lacking))}"
    if (spec.get("volumeMode") or "Filesystem") != (volume.get("volumeMode") or "Filesystem"):
        yield ("volumeMode",), f"whose mode is {volume.get('volumeMode') or 'Filesystem'}"
    kept = mapping(volume, "claimRef")
    if kept and (kept.get("namespace"), kept.get("name")) != (claim.namespace, claim.name):
        yield ("volumeName",), f"which is kept for the claim {kept.get('namespace')}/{kept.get('name')}"


@object_check("STO010", Severity.WARNING, "a folder of whichever node", kinds=(VOLUME,), fields=("hostPath",))
def anywhere(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A ``hostPath`` volume is a folder of the node that its pod happens to run on. When the pod moves, it finds an
    empty folder, or somebody else's. A ``nodeAffinity`` on the volume keeps the pod where its data is. A cluster of one
    node, as the environment file declares it, has no other.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: a, hostPath: {path: /mnt/disk}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec:
      capacity: {storage: 1Gi}
      accessModes: [ReadWriteOnce]
      storageClassName: a
      hostPath: {path: /mnt/disk}
      nodeAffinity:
        required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}
    ```

    Source: Kubernetes documentation, "Volumes", "hostPath" and "local".
    """
    spec = mapping(manifest.body, "spec")
    if isinstance(spec.get("hostPath"), dict) and not spec.get("nodeAffinity") and _several_nodes(stack):
        yield Problem(
            manifest,
            "its data lies on one node, and nothing keeps its pods there",
            ("spec", "hostPath"),
            "name the node by nodeAffinity, or make it a local volume",
        )


def _several_nodes(stack: Stack) -> bool:
    return sum(pool.count for pool in stack.environment.nodes) != 1


@stack_check("STO011", Severity.ADVICE, "data that goes with its claim")
def deleted(stack: Stack) -> Iterator[Problem]:
    """The volume of a StatefulSet's claim is deleted with the claim where its class says ``reclaimPolicy: Delete``, the
    default: a namespace deleted by mistake, or a StatefulSet whose ``persistentVolumeClaimRetentionPolicy`` deletes the
    claims with it, takes the data along.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6", volumeMounts: [{name: data, mountPath: /data}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    reclaimPolicy: Retain
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6", volumeMounts: [{name: data, mountPath: /data}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec: {clusterIP: None, selector: {app: db}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Reclaiming"; "StatefulSets", "PersistentVolumeClaim
    retention".
    """
    lost = {
        manifest.name for manifest in stack.of_kind(*CLASS) if manifest.body.get("reclaimPolicy") in (None, "Delete")
    }
    for manifest in stack.of_kind("apps", "StatefulSet") if lost else ():
        retention = mapping(manifest.body, "spec", "persistentVolumeClaimRetentionPolicy")
        also = " and its claims go with it" if "Delete" in retention.values() else ""
        for spec, at in claims(manifest):
            if text(spec.get("storageClassName")) in lost:
                yield Problem(
                    manifest,
                    f"the class {spec['storageClassName']} deletes a volume with its claim{also}",
                    (*at, "storageClassName"),
                    "keep its data in a class with reclaimPolicy: Retain",
                )
