"""The base of the kit's constructs: one Kubernetes object, with what every object has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import constructs
from pilothouse.chart import Construct, free_id
from pilothouse_kit.patch import patched

Fields = dict[str, Any]
"""A part of a Kubernetes object as plain JSON."""


class KubernetesObject(Construct):
    """One Kubernetes object.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, exactly as it will stand in the cluster.
    :param fields: everything beside ``apiVersion``, ``kind`` and ``metadata``.
    :param namespace: ``metadata.namespace``; the chart's own where it is not given.
    :param labels: ``metadata.labels``.
    :param annotations: ``metadata.annotations``.
    :param patch: what the arguments do not name, as it stands in the object: maps merge, lists merge by
        Kubernetes' own keys (containers by name, ports by number), None removes.
    """

    api_version: ClassVar[str]
    kind: ClassVar[str]

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        fields: Fields,
        *,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        patch: Mapping[str, Any] | None = None,
    ) -> None:
        metadata: Fields = {"name": name}
        if namespace is not None:
            metadata["namespace"] = namespace
        if labels:
            metadata["labels"] = dict(labels)
        if annotations:
            metadata["annotations"] = dict(annotations)
        body = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **fields}
        if patch:
            body = patched(body, patch)
        super().__init__(scope, free_id(scope, body))
        self.name = name
        """``metadata.name``."""
        self.manifest = self.add(body)


def present(**fields: Any) -> Fields:
    """The fields that were given: those that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
