"""Manifest: one Kubernetes object as a value, with its identity and the line that made it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Edit, Position

Body = dict[str, Any]
"""A Kubernetes object as plain JSON: dicts, lists, strings, numbers, booleans and None."""

MOVED_GROUPS: dict[tuple[str, str], str] = {
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "Deployment"): "apps",
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("extensions", "PodSecurityPolicy"): "policy",
    ("", "Event"): "events.k8s.io",
}
"""Kinds that Kubernetes moved to another group and stores once: (old group, kind) -> the group of today.

Source: Kubernetes' deprecated API migration guide."""


_encode = msgspec.msgpack.Encoder().encode


class Identity(NamedTuple):
    """What makes an object one object in a cluster, whichever version of its API it is written in."""

    group: str
    kind: str
    namespace: str
    """Empty for an object without a namespace."""
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Waiver(msgspec.Struct, frozen=True, array_like=True):
    """One check that an author silences for one construct and all below it."""

    code: str
    reason: str
    position: Position
    construct: str = ""
    """Path of the construct (``kubia/Service-kubia``); empty for a whole environment."""
    object: str = ""
    """``Kind namespace/name`` where an environment file waives for one object; empty for all."""
    file: str = ""
    """Where only the findings about one file count; empty for all."""
    edit: Edit | None = None
    """What takes it out of the file of :attr:`position`, where it stands in YAML that people write."""


class Manifest:
    """One Kubernetes object.

    What most readers ask for, its version, kind, namespace and name, is at hand; the body of an object that comes
    out of the cache is decoded only when somebody reads it.
    """

    __slots__ = ("_body", "_head", "_raw", "construct", "instance", "position")

    def __init__(self, body: Body, position: Position, construct: str = "", instance: str = "") -> None:
        self._body: Body | None = body
        self._raw: msgspec.Raw | None = None
        self._head: Head | None = None
        self.position = position
        """The line that made it: of the chart, or of the YAML that it was read from."""
        self.construct = construct
        """The path of its construct as cdk8s writes it; empty for YAML that was read."""
        self.instance = instance
        """The chart's instance that it belongs to; empty for YAML that was read."""

    def __repr__(self) -> str:
        return f"<{self.identity} of {self.position}>"

    @property
    def body(self) -> Body:
        """The object as it will be applied."""
        if self._body is None:
            assert self._raw is not None
            body: Body = msgspec.msgpack.decode(self._raw)
            self._body = body
        return self._body

    @body.setter
    def body(self, body: Body) -> None:
        self._body, self._raw, self._head = body, None, None

    def encode(self) -> None:
        """Keep the body as MessagePack too: it is not to be changed from now on, but set anew.

        :raises TypeError: it holds what is no plain JSON.
        """
        self._raw = msgspec.Raw(_encode(self.body))

    @property
    def size(self) -> int:
        """Bytes of the body as MessagePack.

        :raises TypeError: it holds what is no plain JSON; likewise ``ValueError`` and ``OverflowError``.
        """
        return len(self._raw if self._raw is not None else _encode(self.body))

    def release(self) -> None:
        """Let go of the body where it can be decoded again: half of the memory of a large stack."""
        if self._raw is not None:
            self._body = None

    def locate(self, path: FieldPath, *, key: bool = False) -> Position:
        """Where to change a field: the line that made the object, or the field's own in YAML that was read.

        :param path: the field in the object.
        :param key: the place of the field's name instead of its value's.
        """
        return self.position

    def edit_in_file(self, edit: Edit) -> Edit | None:
        """A change of the object as one of the file that people write it in; None where Pilothouse writes it."""
        return None

    @property
    def is_object(self) -> bool:
        """Whether the body has what every Kubernetes object has: ``apiVersion``, ``kind`` and ``metadata.name``."""
        body = self.body
        if not isinstance(body, dict):
            return False
        metadata = body.get("metadata")
        wanted = (body.get("apiVersion"), body.get("kind"), metadata.get("name") if isinstance(metadata, dict) else "")
        return all(isinstance(value, str) and value for value in wanted)

    @property
    def head(self) -> Head:
        """What the object is, and what it is called."""
        if self._head is None:
            body = self.body
            metadata = body.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            self._head = Head(
                str(body.get("apiVersion") or ""),
                str(body.get("kind") or ""),
                str(metadata.get("namespace") or ""),
                str(metadata.get("name") or ""),
            )
        return self._head

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` as written, such as ``apps/v1``."""
        return (self._head or self.head).api_version

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return (self._head or self.head).api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The ``kind`` as written."""
        return (self._head or self.head).kind

    @property
    def namespace(self) -> str:
        """``metadata.namespace``; empty for an object without one."""
        return (self._head or self.head).namespace

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return (self._head or self.head).name

    @property
    def labels(self) -> dict[str, Any]:
        """``metadata.labels``; empty where there are none."""
        metadata = self.body.get("metadata")
        labels = metadata.get("labels") if isinstance(metadata, dict) else None
        return labels if isinstance(labels, dict) else {}

    @property
    def identity(self) -> Identity:
        """The identity under which the cluster keeps this object."""
        api_version, kind, namespace, name = self.head
        group = api_version.rpartition("/")[0]
        return Identity(MOVED_GROUPS.get((group, kind), group), kind, namespace, name)

    def packed(self) -> Packed:
        """The manifest as it is kept and sent between processes."""
        if self._raw is None:
            self.encode()
        assert self._raw is not None
        return Packed(*self.head, self.position, self.construct, self._raw)

    @classmethod
    def unpacked(cls, packed: Packed, instance: str) -> Manifest:
        """The manifest that :meth:`packed` gave, its body still encoded."""
        manifest = cls.__new__(cls)
        manifest._body = None
        manifest._raw = packed.body
        manifest._head = Head(packed.api_version, packed.kind, packed.namespace, packed.name)
        manifest.position = packed.position
        manifest.construct = packed.construct
        manifest.instance = instance
        return manifest


class Head(NamedTuple):
    """What every object says of itself, each as written; empty where it does not."""

    api_version: str
    kind: str
    namespace: str
    name: str


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """A manifest as it is kept and sent between processes."""

    api_version: str
    kind: str
    namespace: str
    name: str
    position: Position
    construct: str
    body: msgspec.Raw
