"""Secrecy: what a diff tells of a Secret, which is everything but its values."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.checks.secrets import MASK
from pilothouse.diff.change import FieldChange
from pilothouse.lenient import mapping
from pilothouse.manifest import Body, Identity, Manifest

_DATA = ("data", "stringData")
_COPY = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps the whole object that was applied, a Secret's data with it."""


def masked(manifest: Manifest) -> Body:
    """An object's body without the values that nobody may see."""
    body = manifest.body
    if not _is_secret(manifest.identity):
        return body
    result = {key: _hidden(value) if key in _DATA else value for key, value in body.items()}
    annotations = mapping(body, "metadata", "annotations")
    if _COPY in annotations:
        result["metadata"] = {**body["metadata"], "annotations": {**annotations, _COPY: MASK}}
    return result


def masked_field(identity: Identity, change: FieldChange) -> FieldChange:
    """A field of an object that differs, without the values that nobody may see."""
    if not _is_secret(identity):
        return change
    if change.path[0] in _DATA or _COPY in change.path:
        before, after = (value if value is msgspec.UNSET else MASK for value in (change.before, change.after))
        return change._replace(before=before, after=after)
    if change.path in (("metadata",), ("metadata", "annotations")):
        before, after = (_without_copy(value) for value in (change.before, change.after))
        return change._replace(before=before, after=after)
    return change


def _is_secret(identity: Identity) -> bool:
    return (identity.group, identity.kind) == ("", "Secret")


def _hidden(value: Any) -> Any:
    return dict.fromkeys(value, MASK) if isinstance(value, dict) else MASK


def _without_copy(value: Any) -> Any:
    """A map with that annotation masked wherever it stands in it."""
    if not isinstance(value, dict):
        return value
    return {key: MASK if key == _COPY else _without_copy(below) for key, below in value.items()}
