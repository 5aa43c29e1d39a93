"""Storage: classes, and which of them a claim gets."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.claims import CLAIM, CLASS, claims, is_default
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest
from pilothouse.provisioners import NODE_BOUND, SINGLE_NODE, ZONAL
from pilothouse.stack import Stack


@object_check("STO005", Severity.ADVICE, "a volume that is made before anybody knows where", kinds=(CLASS,))
def immediate(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A disk in a cloud lies in one zone, and one of a node on that node. A class that binds at once
    (``volumeBindingMode: Immediate``, the default) has it made in any of them, before the scheduler has chosen a node
    for the pod: where the pod cannot go there, it stays Pending.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ```

    Source: Kubernetes documentation, "Storage Classes", "Volume Binding Mode".
    """
    body = manifest.body
    placed = body.get("provisioner") in ZONAL | NODE_BOUND if isinstance(body.get("provisioner"), str) else False
    if placed and body.get("volumeBindingMode") in (None, "Immediate") and not body.get("allowedTopologies"):
        yield Problem(
            manifest,
            f"a volume of {body['provisioner']} lies in one place, and is made before its pod has one",
            ("volumeBindingMode",),
            "write volumeBindingMode: WaitForFirstConsumer",
        )


@stack_check("STO006", Severity.WARNING, "two default StorageClasses")
def two_defaults(stack: Stack) -> Iterator[Problem]:
    """A claim without a class gets the default one; of several it gets the one that was created last, which differs
    from cluster to cluster.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: slow, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: slow}
    provisioner: nfs.csi.k8s.io
    ```

    Source: Kubernetes documentation, "Storage Classes", "Default StorageClass".
    """
    defaults = [manifest for manifest in stack.of_kind(*CLASS) if is_default(manifest)]
    for other in defaults[1:]:
        yield Problem(
            other,
            f"it is a default StorageClass, and so is {defaults[0].name}",
            ("metadata", "annotations"),
            "let one of the two be the default",
        )


@stack_check("STO007", Severity.ADVICE, "a claim that takes whichever class there is")
def no_class(stack: Stack) -> Iterator[Problem]:
    """A claim without ``storageClassName`` gets the cluster's default class: a fast disk in one cluster, a folder of a
    node in another. Where a cluster has no default, it stays Pending. Nothing in this stack says which is the case.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Class".
    """
    if any(is_default(manifest) for manifest in stack.of_kind(*CLASS)):
        return
    for manifest in [*stack.of_kind(*CLAIM), *stack.of_kind("apps", "StatefulSet")]:
        annotations = mapping(manifest.body, "metadata", "annotations")
        for spec, at in claims(manifest):
            if spec.get("storageClassName") is None and not spec.get("volumeName") and _BETA_CLASS not in annotations:
                yield Problem(
                    manifest,
                    "the claim names no class, and no class of this stack is the default",
                    (*at, "storageClassName"),
                    "name a class: the environment file says by given.storageClasses which there are",
                )


_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


@stack_check("STO008", Severity.WARNING, "an access mode that a volume of its class cannot have")
def unshared(stack: Stack) -> Iterator[Problem]:
    """A disk is attached to one node. A claim that wants to be mounted by many (``ReadWriteMany``), and asks a
    driver of disks for it, stays Pending, or its pods on other nodes do not start. Shared folders come from other
    drivers: NFS, CephFS or EFS.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: shared}
    provisioner: efs.csi.aws.com
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: shared, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Access Modes".
    """
    kinds = {
        manifest.name: SINGLE_NODE[text(manifest.body.get("provisioner"))]
        for manifest in stack.of_kind(*CLASS)
        if text(manifest.body.get("provisioner")) in SINGLE_NODE
    }
    for manifest in [*stack.of_kind(*CLAIM), *stack.of_kind("apps", "StatefulSet")] if kinds else ():
        for spec, at in claims(manifest):
            name = text(spec.get("storageClassName"))
            shared = "ReadWriteMany" in listing(spec.get("accessModes")) and spec.get("volumeMode") != "Block"
            if name in kinds and shared and not spec.get("volumeName"):
                yield Problem(
                    manifest,
                    f"it claims ReadWriteMany of the class {name}, and {kinds[name]} is mounted by one node alone",
                    (*at, "accessModes"),
                    "claim ReadWriteOnce, or take a class of shared folders",
                )
