"""Sources: the ConfigMaps and Secrets that pods read, as objects or, where they stand elsewhere, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pilothouse_kit.object import Fields, present

SourceKind = Literal["ConfigMap", "Secret"]


class Source:
    """A ConfigMap or a Secret that pods read."""

    name: str
    source_kind: ClassVar[SourceKind]

    @property
    def content_hash(self) -> str | None:
        """What its content comes to; None where it cannot be known here, or never changes."""
        return None

    @property
    def known_keys(self) -> tuple[str, ...] | None:
        """The keys that it has; None where they cannot be known here."""
        return None

    def key(self, key: str, *, optional: bool = False) -> Key:
        """One of its values, for a container's ``env``.

        :param key: which one.
        :param optional: whether the container starts without it too.
        :raises ValueError: where it is known to have no such key.
        """
        if self.known_keys is not None and key not in self.known_keys:
            raise ValueError(
                f"{self.source_kind} {self.name} has no key {key!r}, it has {', '.join(self.known_keys) or 'none'}"
            )
        return Key(self, key, optional)

    def files(self, items: Mapping[str, str] | None = None, *, mode: int | None = None) -> Files:
        """Its keys as files of a volume, for a container's ``mounts``; the source itself mounts all of them.

        :param items: key to file name; every key under its own name where it is not given.
        :param mode: the files' permission bits, such as ``0o400``; 0o644 where it is not given.
        """
        return Files(self, dict(items or {}), mode)

    @property
    def volume_name(self) -> str:
        """The name of the volume that holds its files."""
        return f"{'config' if self.source_kind == 'ConfigMap' else 'secret'}-{self.name}"

    def volume(self) -> Fields:
        """The volume that holds its files."""
        return self.files().volume()

    def from_all(self) -> Fields:
        """Every key of it as a variable: an item of ``envFrom``."""
        return {"configMapRef" if self.source_kind == "ConfigMap" else "secretRef": {"name": self.name}}


@dataclass(frozen=True)
class Key:
    """One value of a ConfigMap or Secret: made by :meth:`Source.key`."""

    source: Source
    key: str
    optional: bool = False

    def fields(self) -> Fields:
        """``valueFrom`` as it stands in a container's variable."""
        reference = "configMapKeyRef" if self.source.source_kind == "ConfigMap" else "secretKeyRef"
        optional = True if self.optional else None
        return {reference: {"name": self.source.name, "key": self.key, **present(optional=optional)}}


@dataclass(frozen=True)
class Files:
    """Keys of a ConfigMap or Secret as files: made by :meth:`Source.files`."""

    source: Source
    items: dict[str, str] = field(default_factory=dict)
    mode: int | None = None

    @property
    def volume_name(self) -> str:
        """The name of the volume."""
        return self.source.volume_name

    def volume(self) -> Fields:
        """The volume."""
        items = [{"key": key, "path": path} for key, path in self.items.items()] or None
        if self.source.source_kind == "ConfigMap":
            return {"configMap": {"name": self.source.name, **present(items=items, defaultMode=self.mode)}}
        return {"secret": {"secretName": self.source.name, **present(items=items, defaultMode=self.mode)}}


@dataclass(frozen=True)
class FieldOf:
    """A variable that holds a field of the container's own pod (``fieldRef``).

    :param path: the field, such as ``status.podIP`` or ``metadata.name``.

    Source: Kubernetes documentation, Downward API.
    """

    path: str

    def fields(self) -> Fields:
        """``valueFrom`` as it stands in a container's variable."""
        return {"fieldRef": {"fieldPath": self.path}}


@dataclass(frozen=True)
class GivenSecret(Source):
    """A Secret that this chart does not write: one that the environment lists under ``given``, or another chart's.

    :param name: its ``metadata.name``, in the pod's own namespace.
    """

    name: str
    source_kind = "Secret"


@dataclass(frozen=True)
class GivenConfigMap(Source):
    """A ConfigMap that this chart does not write: one that the environment lists under ``given``, or another chart's.

    :param name: its ``metadata.name``, in the pod's own namespace.
    """

    name: str
    source_kind = "ConfigMap"


Variable = str | Key | FieldOf
"""What a container's variable holds: a text, a key of a source, or a field of the pod."""


def hash_of(content: Any) -> str:
    """Ten hexadecimal digits that change when a JSON value does, and only then."""
    import hashlib  # brings OpenSSL, which a chart without ConfigMaps never needs

    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
