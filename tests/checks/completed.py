"""What a good example leaves out: an example shows one thing, and other checks ask for others.

Where an example says nothing of them, its pods are given what :data:`CONTAINER` and :data:`POD` hold, its
namespaces what :data:`NAMESPACE` holds, and those of :data:`NAMESPACES` are there. What it does say stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from pilothouse.manifest import Manifest
from pilothouse.pods import template_of

NAMESPACES = ("shop", "data")
"""Namespaces that examples may use as if they stood there."""

POD: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}
"""Fields of a pod's spec."""

CONTAINER: dict[str, Any] = {
    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    },
}
"""Fields of a container."""

NAMESPACE: dict[str, Any] = {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}
"""Fields of a namespace's metadata."""

_LISTS = ("containers", "initContainers")


def complete(manifests: Iterable[Manifest]) -> None:
    """Fill up the pods and the namespaces of a good example, in place."""
    for manifest in manifests:
        if manifest.kind == "Namespace":
            fill(manifest.body["metadata"], NAMESPACE)
        pods = template_of(manifest)
        if pods is None:
            continue
        fill(pods.spec, POD)
        for _, container in pods.containers(*_LISTS):
            fill(container, CONTAINER)


def fill(given: dict[str, Any], lacking: dict[str, Any]) -> None:
    """Add fields that are not there, at every depth."""
    for key, value in lacking.items():
        if key not in given:
            given[key] = copy.deepcopy(value)
        elif isinstance(value, dict) and isinstance(given[key], dict):
            fill(given[key], value)
