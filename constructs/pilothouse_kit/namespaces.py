"""Namespaces, with the walls that each of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import constructs
from pilothouse_kit.object import KubernetesObject

PodSecurity = Literal["privileged", "baseline", "restricted"]
"""The levels of the Pod Security Standards."""


class Namespace(KubernetesObject):
    """A ``v1 Namespace`` whose pods keep to one Pod Security level.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param pod_security: the level that its pods must keep to; ``restricted`` where it is not given.
    :param labels: further labels.
    :param options: ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, "Enforce Pod Security Standards with Namespace Labels".
    """

    api_version = "v1"
    kind = "Namespace"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        pod_security: PodSecurity = "restricted",
        labels: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        level = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "audit", "warn")}
        super().__init__(scope, name, {}, labels={**level, **(labels or {})}, **options)

    def default_deny(self, *, name: str = "default-deny") -> KubernetesObject:
        """Cut every connection to and from its pods that no other NetworkPolicy allows, DNS look-ups aside.

        Source: Kubernetes documentation, Network Policies, "Default policies".
        """
        dns = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
        resolver = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
        spec = {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [resolver], "ports": dns}],
        }
        return _NetworkPolicy(self, name, {"spec": spec}, namespace=self.name)

    def allow(self, *, ports: list[int], name: str) -> KubernetesObject:
        """Let anyone reach its pods on some TCP ports.

        :param ports: the pods' own port numbers.
        :param name: the policy's ``metadata.name``.
        """
        spec = {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": port} for port in ports]}],
        }
        return _NetworkPolicy(self, name, {"spec": spec}, namespace=self.name)

    def limit_containers(
        self, *, default: Mapping[str, str], default_request: Mapping[str, str], name: str = "container-defaults"
    ) -> KubernetesObject:
        """Give resources to containers that name none: a ``v1 LimitRange``.

        :param default: limits, such as ``{"cpu": "500m", "memory": "256Mi"}``.
        :param default_request: requests, in the same words.
        :param name: its ``metadata.name``.

        Source: Kubernetes documentation, Limit Ranges.
        """
        limit = {"type": "Container", "default": dict(default), "defaultRequest": dict(default_request)}
        return _LimitRange(self, name, {"spec": {"limits": [limit]}}, namespace=self.name)

    def quota(self, *, hard: Mapping[str, str | int], name: str = "quota") -> KubernetesObject:
        """Bound what all its objects take together: a ``v1 ResourceQuota``.

        :param hard: resource to quantity, such as ``{"requests.cpu": "4", "pods": "50"}``.
        :param name: its ``metadata.name``.

        Source: Kubernetes documentation, Resource Quotas.
        """
        quantities = {resource: str(quantity) for resource, quantity in hard.items()}
        return _ResourceQuota(self, name, {"spec": {"hard": quantities}}, namespace=self.name)


class _NetworkPolicy(KubernetesObject):
    api_version = "networking.k8s.io/v1"
    kind = "NetworkPolicy"


class _LimitRange(KubernetesObject):
    api_version = "v1"
    kind = "LimitRange"


class _ResourceQuota(KubernetesObject):
    api_version = "v1"
    kind = "ResourceQuota"
