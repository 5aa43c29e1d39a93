"""QoS: which pods a node evicts first, as Kubernetes works it out from requests and limits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilothouse import quantity
from pilothouse.lenient import listing, mapping
from pilothouse.pods import PodTemplate

if TYPE_CHECKING:
    from pilothouse.stack import Stack

GUARANTEED, BURSTABLE, BEST_EFFORT = "Guaranteed", "Burstable", "BestEffort"

_COUNTED = ("cpu", "memory")
"""The resources that decide. Source: Kubernetes, Pod Quality of Service Classes."""
Amounts = dict[str, Decimal]
"""Resource to amount: cores, bytes."""


def defaults(stack: Stack, namespace: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the LimitRanges of a namespace give to a container that says nothing: requests, and limits.

    A default limit is a default request too, a maximum is a default limit, a minimum a default request.
    Source: Kubernetes API reference, LimitRangeItem.
    """
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for manifest in stack.within(namespace, "", "LimitRange"):
        for item in listing(mapping(manifest.body.get("spec")).get("limits")):
            if mapping(item).get("type") == "Container":
                given = {**mapping(item.get("max")), **mapping(item.get("default"))}
                for name, amount in given.items():
                    limits.setdefault(name, amount)
                for name, amount in {
                    **mapping(item.get("min")),
                    **given,
                    **mapping(item.get("defaultRequest")),
                }.items():
                    requests.setdefault(name, amount)
    return requests, limits


def qos_class(template: PodTemplate, requests: dict[str, Any], limits: dict[str, Any]) -> str:
    """The class of a workload's pods.

    Guaranteed: every container, init containers too, has limits of CPU and memory, and its requests equal them.
    BestEffort: no container requests or limits either. Burstable: all others. Where the pod itself has resources, these
    decide. Source: Kubernetes, Pod Quality of Service Classes.

    :param template: the pods.
    :param requests: what a container requests that says nothing, as :func:`defaults` gives it.
    :param limits: what it is limited to, likewise.
    """
    if is_best_effort(template, requests, limits):
        return BEST_EFFORT
    own = mapping(template.spec.get("resources"))
    if _asks(own):
        asked = [(_with_limits(own), _amounts(own.get("limits")))]
    else:
        asked = [
            _resources(mapping(container.get("resources")), requests, limits)
            for _, container in template.containers("initContainers", "containers")
        ]
    complete = all(set(limited) == set(_COUNTED) for _, limited in asked)
    total_requests, total_limits = _sum(each for each, _ in asked), _sum(each for _, each in asked)
    return GUARANTEED if complete and total_requests == total_limits else BURSTABLE


def is_best_effort(template: PodTemplate, requests: dict[str, Any], limits: dict[str, Any]) -> bool:
    """Whether a workload's pods ask for nothing, with the parameters of :func:`qos_class`."""
    resources = [container.get("resources") for _, container in template.containers("containers", "initContainers")]
    if any(map(_asks, [*resources, template.spec.get("resources")])):
        return False
    return not resources or not (_amounts(requests) or _amounts(limits))


def _asks(resources: Any) -> bool:
    for field in ("requests", "limits"):
        named = mapping(resources, field)
        for name in _COUNTED:
            if name in named and (quantity.amount(named[name]) or 0) > 0:
                return True
    return False


def _resources(own: dict[str, Any], requests: dict[str, Any], limits: dict[str, Any]) -> tuple[Amounts, Amounts]:
    """What a container requests and is limited to in the end."""
    return (
        {**_amounts(requests), **_with_limits(own)},
        {**_amounts(limits), **_amounts(own.get("limits"))},
    )


def _with_limits(own: dict[str, Any]) -> Amounts:
    """The requests, where a limit without a request is one."""
    return {**_amounts(own.get("limits")), **_amounts(own.get("requests"))}


def _amounts(resources: Any) -> Amounts:
    found = quantity.amounts(resources)
    return {name: found[name] for name in _COUNTED if found.get(name, 0) > 0}


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for each in amounts:
        for name, amount in each.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total
