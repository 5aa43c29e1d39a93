"""Volumes: what containers find in their file system beside their image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from pilothouse_kit.object import Fields, present


@runtime_checkable
class Volume(Protocol):
    """Whatever a container can mount: a claim, a ConfigMap, a Secret, or one of this module."""

    @property
    def volume_name(self) -> str:
        """The volume's name in the pod."""

    def volume(self) -> Fields:
        """The volume as it stands in the pod, less its name."""


@dataclass(frozen=True)
class EmptyDir:
    """An empty folder that lives as long as its pod does.

    :param volume_name: its name in the pod.
    :param size: the most it may hold, such as ``1Gi``; above it the pod is evicted.
    :param memory: whether it lies in memory, which counts as the container's own.

    Source: Kubernetes documentation, Volumes, emptyDir.
    """

    volume_name: str
    size: str | None = None
    memory: bool = False

    def volume(self) -> Fields:
        return {"emptyDir": present(medium="Memory" if self.memory else None, sizeLimit=self.size)}


@dataclass(frozen=True)
class HostPath:
    """A folder or file of the node: what is written there stays when the pod goes, and other pods see it.

    Pod Security allows it at level ``privileged`` alone.

    :param volume_name: its name in the pod.
    :param path: where it stands on the node.
    :param type: what must be there; no look is taken where it is not given.

    Source: Kubernetes documentation, Volumes, hostPath.
    """

    volume_name: str
    path: str
    type: Literal["Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"] | None = None

    def volume(self) -> Fields:
        return {"hostPath": {"path": self.path, **present(type=self.type)}}


@dataclass(frozen=True)
class Nfs:
    """A folder that a server exports by NFS.

    :param volume_name: its name in the pod.
    :param server: the server's host name or address.
    :param path: the exported folder.
    :param read_only: whether nothing may be written.

    Source: Kubernetes documentation, Volumes, nfs.
    """

    volume_name: str
    server: str
    path: str
    read_only: bool = False

    def volume(self) -> Fields:
        return {"nfs": {"server": self.server, "path": self.path, **present(readOnly=self.read_only or None)}}


@dataclass(frozen=True)
class Mount:
    """A volume with a say in how it is mounted; a volume itself may stand where a Mount is asked for.

    :param volume: what is mounted.
    :param read_only: whether the container may not write there.
    :param sub_path: the part of the volume that is mounted. Files of a ConfigMap mounted so are never brought up to
        date.

    Source: Kubernetes API reference, Pod, ``VolumeMount``.
    """

    volume: Volume
    read_only: bool = False
    sub_path: str | None = None
