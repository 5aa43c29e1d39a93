"""Claims: which objects ask for storage, and of which class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.provisioners import DEFAULT_CLASS

CLASS, VOLUME, CLAIM = ("storage.k8s.io", "StorageClass"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim")


SNAPSHOT = ("snapshot.storage.k8s.io", "VolumeSnapshot")


def claims(manifest: Manifest) -> Iterator[tuple[dict[str, Any], FieldPath]]:
    """The claims that an object makes, or has made for its pods: each one's spec, and where it stands."""
    spec = mapping(manifest.body, "spec")
    if (manifest.group, manifest.kind) == CLAIM:
        yield spec, ("spec",)
    elif (manifest.group, manifest.kind) == ("apps", "StatefulSet"):
        for index, template in mappings(spec.get("volumeClaimTemplates")):
            yield mapping(template, "spec"), ("spec", "volumeClaimTemplates", index, "spec")


def is_default(manifest: Manifest) -> bool:
    """Whether claims without a class get this one."""
    annotations = mapping(manifest.body, "metadata", "annotations")
    return any(annotations.get(key) == "true" for key in DEFAULT_CLASS)
