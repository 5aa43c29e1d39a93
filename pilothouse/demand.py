"""Demand: what a workload's pods request together, and how many of them there may be."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from pilothouse import qos, rollout
from pilothouse.lenient import count, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import PodTemplate
from pilothouse.quantity import amounts
from pilothouse.stack import Stack

Amounts = dict[str, Decimal]
"""Resource to amount: cores, bytes, pieces."""


class Demand(NamedTuple):
    """One workload's."""

    manifest: Manifest
    template: PodTemplate
    requests: Amounts
    """What each pod requests in the end, LimitRanges and the RuntimeClass's overhead counted."""
    limits: Amounts
    """What each pod is limited to; a resource that one of its containers has no limit of is left out."""
    least: int
    """How many pods there are on a quiet day."""
    most: int
    """How many there are where an autoscaler or a Job goes to its bound."""
    surge: int
    """How many more there must be before a rollout can remove an old one; 0 where it need not wait for any."""
    on_each_node: bool
    """Whether there is one on every node that takes it; ``least`` and ``most`` then count one node's."""


_known: weakref.WeakKeyDictionary[Stack, dict[str, list[Demand]]] = weakref.WeakKeyDictionary()
"""What is worked out already: several checks ask for the same."""


def of_namespace(stack: Stack, namespace: str) -> list[Demand]:
    """The demand of every workload of a namespace.

    :param stack: the objects.
    :param namespace: which; it may be empty, for objects that name none.
    """
    known = _known.setdefault(stack, {})
    if namespace not in known:
        known[namespace] = list(_of_namespace(stack, namespace))
    return known[namespace]


def _of_namespace(stack: Stack, namespace: str) -> Iterator[Demand]:
    for manifest, template in stack.workloads.get(namespace, ()):
        if manifest.kind != "PodTemplate" and not _is_owned(manifest):
            yield of_workload(manifest, template, stack)


def of_workload(manifest: Manifest, template: PodTemplate, stack: Stack) -> Demand:
    """The demand of one workload.

    :param manifest: the workload.
    :param template: its pods.
    :param stack: what it stands in: LimitRanges, a RuntimeClass and an autoscaler count.
    """
    requests, limits = (amounts(given) for given in qos.defaults(stack, manifest.namespace))
    overhead = _overhead(stack, text(template.spec.get("runtimeClassName")))
    least, most = _counts(manifest, stack)
    replaced = rollout.of(manifest, stack)
    return Demand(
        manifest,
        template,
        _added(_of_pod(template, "requests", requests, limits), overhead),
        _added(_of_pod(template, "limits", {}, limits), overhead),
        least,
        max(least, most),
        replaced.most - replaced.pods if replaced is not None and replaced.ready >= replaced.pods else 0,
        manifest.kind == "DaemonSet",
    )


def total(parts: Iterable[tuple[Amounts, int]]) -> Amounts:
    """The sum of amounts, each so many times."""
    summed: Amounts = {}
    for amount, times in parts:
        for resource, each in amount.items():
            summed[resource] = summed.get(resource, Decimal(0)) + each * times
    return summed


def written(resource: str, amount: Decimal) -> str:
    """An amount as a person writes it: ``1500m`` of CPU, ``2.5Gi`` of memory."""
    if resource.endswith("cpu") and amount % 1:
        return f"{(amount * 1000).normalize():f}m"
    if resource.endswith(("memory", "storage")):
        for suffix, factor in (("Ti", 1024**4), ("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
            if amount >= factor:
                return f"{round(amount / factor, 2).normalize():f}{suffix}"
    return f"{amount.normalize():f}"


def _is_owned(manifest: Manifest) -> bool:
    return bool(mappings(mapping(manifest.body, "metadata").get("ownerReferences")))


def _overhead(stack: Stack, runtime: str) -> Amounts:
    """What a RuntimeClass adds to each pod; nothing where the stack has none of that name."""
    classes = stack.by_identity.get(Identity("node.k8s.io", "RuntimeClass", "", runtime), ()) if runtime else ()
    return amounts(mapping(classes[0].body, "overhead", "podFixed")) if classes else {}


def _counts(manifest: Manifest, stack: Stack) -> tuple[int, int]:
    """How many pods there are at least, and at most."""
    spec = mapping(manifest.body, "spec")
    scaler = stack.autoscaler(manifest)
    if manifest.kind in ("Pod", "DaemonSet"):
        return 1, 1
    if manifest.kind in ("Job", "CronJob"):
        spec = mapping(spec, "jobTemplate", "spec") if manifest.kind == "CronJob" else spec
        parallel = count(spec.get("parallelism"), 1)
        return 0, min(parallel, count(spec.get("completions"), parallel))
    if scaler is not None:
        bounds = mapping(scaler.body, "spec")
        least = count(bounds.get("minReplicas"), 1)
        return least, count(bounds.get("maxReplicas"), least)
    replicas = count(spec.get("replicas"), 1)
    return replicas, replicas


def _of_pod(template: PodTemplate, field: str, given: Amounts, given_limits: Amounts) -> Amounts:
    """What one pod requests, or is limited to.

    Source: Kubernetes documentation, "Init Containers", "Resource sharing within containers"; KEP-753; KEP-2837.
    """
    own = mapping(template.spec, "resources")
    running: Amounts = {}
    highest: Amounts = {}
    lists = [("initContainers", container) for _, container in template.containers("initContainers")]
    lists += [("containers", container) for _, container in template.containers()]
    unlimited: set[str] = set()
    for name, container in lists:
        resources = mapping(container, "resources")
        asked = amounts(resources.get("limits"))
        if field == "requests":
            asked = {**given, **asked, **amounts(resources.get("requests"))}
        else:
            asked = {**given_limits, **asked}
            unlimited.update({"cpu", "memory"} - asked.keys())
        if name == "containers" or container.get("restartPolicy") == "Always":
            running = total([(running, 1), (asked, 1)])
        else:
            highest = _highest(highest, total([(running, 1), (asked, 1)]))
    found = {**_highest(running, highest), **amounts(own.get("limits"))}
    if field == "requests":
        found = {**found, **amounts(own.get("requests"))}
    return {resource: amount for resource, amount in found.items() if resource not in unlimited or resource in own}


def _highest(first: Amounts, second: Amounts) -> Amounts:
    return {each: max(first.get(each, Decimal(0)), second.get(each, Decimal(0))) for each in [*first, *second]}


def _added(asked: Amounts, overhead: Amounts) -> Amounts:
    return total([(asked, 1), (overhead, 1)]) if overhead else asked
