"""Rollout: how a workload's pods are replaced when its template changes, as its controller will do it."""

from __future__ import annotations

from typing import Any, NamedTuple

from pilothouse.availability import percent
from pilothouse.lenient import count, mapping
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, template_of
from pilothouse.stack import Stack

_DEADLINE = 600
"""Seconds without progress after which a Deployment gives up. Source: Kubernetes API reference, DeploymentSpec."""


class Rollout(NamedTuple):
    """What a change of a workload's pod template does to its pods."""

    pods: int
    """How many there are before and after; the least, where an autoscaler decides."""
    ready: int
    """How many are ready at every moment, if the new ones come up."""
    most: int
    """How many there are at once, old and new."""
    at_a_time: int
    """How many are replaced in one step."""
    seconds: int
    """How long it takes at least: what probes and ``minReadySeconds`` wait for, step by step."""
    gives_up: int | None
    """Seconds without progress after which it counts as failed, and stays where it is; None where it waits for ever."""
    revisions: int
    """How many earlier revisions are kept to go back to."""


def of(manifest: Manifest, stack: Stack) -> Rollout | None:
    """How an object's pods would be replaced.

    :param manifest: the object.
    :param stack: what it stands in: an autoscaler may decide how many pods there are.
    :returns: None for what is no Deployment or StatefulSet.
    """
    template = template_of(manifest)
    if template is None or not _is_rolled(manifest):
        return None
    spec = mapping(manifest.body, "spec")
    pods, surge, away = _pods(manifest, stack)
    at_a_time = max(1, min(pods, surge + away))
    wait = wait_for(manifest, template)
    return Rollout(
        pods=pods,
        ready=pods - away,
        most=pods + surge,
        at_a_time=at_a_time,
        seconds=-(-pods // at_a_time) * wait,
        gives_up=count(spec.get("progressDeadlineSeconds"), _DEADLINE) if manifest.kind == "Deployment" else None,
        revisions=count(spec.get("revisionHistoryLimit"), 10),
    )


def none_ready(manifest: Manifest, stack: Stack) -> int:
    """How many pods a change takes away all at once; 0 where some stay, or for what is no Deployment or StatefulSet.

    :param manifest: the object.
    :param stack: as for :func:`of`.
    """
    if not _is_rolled(manifest):
        return 0
    pods, _, away = _pods(manifest, stack)
    return pods if away >= pods else 0


def _is_rolled(manifest: Manifest) -> bool:
    return manifest.group == "apps" and manifest.kind in ("Deployment", "StatefulSet")


def _pods(manifest: Manifest, stack: Stack) -> tuple[int, int, int]:
    """How many pods there are, how many more there may be, and how many fewer may be ready."""
    spec = mapping(manifest.body, "spec")
    pods = count(spec.get("replicas"), _least(manifest, stack))
    return pods, *_steps(manifest.kind, spec, pods)


def _steps(kind: str, spec: dict[str, Any], pods: int) -> tuple[int, int]:
    """How many pods more there may be, and how many fewer may be ready.

    Source: Kubernetes documentation, Deployments, "Max Unavailable" and "Max Surge"; StatefulSets, "Update strategies".
    """
    if kind == "StatefulSet":
        update = mapping(spec, "updateStrategy")
        share = mapping(update, "rollingUpdate").get("maxUnavailable", 1)
        return 0, 0 if update.get("type") == "OnDelete" else max(1, min(pods, _share(share, pods, up=True)))
    strategy = mapping(spec, "strategy")
    if strategy.get("type") == "Recreate":
        return 0, pods
    rolling = mapping(strategy, "rollingUpdate")
    surge = _share(rolling.get("maxSurge", "25%"), pods, up=True)
    away = _share(rolling.get("maxUnavailable", "25%"), pods, up=False)
    # Both may come to 0 by rounding, and then no pod could be replaced: the controller takes one away.
    return (surge, min(pods, away)) if surge or away else (0, min(pods, 1))


def _share(share: Any, pods: int, *, up: bool) -> int:
    part = percent(share)
    if part is None:
        return count(share, 0)
    return -(-part * pods // 100) if up else part * pods // 100


def wait_for(manifest: Manifest, template: PodTemplate) -> int:
    """Seconds before a new pod can count as available: the slowest of its containers, then ``minReadySeconds``."""
    slowest = max((_before_ready(container) for _, container in template.containers()), default=0)
    return slowest + count(mapping(manifest.body, "spec").get("minReadySeconds"), 0)


def _before_ready(container: dict[str, Any]) -> int:
    probes = [mapping(container, name) for name in ("startupProbe", "readinessProbe")]
    delays = [count(probe.get("initialDelaySeconds"), 0) for probe in probes if probe]
    again = [
        (count(probe.get("successThreshold"), 1) - 1) * count(probe.get("periodSeconds"), 10)
        for probe in probes
        if probe
    ]
    return max(delays, default=0) + sum(again)


def _least(manifest: Manifest, stack: Stack) -> int:
    """How many pods an autoscaler of the workload keeps at least; 1 where there is none."""
    scaler = stack.autoscaler(manifest)
    return count(mapping(scaler.body, "spec").get("minReplicas"), 1) if scaler is not None else 1
