"""Snapshots: copies of volumes, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.claims import CLAIM, CLASS, SNAPSHOT
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.quantity import amounts
from pilothouse.stack import Stack


@object_check("STO012", Severity.ERROR, "a VolumeSnapshot that the server refuses", kinds=(SNAPSHOT,))
def sound_snapshot(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A snapshot is taken of a claim, or stands for content that is there already: of one of the two.

    ```yaml bad
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {}}
    ```

    ```yaml good
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {volumeSnapshotContentName: content}}
    ```

    Source: the rules in the CustomResourceDefinition of VolumeSnapshot.
    """
    spec = mapping(manifest.body, "spec")
    source = spec.get("source")
    if isinstance(source, dict):
        named = [
            each for each in ("persistentVolumeClaimName", "volumeSnapshotContentName") if source.get(each) is not None
        ]
        if len(named) != 1:
            found = " and ".join(named) or "neither"
            message = f"its source names {found}, expected persistentVolumeClaimName or volumeSnapshotContentName"
            yield Problem(manifest, message, ("spec", "source"))
    if spec.get("volumeSnapshotClassName") == "":
        yield Problem(manifest, "its class is empty", ("spec", "volumeSnapshotClassName"), "leave it out, or name one")


@stack_check("STO013", Severity.ERROR, "a snapshot by another driver than its volume's")
def other_driver(stack: Stack) -> Iterator[Problem]:
    """A snapshot is taken by the driver that made the volume. Where the VolumeSnapshotClass names another one than the
    claim's StorageClass does, it is never ready.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshotClass
    metadata: {name: fast}
    driver: ebs.csi.aws.com
    deletionPolicy: Retain
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: default}
    spec: {volumeSnapshotClassName: fast, source: {persistentVolumeClaimName: data}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshotClass
    metadata: {name: fast}
    driver: nfs.csi.k8s.io
    deletionPolicy: Retain
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {persistentVolumeClaimName: data}}
    ```

    Source: Kubernetes documentation, "Volume Snapshot Classes".
    """
    drivers = {
        each.name: each.body.get("driver") for each in stack.of_kind("snapshot.storage.k8s.io", "VolumeSnapshotClass")
    }
    provisioners = {manifest.name: manifest.body.get("provisioner") for manifest in stack.of_kind(*CLASS)}
    for snapshot in stack.of_kind(*SNAPSHOT):
        spec = mapping(snapshot.body, "spec")
        driver = drivers.get(text(spec.get("volumeSnapshotClassName")))
        claimed = text(mapping(spec, "source").get("persistentVolumeClaimName"))
        for claim in stack.by_identity.get(Identity(*CLAIM, snapshot.namespace, claimed), ())[:1]:
            made_by = provisioners.get(text(mapping(claim.body, "spec").get("storageClassName")))
            if isinstance(driver, str) and isinstance(made_by, str) and driver != made_by:
                yield Problem(
                    snapshot,
                    f"its class is of {driver}, and the volume of {claimed} is made by {made_by}",
                    ("spec", "volumeSnapshotClassName"),
                    "take a VolumeSnapshotClass of the same driver",
                )


@stack_check("STO014", Severity.ERROR, "a copy that is smaller than what it is of")
def small_copy(stack: Stack) -> Iterator[Problem]:
    """A claim whose ``dataSource`` is another claim starts as its copy, and has to be at least as large.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: copy, namespace: default}
    spec:
      storageClassName: fast
      dataSource: {kind: PersistentVolumeClaim, name: data}
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: copy, namespace: shop}
    spec:
      storageClassName: fast
      dataSource: {kind: PersistentVolumeClaim, name: data}
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    Source: Kubernetes documentation, "CSI Volume Cloning".
    """
    for copy in stack.of_kind(*CLAIM):
        spec = mapping(copy.body, "spec")
        source = mapping(spec.get("dataSource"))
        if source.get("kind") != CLAIM[1]:
            continue
        asked = amounts(mapping(spec, "resources", "requests")).get("storage")
        for claim in stack.by_identity.get(Identity(*CLAIM, copy.namespace, text(source.get("name"))), ())[:1]:
            size = amounts(mapping(claim.body, "spec", "resources", "requests")).get("storage")
            if asked is not None and size is not None and asked < size:
                yield Problem(
                    copy,
                    f"it is a copy of {claim.name}, and claims less storage than that",
                    ("spec", "resources", "requests", "storage"),
                    "claim at least as much",
                )
