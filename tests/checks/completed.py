"""What a good example leaves out: an example shows one thing, and other checks ask for others.

Where an example says nothing of them, its pods are given what :data:`CONTAINER` and :data:`POD` hold, and its
namespaces are there. What it does say stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, template_of

NAMESPACES = ("shop", "data")
"""Namespaces that examples may use as if they stood there."""

POD: dict[str, Any] = {}
"""Fields of a pod's spec."""

CONTAINER: dict[str, Any] = {
    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
}
"""Fields of a container."""

PROBES: dict[str, Any] = {
    "livenessProbe": {"exec": {"command": ["alive"]}, "timeoutSeconds": 5},
    "readinessProbe": {"exec": {"command": ["ready"]}, "timeoutSeconds": 5},
}
"""Probes of a container that has none of the name."""

_LISTS = ("containers", "initContainers")
_OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "owner", "uid": "1", "controller": True}


def complete(manifests: list[Manifest]) -> None:
    """Fill up the pods of a good example, in place, and add the budgets that they lack."""
    for manifest in manifests:
        pods = template_of(manifest)
        if pods is None:
            continue
        fill(pods.spec, POD)
        for _, container in pods.containers(*_LISTS):
            fill(container, CONTAINER)
            tag(container)
        for _, container in pods.containers():
            for probe, content in PROBES.items():
                container.setdefault(probe, copy.deepcopy(content))
        if not pods.path:
            fill(manifest.body, {"metadata": {"ownerReferences": [_OWNER]}})
        spread(manifest, pods)
        mount(pods)
    manifests += budgets(manifests)


def tag(container: dict[str, Any]) -> None:
    """Name a version of an image that has no tag."""
    image = container.get("image")
    if isinstance(image, str) and ":" not in image and "@" not in image:
        container["image"] = f"{image}:1"


def spread(manifest: Manifest, pods: PodTemplate) -> None:
    """Keep the pods of a workload apart where it says nothing of that."""
    if pods.path and pods.labels and "affinity" not in pods.spec:
        constraint = {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(pods.labels)},
        }
        pods.spec.setdefault("topologySpreadConstraints", [constraint])


def mount(pods: PodTemplate) -> None:
    """Mount the volumes that no container mounts."""
    containers = [container for _, container in pods.containers(*_LISTS)]
    used = {each.get("name") for container in containers for each in container.get("volumeMounts", ())}
    for volume in pods.spec.get("volumes", ()):
        if containers and volume.get("name") not in used:
            own = containers[0].setdefault("volumeMounts", [])
            own.append({"name": volume.get("name"), "mountPath": f"/{volume.get('name')}"})


def budgets(manifests: Iterable[Manifest]) -> list[Manifest]:
    """A PodDisruptionBudget for each workload that has a number of replicas, if the example has none of its own."""
    manifests = list(manifests)
    if any(manifest.kind == "PodDisruptionBudget" for manifest in manifests):
        return []
    return [
        Manifest(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": manifest.name, "namespace": manifest.namespace},
                "spec": {
                    "maxUnavailable": 1,
                    "unhealthyPodEvictionPolicy": "AlwaysAllow",
                    "selector": manifest.body["spec"]["selector"],
                },
            },
            manifest.position,
        )
        for manifest in manifests
        if manifest.kind in ("Deployment", "StatefulSet") and "selector" in manifest.body.get("spec", {})
    ]


def fill(given: dict[str, Any], lacking: dict[str, Any]) -> None:
    """Add fields that are not there, at every depth."""
    for key, value in lacking.items():
        if key not in given:
            given[key] = copy.deepcopy(value)
        elif isinstance(value, dict) and isinstance(given[key], dict):
            fill(given[key], value)
