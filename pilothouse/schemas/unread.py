"""Unread: what the API server takes although the schema says otherwise, since it does not look there, or misreads it.

Each row was seen on a real API server: ``tests/cluster/judgement.py`` puts the same mistakes before both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.schemas.kinds import Problem
from pilothouse.schemas.lifecycle import number

_WORKLOADS = "Pod|PodTemplate|Deployment|ReplicaSet|ReplicationController|StatefulSet|DaemonSet|Job|CronJob"
_ANY = ""


class _Row(NamedTuple):
    why: str
    kinds: str
    """A regular expression for the whole kind; empty for every kind."""
    field: str
    """A regular expression for the end of the field's path."""
    message: str = ""
    """A regular expression for a part of what the schema says; empty for anything."""
    before: str = ""
    """The first Kubernetes minor that looks; empty where none does."""
    value: Callable[[Any], bool] | None = None
    """What must stand in the field."""
    without: str = ""
    """A field beside it that must be missing too."""


def _is_suffix(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[KMGTPE]i|[numkMGTPE]", value) is not None


def _is_bytes(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 256 for item in value)


_ROWS = (
    _Row("the server reads zero", _ANY, _ANY, "expected a quantity", value=_is_suffix),
    _Row("the server reads a list of bytes", "Secret", r"^data\b.+", value=_is_bytes),
    _Row("the server reads a list of bytes", "ConfigMap", r"^binaryData\b.+", value=_is_bytes),
    _Row("the server reads a list of bytes", _ANY, r"\.caBundle", value=_is_bytes),
    _Row("the server reads a list of bytes", "CertificateSigningRequest", r"^spec\.request", value=_is_bytes),
    _Row(
        "the server drops this source unread while its feature gate is closed",
        _WORKLOADS,
        r"\.(clusterTrustBundle\.path|podCertificate\.(keyType|signerName))",
        "^missing",
    ),
    _Row(
        "a server before 1.35 drops this source unread",
        _WORKLOADS,
        r"\.fileKeyRef\.(key|path|volumeName)",
        "^missing",
        before="1.35",
    ),
    _Row(
        "the server drops a source unread that names no kind",
        "PersistentVolumeClaim",
        r"^spec\.dataSource\.(kind|name)",
        "^missing",
        without="kind",
    ),
    _Row(
        "a server before 1.34 drops the devices unread",
        _WORKLOADS,
        r"\.(resources\.claims|resourceClaims)\[\d+\](\.\w+)?",
        "^missing|, got null$",
        before="1.34",
    ),
    _Row(
        "a server before 1.34 does not look into the templates of a StatefulSet, and its pods are never made",
        "StatefulSet",
        r"\.(startupProbe\.\w+\.port|persistentVolumeClaim\.claimName|dataSource(Ref)?\.(kind|name)|accessModes\[\d+\])",
        "^missing|expected one of",
        before="1.34",
    ),
    _Row("the server reads a policy without rules", "Job|CronJob", r"\.podFailurePolicy\.rules", "^missing"),
    _Row("the server reads an empty one", "DeviceClass|ResourceClaimTemplate", r"^spec(\.spec)?", "^missing"),
    _Row("the server drops the status unread", "CustomResourceDefinition", r"^status\.acceptedNames\.\w+", "^missing"),
    _Row(
        "the server is not strict in a schema within a schema, and drops the field",
        "CustomResourceDefinition",
        r"^spec\.versions\[\d+\]\.schema\.openAPIV3Schema\..*\.(items|additionalProperties)\b.*",
        "^unknown field",
    ),
)


def unread(body: dict[str, Any], problem: Problem, minor: str) -> str:
    """Why the API server takes an object of a built-in kind although its schema finds a problem.

    :param body: the object.
    :param problem: what its schema finds.
    :param minor: the Kubernetes version, such as ``1.34``.
    :returns: a sentence without its full stop; empty where the server refuses the object.
    """
    field = format_path(problem.path)
    for row in _ROWS:
        if (
            (not row.kinds or re.fullmatch(row.kinds, str(body.get("kind"))))
            and re.search(rf"(?:{row.field})$", field)
            and re.search(row.message, problem.message)
            and (not row.before or number(minor) < number(row.before))
            and (row.value is None or row.value(_at(body, problem.path)))
            and (not row.without or _at(body, problem.path[:-1]).get(row.without) is None)
        ):
            return row.why
    return ""


def _at(body: Any, path: FieldPath) -> Any:
    for step in path:
        body = body[step]
    return body
