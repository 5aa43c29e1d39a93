"""Namespaces, with the walls that each of them needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, Unpack

import constructs
from pilothouse import quantity
from pilothouse_kit.object import KubernetesObject, ObjectFields, refuse
from pilothouse_kit.policies import DNS, Allow, NetworkPolicy

PodSecurity = Literal["privileged", "baseline", "restricted"]
"""The levels of the Pod Security Standards."""


class Namespace(KubernetesObject):
    """A ``v1 Namespace`` whose pods keep to one Pod Security level.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param pod_security: the level that its pods must keep to; ``restricted`` where it is not given.
    :param options: see :class:`ObjectFields`.

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
        **options: Unpack[ObjectFields],
    ) -> None:
        level = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "audit", "warn")}
        options["labels"] = {**level, **options.get("labels", {})}
        super().__init__(scope, name, {}, **options)

    def default_deny(self, *, name: str = "default-deny") -> NetworkPolicy:
        """Cut every connection to and from its pods that no other NetworkPolicy allows, DNS look-ups aside.

        :param name: the policy's ``metadata.name``.

        Source: Kubernetes documentation, Network Policies, "Default policies".
        """
        return NetworkPolicy(self, name, ingress=[], egress=[DNS], namespace=self.name)

    def allow(self, *, ports: Sequence[int], name: str) -> NetworkPolicy:
        """Let anyone reach its pods on some TCP ports.

        :param ports: the pods' own port numbers.
        :param name: the policy's ``metadata.name``.
        """
        return NetworkPolicy(self, name, ingress=[Allow(ports=ports)], namespace=self.name)

    def limit_containers(
        self,
        *,
        default: Mapping[str, str] | None = None,
        default_request: Mapping[str, str] | None = None,
        max: Mapping[str, str] | None = None,
        min: Mapping[str, str] | None = None,
        name: str = "container-defaults",
    ) -> LimitRange:
        """Give resources to containers that name none, and bound those that do.

        :param default: limits, such as ``{"cpu": "500m", "memory": "256Mi"}``.
        :param default_request: requests, in the same words.
        :param max: the most that a container may have as its limit.
        :param min: the least that a container must request.
        :param name: its ``metadata.name``.
        """
        return LimitRange(
            self, name, default=default, default_request=default_request, max=max, min=min, namespace=self.name
        )

    def quota(self, *, hard: Mapping[str, str | int], name: str = "quota") -> ResourceQuota:
        """Bound what all its objects take together.

        :param hard: resource to quantity, such as ``{"requests.cpu": "4", "pods": "50"}``.
        :param name: its ``metadata.name``.
        """
        return ResourceQuota(self, name, hard=hard, namespace=self.name)


class LimitRange(KubernetesObject):
    """Resources of containers that name none, and bounds for those that do: a ``v1 LimitRange``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param default: limits, such as ``{"cpu": "500m", "memory": "256Mi"}``.
    :param default_request: requests, in the same words.
    :param max: the most that a container may have as its limit.
    :param min: the least that a container must request.
    :param options: see :class:`ObjectFields`.

    :raises ValueError: where one is no quantity, a bound is above a greater one, or there is none.

    Source: Kubernetes documentation, Limit Ranges.
    """

    api_version = "v1"
    kind = "LimitRange"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        default: Mapping[str, str] | None = None,
        default_request: Mapping[str, str] | None = None,
        max: Mapping[str, str] | None = None,
        min: Mapping[str, str] | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        given = {"default": default, "default_request": default_request, "max": max, "min": min}
        bounds = {argument: dict(quantities) for argument, quantities in given.items() if quantities}
        refuse(self.kind, name, _bound_problems(bounds))
        fields = {"default_request": "defaultRequest"}
        limit = {"type": "Container", **{fields.get(argument, argument): each for argument, each in bounds.items()}}
        super().__init__(scope, name, {"spec": {"limits": [limit]}}, **options)


def _bound_problems(bounds: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is wrong with bounds: in this order, each must not be above a later one."""
    problems = [] if bounds else ["default, default_request, max, min: expected one or more"]
    problems += [problem for argument, each in bounds.items() for problem in quantity.problems(argument, each)]
    if problems:
        return problems
    return [
        f"{below}: {resource}: {bounds[below][resource]} is above {above}, which is {bounds[above][resource]}"
        for below, above in combinations(
            [each for each in ("min", "default_request", "default", "max") if each in bounds], 2
        )
        for resource in bounds[below]
        if resource in bounds[above]
        and quantity.parse(bounds[below][resource]) > quantity.parse(bounds[above][resource])
    ]


class ResourceQuota(KubernetesObject):
    """Bounds for what all objects of a namespace take together: a ``v1 ResourceQuota``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param hard: resource to quantity, such as ``{"requests.cpu": "4", "pods": "50"}``.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Resource Quotas.
    """

    api_version = "v1"
    kind = "ResourceQuota"

    def __init__(
        self, scope: constructs.Construct, name: str, *, hard: Mapping[str, str | int], **options: Unpack[ObjectFields]
    ) -> None:
        refuse(self.kind, name, quantity.problems("hard", hard))
        super().__init__(scope, name, {"spec": {"hard": {key: str(each) for key, each in hard.items()}}}, **options)
