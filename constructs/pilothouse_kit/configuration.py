"""Configuration: what workloads read, and who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import constructs
from pilothouse_kit.object import KubernetesObject, present


class ConfigMap(KubernetesObject):
    """Settings that pods read as files or variables: a ``v1 ConfigMap``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param data: key to text, 1 MiB at most together.
    :param immutable: whether it can never change; a change then needs a new name.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, ConfigMaps.
    """

    api_version = "v1"
    kind = "ConfigMap"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        data: Mapping[str, str],
        immutable: bool | None = None,
        **options: Any,
    ) -> None:
        super().__init__(scope, name, present(data=dict(data), immutable=immutable), **options)


class ServiceAccount(KubernetesObject):
    """Who a pod is to the API server: a ``v1 ServiceAccount``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param token: whether pods get its token mounted (``automountServiceAccountToken``); False, since few need it.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, "Configure Service Accounts for Pods".
    """

    api_version = "v1"
    kind = "ServiceAccount"

    def __init__(self, scope: constructs.Construct, name: str, *, token: bool = False, **options: Any) -> None:
        super().__init__(scope, name, {"automountServiceAccountToken": token}, **options)
