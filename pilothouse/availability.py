"""Availability: how many pods a workload has, and how many of them may be gone."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

SCALED = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("argoproj.io", "Rollout"),
        ("", "ReplicationController"),
    }
)
"""The kinds that have a number of replicas."""


def count(value: Any) -> int | None:
    """A whole number that is not negative; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def percent(value: Any) -> int | None:
    """The number of a percentage such as ``25%``; None for anything else."""
    if isinstance(value, str) and value.endswith("%") and value[:-1].isascii() and value[:-1].isdecimal():
        return int(value[:-1]) if len(value) <= 10 else None
    return None


def rounded_up(share: Any, pods: int) -> int | None:
    """How many pods a number or a percentage is, rounded up as the disruption controller does; None for neither."""
    part = percent(share)
    if part is not None:
        return int((Decimal(part) * pods / 100).to_integral_value(ROUND_CEILING))
    return count(share)


def least(manifest: Manifest, stack: Stack) -> int:
    """How many pods a workload has at least: those of its autoscaler's minimum, or its replicas.

    :param manifest: a workload of a kind of :data:`SCALED`; any other counts as one pod.
    :param stack: where its autoscaler is looked for.
    """
    if (manifest.group, manifest.kind) not in SCALED:
        return 1
    for autoscaler in stack.autoscalers.get((manifest.namespace, manifest.kind, manifest.name), ()):
        smallest = count(mapping(autoscaler.body, "spec").get("minReplicas"))
        return 1 if smallest is None else smallest
    replicas = count(mapping(manifest.body, "spec").get("replicas"))
    return 1 if replicas is None else replicas


def blocked(budget: Manifest, pods: int) -> str:
    """Why a PodDisruptionBudget lets no pod be evicted although all are healthy; empty where it lets some.

    :param budget: the PodDisruptionBudget.
    :param pods: how many pods it covers.

    Source: Kubernetes documentation, Specifying a Disruption Budget; a budget with neither number counts no pods, and
    so allows no disruption.
    """
    spec = mapping(budget.body, "spec")
    gone, there = spec.get("maxUnavailable"), spec.get("minAvailable")
    if gone is not None:
        number = rounded_up(gone, max(pods, 1))
        return f"maxUnavailable is {gone}" if number == 0 else ""
    if there is None:
        return "it has neither maxUnavailable nor minAvailable"
    number = rounded_up(there, pods)
    if number is None or number < pods or pods == 0:
        return ""
    told = f"{there}, which are {number} pods" if percent(there) is not None else str(there)
    return f"minAvailable is {told}, and it covers {pods}"
