"""Fixes: changes of one field that settle a finding for certain, for the checks whose finding leaves no choice.

A check may bear its own (:attr:`pilothouse.checks.catalogue.Problem.edit`); these are those of the checks that the
schemas and Kubernetes' API versions make. Certain is what means the same to the cluster as what was meant: a number in
quotes where only a number fits, not a word that looks like another one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Edit

if TYPE_CHECKING:
    from pilothouse.manifest import Manifest
    from pilothouse.schemas import Catalogue

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_TRUTH = {"true": True, "false": False}

SAME_FIELDS = {
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): "autoscaling/v2",
    ("batch/v1beta1", "CronJob"): "batch/v1",
    ("coordination.k8s.io/v1beta1", "Lease"): "coordination.k8s.io/v1",
    ("networking.k8s.io/v1beta1", "IngressClass"): "networking.k8s.io/v1",
    ("node.k8s.io/v1beta1", "RuntimeClass"): "node.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRole"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "Role"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "RoleBinding"): "rbac.authorization.k8s.io/v1",
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): "scheduling.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "CSIDriver"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "CSINode"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "StorageClass"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "VolumeAttachment"): "storage.k8s.io/v1",
}
"""Kinds of an old API version -> the version whose fields are the same and mean the same.

Source: Kubernetes' deprecated API migration guide, where it names no notable change. Not among them: policy/v1beta1
(an empty selector means something else), flowcontrol (a zero does), Ingress and EndpointSlice (other fields).
"""


def certain(code: str, path: FieldPath, manifest: Manifest, catalogue: Catalogue) -> Edit | None:
    """What settles a finding for certain; None where somebody has to decide.

    :param code: the check's.
    :param path: the field in the object.
    :param manifest: the object.
    :param catalogue: the kinds that its cluster serves.
    """
    fix = _FIXES.get(code)
    return fix(path, manifest, catalogue) if fix is not None else None


def _empty_label(path: FieldPath, manifest: Manifest, catalogue: Catalogue) -> Edit | None:
    return Edit(path, "") if _at(manifest.body, path) is None else None


def _as_its_type(path: FieldPath, manifest: Manifest, catalogue: Catalogue) -> Edit | None:
    """A number or a truth value without its quotes, or with them, if it fits so."""
    value = _at(manifest.body, path)
    if isinstance(value, bool | int | float):
        edit = Edit(path, str(value), quote=True)
    elif isinstance(value, str) and _WHOLE.match(value):
        edit = Edit(path, int(value))
    elif isinstance(value, str) and value in _TRUTH:
        edit = Edit(path, _TRUTH[value])
    else:
        return None
    body = copy.deepcopy(manifest.body)
    _at(body, path[:-1])[path[-1]] = edit.value
    wrong = [problem.path for problem in catalogue.validate(body)]
    return None if any(_inside(other, path) for other in wrong) else edit


def _newer_version(path: FieldPath, manifest: Manifest, catalogue: Catalogue) -> Edit | None:
    newer = SAME_FIELDS.get((manifest.api_version, manifest.kind))
    if newer is None or catalogue.kind(newer, manifest.kind) is None:
        return None
    return Edit(("apiVersion",), newer)


_FIXES: dict[str, Callable[[FieldPath, Manifest, Catalogue], Edit | None]] = {
    "OBJ006": _empty_label,
    "SCHEMA001": _as_its_type,
    "API001": _newer_version,
    "API002": _newer_version,
}


def _inside(path: FieldPath, outer: FieldPath) -> bool:
    return path[: len(outer)] == outer


def _at(value: Any, path: FieldPath) -> Any:
    """What stands at a path; what is not there stands for itself."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _at
    return value
