"""Manifest: one Kubernetes object as a value, with its identity and the line that made it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position

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


class Manifest(msgspec.Struct, array_like=True):
    """One Kubernetes object.

    ``body`` is the object as it will be applied. ``position`` is the line that made it: of the chart, or of the YAML
    it was read from. ``construct`` is the path of its construct as cdk8s writes it, empty for YAML that was read.
    """

    body: Body
    position: Position
    construct: str = ""
    instance: str = ""

    def locate(self, path: FieldPath) -> Position:
        """Where to change a field: the line that made the object, or the field's own in YAML that was read."""
        return self.position

    @property
    def is_object(self) -> bool:
        """Whether the body has what every Kubernetes object has: ``apiVersion``, ``kind`` and ``metadata.name``."""
        body = self.body
        return (
            isinstance(body, dict)
            and isinstance(body.get("apiVersion"), str)
            and isinstance(body.get("kind"), str)
            and bool(body["kind"])
            and isinstance(body.get("metadata"), dict)
            and isinstance(body["metadata"].get("name"), str)
            and bool(body["metadata"]["name"])
        )

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` as written, such as ``apps/v1``."""
        return str(self.body["apiVersion"])

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The ``kind`` as written."""
        return str(self.body["kind"])

    @property
    def metadata(self) -> dict[str, Any]:
        """The object's ``metadata``; empty where it has none."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return str(self.metadata.get("name", ""))

    @property
    def namespace(self) -> str:
        """``metadata.namespace``; empty for an object without one."""
        return str(self.metadata.get("namespace") or "")

    @property
    def labels(self) -> dict[str, str]:
        """``metadata.labels``; empty where there are none."""
        labels = self.metadata.get("labels")
        return labels if isinstance(labels, dict) else {}

    @property
    def identity(self) -> Identity:
        """The identity under which the cluster keeps this object."""
        group = self.group
        return Identity(MOVED_GROUPS.get((group, self.kind), group), self.kind, self.namespace, self.name)
