"""Scheduling: which nodes pods may, should and must run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pilothouse_kit.object import Fields, at_least, present, refuse, single_texts

HOST = "kubernetes.io/hostname"
"""The label in which each node differs from every other."""
ZONE = "topology.kubernetes.io/zone"
"""The label in which nodes of different zones differ."""


@dataclass(frozen=True)
class Toleration:
    """A taint that pods may run in spite of.

    :param key: the taint's key; every taint where it is not given.
    :param value: the taint's value; any where it is not given.
    :param effect: the taint's effect; any where it is not given.
    :param seconds: for ``NoExecute``: how long they stay; for ever where it is not given.
    :raises ValueError: where there is a value without a key, or seconds without ``NoExecute``.

    Source: Kubernetes documentation, Taints and Tolerations.
    """

    key: str | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    seconds: int | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.key is None and self.value is not None:
            problems.append("value: expected a key too")
        if self.seconds is not None and self.effect != "NoExecute":
            problems.append("seconds: they count for the effect NoExecute alone")
        refuse("Toleration", self.key or "of every taint", problems)

    def fields(self) -> Fields:
        """The toleration as it stands in a pod."""
        operator = "Equal" if self.value is not None else "Exists"
        return {
            **present(key=self.key),
            "operator": operator,
            **present(value=self.value, effect=self.effect, tolerationSeconds=self.seconds),
        }


@dataclass(frozen=True)
class Spread:
    """Pods of one workload kept apart, evenly over the nodes that differ in a label.

    :param over: the nodes' label: ``HOST`` or ``ZONE``, or any other.
    :param skew: by how many pods two of the places may differ (``maxSkew``).
    :param required: whether a pod waits where it would be uneven; it goes anywhere where False.

    Source: Kubernetes documentation, Pod Topology Spread Constraints.
    """

    over: str = HOST
    skew: int = 1
    required: bool = False

    def __post_init__(self) -> None:
        refuse("Spread", self.over, at_least(1, skew=self.skew))

    def fields(self, selector: Mapping[str, str]) -> Fields:
        """The constraint as it stands in a pod.

        :param selector: the labels of the pods that count.
        """
        return {
            "maxSkew": self.skew,
            "topologyKey": self.over,
            "whenUnsatisfiable": "DoNotSchedule" if self.required else "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(selector)},
        }


@dataclass(frozen=True)
class NodeAffinity:
    """Nodes that pods are drawn to by a label.

    :param label: the nodes' label.
    :param values: the values that are wanted; any value where there are none.
    :param required: whether pods run nowhere else; where False they only rather run there.
    :param weight: 1 to 100: how much it counts beside other wishes.

    Source: Kubernetes documentation, "Assigning Pods to Nodes", Node affinity.
    """

    label: str
    values: tuple[str, ...] = ()
    required: bool = False
    weight: int = 100

    def __post_init__(self) -> None:
        refuse("NodeAffinity", self.label, _weight(self.weight) + single_texts(values=self.values))

    def term(self) -> Fields:
        """The nodes that are meant, as a ``NodeSelectorTerm``."""
        operator = {"operator": "In", "values": list(self.values)} if self.values else {"operator": "Exists"}
        return {"matchExpressions": [{"key": self.label, **operator}]}


@dataclass(frozen=True)
class PodAffinity:
    """Pods that these are drawn to, or kept away from.

    :param labels: the labels of those pods, in the same namespace.
    :param over: the nodes' label that counts as one place.
    :param apart: whether to keep away from them instead.
    :param required: whether pods run nowhere else; where False they only rather run there.
    :param weight: 1 to 100: how much it counts beside other wishes.

    Source: Kubernetes documentation, "Assigning Pods to Nodes", Inter-pod affinity and anti-affinity.
    """

    labels: Mapping[str, str]
    over: str = HOST
    apart: bool = False
    required: bool = False
    weight: int = 100

    def __post_init__(self) -> None:
        refuse("PodAffinity", self.over, _weight(self.weight))

    def term(self) -> Fields:
        """The pods that are meant, as a ``PodAffinityTerm``."""
        return {"labelSelector": {"matchLabels": dict(self.labels)}, "topologyKey": self.over}


def _weight(weight: int) -> list[str]:
    return [] if 1 <= weight <= 100 else [f"weight: {weight} is out of range, expected 1 to 100"]


Affinity = NodeAffinity | PodAffinity
"""Nodes or pods that pods are drawn to or kept away from."""

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity(wishes: tuple[Affinity, ...]) -> Fields:
    """``affinity`` as it stands in a pod."""
    result: Fields = {}
    for wish in wishes:
        if isinstance(wish, NodeAffinity):
            place = result.setdefault("nodeAffinity", {})
            if wish.required:
                # Terms are alternatives and expressions all hold, so that required ones share a term.
                terms = place.setdefault(_REQUIRED, {"nodeSelectorTerms": [{"matchExpressions": []}]})
                terms["nodeSelectorTerms"][0]["matchExpressions"] += wish.term()["matchExpressions"]
            else:
                place.setdefault(_PREFERRED, []).append({"weight": wish.weight, "preference": wish.term()})
            continue
        place = result.setdefault("podAntiAffinity" if wish.apart else "podAffinity", {})
        if wish.required:
            place.setdefault(_REQUIRED, []).append(wish.term())
        else:
            place.setdefault(_PREFERRED, []).append({"weight": wish.weight, "podAffinityTerm": wish.term()})
    return result
