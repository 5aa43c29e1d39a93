"""What a good example leaves out: an example shows one thing, and other checks ask for others.

Where an example says nothing of them, its pods are given what :data:`CONTAINER` and :data:`POD` hold, are kept apart
and have a budget; its namespaces have what :data:`NAMESPACE` holds and the policy :data:`POLICY`, and those of
:data:`NAMESPACES` are there. What it does say stays as it is.
"""

from __future__ import annotations

import copy
from typing import Any

from pilothouse.finding import Position
from pilothouse.lenient import mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, template_of

NAMESPACES = ("shop", "data")
"""Namespaces that examples may use as if they stood there."""

SURROUNDINGS = frozenset({"NS003", "NS004", "NS005", "META003", "STO007", "ING006", "GITOPS010"})
"""Advice about what an example stands in, which it does not show: that it names a namespace of its own, say, or that
the cluster has a default class. It counts only in the good example of its own page."""

REFERRING = ("references", "referred", "keys", "ports", "grants", "selections", "dns_names")
"""The families that look for what an object names or selects: only their own examples need to have all of it."""

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

PROBES: dict[str, Any] = {
    "livenessProbe": {"exec": {"command": ["alive"]}, "timeoutSeconds": 5},
    "readinessProbe": {"exec": {"command": ["ready"]}, "timeoutSeconds": 5},
}
"""Probes of a container that has none of the name."""

VOLUME: dict[str, Any] = {"emptyDir": {"sizeLimit": "1Gi"}}
"""Fields of a volume, of those kinds that it already is."""

NAMESPACE: dict[str, Any] = {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}
"""Fields of a namespace's metadata."""

POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "spec": {"podSelector": {}, "ingress": [{}]},
}
"""What a namespace with pods has, where an example has no policy there."""

_LISTS = ("containers", "initContainers")
_OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "owner", "uid": "1", "controller": True}


def complete(manifests: list[Manifest]) -> None:
    """Fill up the pods and namespaces of a good example, in place, and add the policies and budgets that they lack."""
    added = policies(manifests)
    for manifest in manifests:
        if manifest.kind == "Namespace":
            fill(manifest.body["metadata"], NAMESPACE)
        pods = template_of(manifest)
        if pods is not None:
            complete_pods(manifest, pods)
    manifests += added + budgets(manifests)


def complete_pods(manifest: Manifest, pods: PodTemplate) -> None:
    """Fill up the pods of one object."""
    fill(pods.spec, POD)
    for _, container in pods.containers(*_LISTS):
        fill(container, CONTAINER)
        tag(container)
        resources = container["resources"]
        if isinstance(resources, dict):
            fill(resources, {"limits": {"memory": resources.get("requests", {}).get("memory", "64Mi")}})
    for _, container in pods.containers():
        for probe, content in PROBES.items():
            container.setdefault(probe, copy.deepcopy(content))
    if not pods.path:
        fill(manifest.body, {"metadata": {"ownerReferences": [_OWNER]}})
    for _, volume in mappings(pods.spec.get("volumes")):
        for kind in volume.keys() & VOLUME.keys():
            fill(volume[kind], VOLUME[kind])
    spread(manifest, pods)
    mount(pods)


def policies(manifests: list[Manifest]) -> list[Manifest]:
    """A NetworkPolicy for each namespace with pods that has none."""
    ruled = {manifest.namespace for manifest in manifests if manifest.kind == "NetworkPolicy"}
    inhabited = {manifest.namespace for manifest in manifests if template_of(manifest)}
    return [
        Manifest(
            {**copy.deepcopy(POLICY), "metadata": {"name": "completed", "namespace": namespace}},
            Position("completed.yaml", 1),
        )
        for namespace in sorted(inhabited - ruled)
    ]


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


def budgets(manifests: list[Manifest]) -> list[Manifest]:
    """A PodDisruptionBudget for each workload that has a number of replicas, if the example has none of its own."""
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
