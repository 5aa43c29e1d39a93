"""Pods: where each kind keeps the pods that it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Body, Manifest

TEMPLATES: dict[tuple[str, str], FieldPath] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("", "PodTemplate"): ("template",),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
}
"""(group, kind) -> the path of the pod template in it; the empty path where the object itself is the pod.

Source: the Kubernetes API reference, and Argo Rollouts' specification."""

Found = TypeVar("Found")


class PodTemplate:
    """The pods of one workload, as its template says them; made once for many looks.

    :param path: where the template stands in the workload.
    :param body: the template: a dict with ``metadata`` and ``spec``.
    """

    __slots__ = ("_containers", "_labels", "body", "path", "spec")

    def __init__(self, path: FieldPath, body: Body) -> None:
        self.path = path
        self.body = body
        self.spec: dict[str, Any] = mapping(body, "spec")
        """The pods' spec; empty where there is none."""
        self._labels: dict[str, str] | None = None
        self._containers: dict[tuple[str, ...], list[tuple[FieldPath, dict[str, Any]]]] = {}

    @property
    def labels(self) -> dict[str, str]:
        """The labels that its pods carry."""
        if self._labels is None:
            self._labels = mapping(self.body, "metadata", "labels")
        return self._labels

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that its pods carry."""
        return mapping(self.body, "metadata", "annotations")

    def containers(self, *fields: str) -> list[tuple[FieldPath, dict[str, Any]]]:
        """Its containers with their paths in the workload.

        :param fields: which lists: ``containers`` where none is named; also ``initContainers``,
            ``ephemeralContainers``.
        """
        known = self._containers.get(fields)
        if known is None:
            there = [self._listed(field) for field in fields or ("containers",) if field in self.spec]
            known = there[0] if len(there) == 1 else [each for listed in there for each in listed]
            self._containers[fields] = known
        return known

    def _listed(self, field: str) -> list[tuple[FieldPath, dict[str, Any]]]:
        known = self._containers.get((field,))
        if known is None:
            at = (*self.path, "spec", field)
            known = [((*at, index), container) for index, container in mappings(self.spec[field])]
            self._containers[(field,)] = known
        return known


def once_a_template(look: Callable[[PodTemplate], Found]) -> Callable[[PodTemplate], Found]:
    """Keep what a function finds in some pods until it is asked about others: many checks look at the same pods, one
    after the other."""
    last: tuple[PodTemplate, Found] | None = None

    @functools.wraps(look)
    def kept(pods: PodTemplate) -> Found:
        nonlocal last
        held = last
        if held is None or held[0] is not pods:
            held = last = (pods, look(pods))
        return held[1]

    return kept


def hash_annotation(config_map: str) -> str:
    """The pods' annotation that holds what a ConfigMap of theirs came to: a change of it rolls them.

    :param config_map: its name. An annotation's key bears 63 characters behind its prefix: a longer name is cut, and
        told from others by a hash.
    """
    if len(config_map) > 63:
        import hashlib

        config_map = f"{config_map[:52]}-{hashlib.sha256(config_map.encode()).hexdigest()[:10]}"
    return f"configmap.pilothouse.dev/{config_map}"


def template_path(body: Body) -> FieldPath | None:
    """Where an object keeps its pod template; None for a kind that runs no pods."""
    return _path_in(str(body.get("apiVersion", "")), str(body.get("kind")))


@functools.lru_cache(maxsize=1024)
def _path_in(api_version: str, kind: str) -> FieldPath | None:
    return TEMPLATES.get((api_version.rpartition("/")[0], kind))


def template_of(manifest: Manifest) -> PodTemplate | None:
    """The pods that an object runs, or None where it runs none."""
    path = _path_in(manifest.api_version, manifest.kind)
    if path is None:
        return None
    at: Any = manifest.body
    for step in path:
        at = at.get(step) if isinstance(at, dict) else None
    return PodTemplate(path, at) if isinstance(at, dict) else None
