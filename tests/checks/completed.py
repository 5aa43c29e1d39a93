"""What a good example leaves out: an example shows one thing, and other checks ask for others.

Where an example says nothing of them, its pods are given what :data:`CONTAINER` and :data:`POD` hold, its namespaces
are there, and have the policy :data:`POLICY`. What it does say stays as it is.
"""

from __future__ import annotations

import copy
from typing import Any

from pilothouse.finding import Position
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

POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "spec": {"podSelector": {}, "ingress": [{}]},
}
"""What a namespace with pods has, where an example has no policy there."""

_LISTS = ("containers", "initContainers")


def complete(manifests: list[Manifest]) -> None:
    """Fill up the pods of a good example, in place."""
    ruled = {manifest.namespace for manifest in manifests if manifest.kind == "NetworkPolicy"}
    for namespace in sorted({manifest.namespace for manifest in manifests if template_of(manifest)} - ruled):
        metadata = {"name": "completed", "namespace": namespace}
        manifests.append(Manifest({**copy.deepcopy(POLICY), "metadata": metadata}, Position("completed.yaml", 1)))
    for manifest in manifests:
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
