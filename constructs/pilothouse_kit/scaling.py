"""Scaling: how many pods there are, how large, and how many of them may be away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Unpack

import constructs
from pilothouse import quantity
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, at_least, present, refuse
from pilothouse_kit.workloads import (
    DaemonSet,
    Deployment,
    ReplicaSet,
    Selected,
    Share,
    StatefulSet,
    is_none,
    share_problems,
)

Scaled = Deployment | ReplicaSet | StatefulSet
"""A workload whose number of pods can change."""


@dataclass(frozen=True)
class PodsMetric:
    """A metric that each pod of the target has, such as requests in a second (``custom.metrics.k8s.io``).

    :param name: the metric's name.
    :param average: what it should be a pod, as a quantity.
    """

    name: str
    average: str

    def fields(self) -> Fields:
        """The metric as it stands in an autoscaler."""
        target = {"type": "AverageValue", "averageValue": self.average}
        return {"type": "Pods", "pods": {"metric": {"name": self.name}, "target": target}}


@dataclass(frozen=True)
class ExternalMetric:
    """A metric of something outside the cluster, such as the length of a queue (``external.metrics.k8s.io``).

    :param name: the metric's name.
    :param average: what it should be for each pod of the target, as a quantity.
    :param labels: which series of it.
    """

    name: str
    average: str
    labels: Mapping[str, str] | None = None

    def fields(self) -> Fields:
        """The metric as it stands in an autoscaler."""
        selector = {"matchLabels": dict(self.labels)} if self.labels else None
        target = {"type": "AverageValue", "averageValue": self.average}
        return {
            "type": "External",
            "external": {"metric": {"name": self.name, **present(selector=selector)}, "target": target},
        }


class HorizontalPodAutoscaler(KubernetesObject):
    """More pods when there is more to do: an ``autoscaling/v2 HorizontalPodAutoscaler``.

    It takes ``replicas`` out of its target: two that set one number would fight over it with every apply.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param target: the workload whose pods it counts.
    :param min: the least number of pods, 1 or more.
    :param max: the greatest number of pods.
    :param cpu: how much of the requested processor time should be used, in percent.
    :param memory: how much of the requested memory should be used, in percent.
    :param metrics: further metrics; the one that asks for the most pods counts.
    :param scale_down_after: seconds for which fewer pods must have been enough (``stabilizationWindowSeconds``); 300
        where it is not given.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where the numbers contradict each other, or there is no metric.

    Source: Kubernetes documentation, Horizontal Pod Autoscaling.
    """

    api_version = "autoscaling/v2"
    kind = "HorizontalPodAutoscaler"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        target: Scaled,
        min: int,
        max: int,
        cpu: int | None = None,
        memory: int | None = None,
        metrics: Sequence[PodsMetric | ExternalMetric] = (),
        scale_down_after: int | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        shares = present(cpu=cpu, memory=memory)
        problems = at_least(1, min=min, cpu=cpu, memory=memory) + at_least(0, scale_down_after=scale_down_after)
        problems += quantity.problems("metrics", {metric.name: metric.average for metric in metrics})
        if max < min:
            problems.append(f"max: {max} is below min, which is {min}")
        if not shares and not metrics:
            problems.append("cpu, memory, metrics: expected one or more, otherwise there is nothing to go by")
        refuse(self.kind, name, problems)
        target.manifest.body["spec"].pop("replicas", None)
        down = {"scaleDown": {"stabilizationWindowSeconds": scale_down_after}}
        spec: Fields = {
            "scaleTargetRef": {"apiVersion": target.api_version, "kind": target.kind, "name": target.name},
            "minReplicas": min,
            "maxReplicas": max,
            "metrics": [
                *(
                    {
                        "type": "Resource",
                        "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": share}},
                    }
                    for resource, share in shares.items()
                ),
                *(metric.fields() for metric in metrics),
            ],
            **present(behavior=down if scale_down_after is not None else None),
        }
        super().__init__(scope, name, {"spec": spec}, **options)


class VerticalPodAutoscaler(KubernetesObject):
    """Requests that follow what pods really use: an ``autoscaling.k8s.io/v1 VerticalPodAutoscaler``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param target: the workload whose pods it measures.
    :param mode: what it does: only recommend (``Off``), at a pod's start (``Initial``), or also later by evicting pods
        (``Recreate``).
    :param least: the least that it asks for a container, such as ``{"cpu": "50m"}``.
    :param most: the most that it asks for a container.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where a bound is no quantity, or the least is above the most.

    Source: Kubernetes documentation, Vertical Pod Autoscaling.
    """

    api_version = "autoscaling.k8s.io/v1"
    kind = "VerticalPodAutoscaler"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        target: Deployment | ReplicaSet | StatefulSet | DaemonSet,
        mode: Literal["Off", "Initial", "Recreate"] = "Off",
        least: Mapping[str, str] | None = None,
        most: Mapping[str, str] | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = quantity.problems("least", least or {}) + quantity.problems("most", most or {})
        problems += [
            f"least: {resource}: {least[resource]} is above most, which is {most[resource]}"
            for resource in (least or {})
            if not problems
            and most
            and resource in most
            and least
            and quantity.parse(least[resource]) > quantity.parse(most[resource])
        ]
        refuse(self.kind, name, problems)
        bounds = present(minAllowed=dict(least) if least else None, maxAllowed=dict(most) if most else None)
        spec: Fields = {
            "targetRef": {"apiVersion": target.api_version, "kind": target.kind, "name": target.name},
            "updatePolicy": {"updateMode": mode},
        }
        if bounds:
            spec["resourcePolicy"] = {"containerPolicies": [{"containerName": "*", **bounds}]}
        super().__init__(scope, name, {"spec": spec}, **options)


class PodDisruptionBudget(KubernetesObject):
    """How many pods of a workload a drain may take away at a time: a ``policy/v1 PodDisruptionBudget``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param protects: the workload whose pods it counts.
    :param max_unavailable: how many may be away at a time, as a number or percent; 1 where nothing is given.
    :param min_available: how many must stay, as a number or percent, instead.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where both are given, or no pod could ever be taken away.

    Source: Kubernetes documentation, "Specifying a Disruption Budget for your Application".
    """

    api_version = "policy/v1"
    kind = "PodDisruptionBudget"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        protects: Selected,
        max_unavailable: Share | None = None,
        min_available: Share | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = share_problems(max_unavailable=max_unavailable, min_available=min_available)
        if max_unavailable is not None and min_available is not None:
            problems.append("min_available: it and max_unavailable are both given, expected one of them")
        never = max_unavailable is not None and is_none(max_unavailable)
        if never or min_available == "100%":
            argument = "max_unavailable" if never else "min_available"
            problems.append(f"{argument}: no pod could ever be taken away: a node with one of them is never drained")
        refuse(self.kind, name, problems)
        if min_available is None and max_unavailable is None:
            max_unavailable = 1
        spec = {
            **present(maxUnavailable=max_unavailable, minAvailable=min_available),
            "selector": {"matchLabels": dict(protects.selector)},
        }
        super().__init__(scope, name, {"spec": spec}, **options)
