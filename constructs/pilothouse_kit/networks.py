"""Networks: further ones that pods are attached to, beside the cluster's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Unpack

import constructs
from pilothouse_kit.object import KubernetesObject, ObjectFields, refuse


class NetworkAttachmentDefinition(KubernetesObject):
    """A network that Multus attaches pods to: a ``k8s.cni.cncf.io/v1 NetworkAttachmentDefinition``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which pods name.
    :param config: the CNI configuration, with ``type`` and ``cniVersion``; its ``name`` is this object's where it has
        none.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where the configuration says no plug-in or no version.

    Source: Kubernetes Network Custom Resource Definition De-facto Standard, version 1.3; the CNI specification.
    """

    api_version = "k8s.cni.cncf.io/v1"
    kind = "NetworkAttachmentDefinition"

    def __init__(
        self, scope: constructs.Construct, name: str, *, config: Mapping[str, Any], **options: Unpack[ObjectFields]
    ) -> None:
        problems = []
        if "type" not in config and "plugins" not in config:
            problems.append("config: expected type (the CNI plug-in), or plugins")
        if "cniVersion" not in config:
            problems.append("config: expected cniVersion, such as 1.0.0")
        refuse(self.kind, name, problems)
        text = json.dumps({"name": name, **config}, indent=2) + "\n"
        super().__init__(scope, name, {"spec": {"config": text}}, **options)
