"""Storage: disks, who provides them, and copies of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Unpack

import constructs
from pilothouse.quantity import parse
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse, single_texts
from pilothouse_kit.volumes import HostPath, Nfs

AccessMode = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
"""Who may mount a disk: one node, many to read, many to write, one pod."""


class StorageClass(KubernetesObject):
    """A sort of disk, and who makes it: a ``storage.k8s.io/v1 StorageClass``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which claims name.
    :param provisioner: the driver that makes the disks, such as ``rancher.io/local-path``.
    :param wait: whether a disk is made only when a pod needs it, where that pod runs (``WaitForFirstConsumer``).
    :param reclaim: whether a disk goes when its claim does.
    :param expandable: whether claims may grow (``allowVolumeExpansion``).
    :param default: whether claims that name none get it.
    :param parameters: what the driver wants to know.
    :param mount_options: how its disks are mounted.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Storage Classes.
    """

    api_version = "storage.k8s.io/v1"
    kind = "StorageClass"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        provisioner: str,
        wait: bool = True,
        reclaim: Literal["Delete", "Retain"] = "Delete",
        expandable: bool = False,
        default: bool = False,
        parameters: Mapping[str, str] | None = None,
        mount_options: Sequence[str] = (),
        **options: Unpack[ObjectFields],
    ) -> None:
        fields: Fields = {
            "provisioner": provisioner,
            **present(parameters=dict(parameters) if parameters else None),
            "volumeBindingMode": "WaitForFirstConsumer" if wait else "Immediate",
            "reclaimPolicy": reclaim,
            "allowVolumeExpansion": expandable,
            **present(mountOptions=list(mount_options) or None),
        }
        if default:
            marked = {"storageclass.kubernetes.io/is-default-class": "true"}
            options["annotations"] = {**marked, **options.get("annotations", {})}
        super().__init__(scope, name, fields, **options)


class PersistentVolume(KubernetesObject):
    """A disk that somebody made by hand: a ``v1 PersistentVolume``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param size: how much it holds, such as ``10Gi``.
    :param source: where it lies: a folder of a node, or one that a server exports.
    :param access: who may mount it.
    :param reclaim: whether its content goes when its claim does.
    :param storage_class: the class that its claim names too; ``""`` for none.
    :param claimed_by: the only claim that may have it, as ``namespace/name`` (``claimRef``).
    :param nodes: label and values of the nodes that reach it (``nodeAffinity``); every node where it is not given.
    :param mount_options: how it is mounted.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Persistent Volumes.
    """

    api_version = "v1"
    kind = "PersistentVolume"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        size: str,
        source: HostPath | Nfs,
        access: Sequence[AccessMode] = ("ReadWriteOnce",),
        reclaim: Literal["Retain", "Delete"] = "Retain",
        storage_class: str = "",
        claimed_by: str | None = None,
        nodes: tuple[str, Sequence[str]] | None = None,
        mount_options: Sequence[str] = (),
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = _size(size) + _access(access)
        namespace, slash, claim = (claimed_by or "").partition("/")
        if claimed_by is not None and not (slash and namespace and claim):
            problems.append(f"claimed_by: expected namespace/name, got {claimed_by!r}")
        if nodes is not None and not nodes[1]:
            problems.append(f"nodes: {nodes[0]} has no value, so that no node could ever reach it")
        refuse(self.kind, name, problems)
        spec: Fields = {
            "capacity": {"storage": size},
            "accessModes": list(access),
            "persistentVolumeReclaimPolicy": reclaim,
            "storageClassName": storage_class,
            **present(mountOptions=list(mount_options) or None),
            **source.volume(),
        }
        if claimed_by is not None:
            reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim}
            spec["claimRef"] = reference
        if nodes is not None:
            term = {"matchExpressions": [{"key": nodes[0], "operator": "In", "values": list(nodes[1])}]}
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [term]}}
        super().__init__(scope, name, {"spec": spec}, **options)


def _size(size: str) -> list[str]:
    try:
        return [] if parse(size) > 0 else [f"size: {size} is no size, expected more than 0"]
    except ValueError as error:
        return [f"size: {error}"]


def _access(access: Sequence[AccessMode]) -> list[str]:
    if isinstance(access, str):
        return single_texts(access=access)
    if not access:
        return ["access: expected one or more"]
    if "ReadWriteOncePod" in access and len(access) > 1:
        return ["access: ReadWriteOncePod goes with no other"]
    return []


def _claim(
    size: str, storage_class: StorageClass | str, access: Sequence[AccessMode], source: Fields | None = None
) -> Fields:
    return {
        "accessModes": list(access),
        "storageClassName": storage_class if isinstance(storage_class, str) else storage_class.name,
        **present(dataSource=source),
        "resources": {"requests": {"storage": size}},
    }


class VolumeSnapshotClass(KubernetesObject):
    """Who makes snapshots of disks, and whether they outlive their object: a ``snapshot.storage.k8s.io/v1``
    ``VolumeSnapshotClass``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which snapshots name.
    :param driver: the CSI driver that makes them.
    :param deletion: whether a snapshot goes when its object does.
    :param default: whether snapshots that name none get it.
    :param parameters: what the driver wants to know.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Volume Snapshot Classes.
    """

    api_version = "snapshot.storage.k8s.io/v1"
    kind = "VolumeSnapshotClass"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        driver: str,
        deletion: Literal["Delete", "Retain"] = "Delete",
        default: bool = False,
        parameters: Mapping[str, str] | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        fields = {
            "driver": driver,
            "deletionPolicy": deletion,
            **present(parameters=dict(parameters) if parameters else None),
        }
        if default:
            marked = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
            options["annotations"] = {**marked, **options.get("annotations", {})}
        super().__init__(scope, name, fields, **options)


class PersistentVolumeClaim(KubernetesObject):
    """A disk that pods ask for: a ``v1 PersistentVolumeClaim``. Mount it as ``mounts={path: claim}``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param size: how much it must hold, such as ``10Gi``. It can grow later where its class allows it, never shrink.
    :param storage_class: the sort of disk; ``""`` for one that somebody made by hand.
    :param access: who may mount it.
    :param restores: the snapshot whose content it begins with.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where the size is none.

    Source: Kubernetes documentation, Persistent Volumes.
    """

    api_version = "v1"
    kind = "PersistentVolumeClaim"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        size: str,
        storage_class: StorageClass | str,
        access: Sequence[AccessMode] = ("ReadWriteOnce",),
        restores: VolumeSnapshot | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        refuse(self.kind, name, _size(size) + _access(access))
        source = None
        if restores is not None:
            source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": restores.name}
        super().__init__(scope, name, {"spec": _claim(size, storage_class, access, source)}, **options)

    @property
    def volume_name(self) -> str:
        """The name of the volume in the pods that mount it."""
        return self.name

    def volume(self) -> Fields:
        """The volume in the pods that mount it."""
        return {"persistentVolumeClaim": {"claimName": self.name}}


class VolumeSnapshot(KubernetesObject):
    """A copy of a disk at one moment: a ``snapshot.storage.k8s.io/v1 VolumeSnapshot``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param of: the claim whose disk is copied.
    :param snapshot_class: who makes it; the cluster's default where it is not given.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Volume Snapshots.
    """

    api_version = "snapshot.storage.k8s.io/v1"
    kind = "VolumeSnapshot"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        of: PersistentVolumeClaim | str,
        snapshot_class: VolumeSnapshotClass | str | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        chosen = snapshot_class.name if isinstance(snapshot_class, VolumeSnapshotClass) else snapshot_class
        claim = of if isinstance(of, str) else of.name
        spec = {**present(volumeSnapshotClassName=chosen), "source": {"persistentVolumeClaimName": claim}}
        super().__init__(scope, name, {"spec": spec}, **options)


@dataclass(frozen=True)
class ClaimTemplate:
    """A disk that each pod of a StatefulSet gets for itself (``volumeClaimTemplates``): it never changes afterwards.

    :param volume_name: its name in the pods; the claims are ``<name>-<pod>``.
    :param size: how much it must hold, such as ``10Gi``.
    :param storage_class: the sort of disk.
    :param access: who may mount it.
    :raises ValueError: where the size is none.

    Source: Kubernetes API reference, StatefulSet.
    """

    volume_name: str
    size: str
    storage_class: StorageClass | str
    access: Sequence[AccessMode] = ("ReadWriteOnce",)

    def __post_init__(self) -> None:
        refuse("ClaimTemplate", self.volume_name, _size(self.size) + _access(self.access))

    def volume(self) -> Fields:
        """What the pods mount: the StatefulSet provides it."""
        return {}

    def fields(self) -> Fields:
        """The template as it stands in a StatefulSet."""
        return {
            "metadata": {"name": self.volume_name},
            "spec": _claim(self.size, self.storage_class, self.access),
        }
