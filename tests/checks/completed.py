"""What a good example leaves out: an example shows one thing, and other checks ask for others.

Where an example says nothing of them, its pods are given what :data:`CONTAINER` and :data:`POD` hold, and its
namespaces are there. What it does say stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from pilothouse.manifest import Manifest
from pilothouse.pods import template_of

NAMESPACES = ("shop", "data")
"""Namespaces that examples may use as if they stood there."""

POD: dict[str, Any] = {}
"""Fields of a pod's spec."""

CONTAINER: dict[str, Any] = {
    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
}
"""Fields of a container."""

_LISTS = ("containers", "initContainers")


VOLUME: dict[str, Any] = {"emptyDir": {"sizeLimit": "1Gi"}}
"""Fields of a volume, of those kinds that it already is."""

SURROUNDINGS = frozenset({"NS003", "NS004", "NS005", "META003"})
"""Advice about what an example stands in, which it does not show: that it names a namespace of its own, say. It counts
only in the good example of its own page."""


def complete(manifests: Iterable[Manifest]) -> None:
    """Fill up the pods of a good example, in place."""
    for manifest in manifests:
        pods = template_of(manifest)
        if pods is None:
            continue
        fill(pods.spec, POD)
        for _, container in pods.containers(*_LISTS):
            fill(container, CONTAINER)
            resources = container["resources"]
            if isinstance(resources, dict):
                fill(resources, {"limits": {"memory": resources.get("requests", {}).get("memory", "64Mi")}})
        for volume in pods.spec.get("volumes", ()):
            for kind in volume.keys() & VOLUME.keys():
                fill(volume[kind], VOLUME[kind])


def fill(given: dict[str, Any], lacking: dict[str, Any]) -> None:
    """Add fields that are not there, at every depth."""
    for key, value in lacking.items():
        if key not in given:
            given[key] = copy.deepcopy(value)
        elif isinstance(value, dict) and isinstance(given[key], dict):
            fill(given[key], value)
