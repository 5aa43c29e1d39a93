"""Workloads: what keeps pods running."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Unpack

import constructs
from pilothouse_kit.containers import volume_name
from pilothouse_kit.object import Fields, KubernetesObject, at_least, present, refuse, twice
from pilothouse_kit.pods import PodTemplate, WorkloadFields
from pilothouse_kit.ports import Port
from pilothouse_kit.storage import ClaimTemplate

Share = int | str
"""A number of pods, or a percentage of them such as ``25%``."""

_PERCENT = re.compile(r"[0-9]+%")


class Selected(Protocol):
    """Whatever has pods that a Service, a budget or a policy finds by their labels."""

    name: str
    namespace: str
    selector: dict[str, str]
    ports: dict[str, Port]


@dataclass(frozen=True)
class Requirement:
    """A condition on the pods' labels beside the selector's own (``matchExpressions``).

    :param key: the label.
    :param operator: what must hold for its value.
    :param values: for ``In`` and ``NotIn``.

    Source: Kubernetes API reference, ``LabelSelectorRequirement``.
    """

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: Sequence[str] = ()

    def fields(self) -> Fields:
        """The condition as it stands in a selector."""
        return {"key": self.key, "operator": self.operator, **present(values=list(self.values) or None)}

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether pods with these labels meet it."""
        present_there, value = self.key in labels, labels.get(self.key)
        return {
            "In": present_there and value in self.values,
            "NotIn": not present_there or value not in self.values,
            "Exists": present_there,
            "DoesNotExist": not present_there,
        }[self.operator]


class Workload(KubernetesObject):
    """What the workloads below have in common: a selector that never changes by itself, and pods that carry it."""

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        above: Fields,
        selector: Mapping[str, str] | None,
        options: WorkloadFields,
        *,
        expressions: Sequence[Requirement] = (),
        below: Fields | None = None,
        claims: Sequence[ClaimTemplate] = (),
        problems: Sequence[str] = (),
    ) -> None:
        self.selector = dict(selector or {"app.kubernetes.io/name": name})
        """The labels that its pods are found by."""
        provided = [volume_name(claim) for claim in claims]
        template = PodTemplate(scope, self.kind, name, self.selector, options, provided=provided, problems=problems)
        self.ports = template.ports
        """Port name to port."""
        unmet = [each.key for each in expressions if not each.holds(template.pod_labels)]
        refuse(self.kind, name, [f"expressions: its own pods do not meet the one on {key!r}" for key in unmet])
        found_by: Fields = {
            "matchLabels": self.selector,
            **present(matchExpressions=[each.fields() for each in expressions] or None),
        }
        spec = {**above, "selector": found_by, "template": template.fields(), **(below or {})}
        super().__init__(scope, name, {"spec": spec}, **template.object_fields())


def is_none(share: Share) -> bool:
    """Whether a share is that of no pod at all."""
    return str(share).removesuffix("%").strip("0") == ""


def share_problems(**shares: Share | None) -> list[str]:
    """What is wrong with arguments that are numbers of pods or percentages of them."""
    return [
        f"{argument}: {share!r}, expected a number of pods, or a percentage such as '25%'"
        for argument, share in shares.items()
        if share is not None and not (_PERCENT.fullmatch(share) if isinstance(share, str) else share >= 0)
    ]


class Deployment(Workload):
    """Pods that are all alike, kept at a number and replaced a few at a time: an ``apps/v1 Deployment``.

    Its selector is its name, so that it never changes by itself: a selector is immutable.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the pods carry it as ``app.kubernetes.io/name``.
    :param replicas: how many pods; None leaves it to an autoscaler.
    :param selector: the labels that its pods are found by, where they must differ from its name.
    :param strategy: ``Recreate`` ends every old pod before a new one starts: for pods that cannot share what they hold.
    :param max_surge: how many pods more there may be during a rollout, as a number or percent.
    :param max_unavailable: how many fewer may be ready, as a number or percent; 0 is a rollout that nobody notices.
    :param min_ready: seconds that a new pod must have been ready before the next is replaced (``minReadySeconds``).
    :param deadline: seconds without progress after which a rollout counts as failed (``progressDeadlineSeconds``).
    :param history: how many old ReplicaSets are kept to roll back to (``revisionHistoryLimit``).
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, Deployments.
    """

    api_version = "apps/v1"
    kind = "Deployment"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        replicas: int | None = None,
        selector: Mapping[str, str] | None = None,
        strategy: Literal["RollingUpdate", "Recreate"] = "RollingUpdate",
        max_surge: Share = 1,
        max_unavailable: Share = 0,
        min_ready: int | None = None,
        deadline: int | None = None,
        history: int | None = None,
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = at_least(0, replicas=replicas, min_ready=min_ready, history=history) + at_least(1, deadline=deadline)
        problems += share_problems(max_surge=max_surge, max_unavailable=max_unavailable)
        rolling = strategy == "RollingUpdate"
        if rolling and is_none(max_surge) and is_none(max_unavailable):
            problems.append("max_surge: it and max_unavailable are both 0, so no pod could ever be replaced")
        if min_ready is not None and min_ready >= (deadline or 600):
            problems.append(f"min_ready: {min_ready} s is not below the rollout's deadline of {deadline or 600} s")
        update = {"maxSurge": max_surge, "maxUnavailable": max_unavailable}
        above: Fields = {
            **present(
                replicas=replicas,
                minReadySeconds=min_ready,
                progressDeadlineSeconds=deadline,
                revisionHistoryLimit=history,
            ),
            "strategy": {"type": strategy, **({"rollingUpdate": update} if rolling else {})},
        }
        super().__init__(scope, name, above, selector, options, problems=problems)


class ReplicaSet(Workload):
    """Pods that are all alike, kept at a number: an ``apps/v1 ReplicaSet``. A change of its template replaces no pod.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the pods carry it as ``app.kubernetes.io/name``.
    :param replicas: how many pods.
    :param selector: the labels that its pods are found by, where they must differ from its name.
    :param expressions: further conditions on their labels.
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, ReplicaSet.
    """

    api_version = "apps/v1"
    kind = "ReplicaSet"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        replicas: int = 1,
        selector: Mapping[str, str] | None = None,
        expressions: Sequence[Requirement] = (),
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = at_least(0, replicas=replicas)
        above = {"replicas": replicas}
        super().__init__(scope, name, above, selector, options, expressions=expressions, problems=problems)


class DaemonSet(Workload):
    """One pod on every node, or on every node of a kind: an ``apps/v1 DaemonSet``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the pods carry it as ``app.kubernetes.io/name``.
    :param selector: the labels that its pods are found by, where they must differ from its name.
    :param max_unavailable: on how many nodes its pod may be away during a rollout, as a number or percent.
    :param min_ready: seconds that a new pod must have been ready before the next is replaced (``minReadySeconds``).
    :param options: see :class:`WorkloadFields`; ``image`` must be given, ``node_selector`` says which nodes.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, DaemonSet.
    """

    api_version = "apps/v1"
    kind = "DaemonSet"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        selector: Mapping[str, str] | None = None,
        max_unavailable: Share = 1,
        min_ready: int | None = None,
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = at_least(0, min_ready=min_ready) + share_problems(max_unavailable=max_unavailable)
        if is_none(max_unavailable):
            problems.append("max_unavailable: 0, so no pod could ever be replaced")
        update = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": max_unavailable}}
        above = {**present(minReadySeconds=min_ready), "updateStrategy": update}
        super().__init__(scope, name, above, selector, options, problems=problems)


class StatefulSet(Workload):
    """Pods with names and disks of their own, started in order: an ``apps/v1 StatefulSet``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; its pods are ``<name>-0``, ``<name>-1``, …
    :param replicas: how many pods.
    :param service: the name of the headless Service that its pods' own names come from (``serviceName``): the one that
        selects it; its own name where it is not given.
    :param selector: the labels that its pods are found by, where they must differ from its name.
    :param claims: disks that each pod gets for itself; mount them as ``mounts={path: claim}``.
    :param keep_claims: whether the disks stay when the StatefulSet goes, or when it is scaled down.
    :param parallel: whether pods start all at once instead of one after another.
    :param min_ready: seconds that a new pod must have been ready before the next is replaced (``minReadySeconds``).
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, StatefulSets.
    """

    api_version = "apps/v1"
    kind = "StatefulSet"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        replicas: int = 1,
        service: str | None = None,
        selector: Mapping[str, str] | None = None,
        claims: Sequence[ClaimTemplate] = (),
        keep_claims: bool = True,
        parallel: bool = False,
        min_ready: int | None = None,
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = at_least(0, replicas=replicas, min_ready=min_ready)
        problems += [f"claims: two are named {each!r}" for each in twice(claim.volume_name for claim in claims)]
        self.service = service or name
        """The name of the headless Service that its pods' own names come from."""
        above: Fields = {
            "replicas": replicas,
            **present(minReadySeconds=min_ready, podManagementPolicy="Parallel" if parallel else None),
            "serviceName": self.service,
        }
        below: Fields = {}
        if claims:
            policy = "Retain" if keep_claims else "Delete"
            below = {
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": policy, "whenScaled": policy},
                "volumeClaimTemplates": [claim.fields() for claim in claims],
            }
        super().__init__(scope, name, above, selector, options, below=below, claims=claims, problems=problems)
