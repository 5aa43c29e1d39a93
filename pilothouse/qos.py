"""QoS: which pods a node evicts first, as Kubernetes works it out from requests and limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilothouse.lenient import listing, mapping
from pilothouse.pods import PodTemplate

if TYPE_CHECKING:
    from pilothouse.stack import Stack

GUARANTEED, BURSTABLE, BEST_EFFORT = "Guaranteed", "Burstable", "BestEffort"

_COUNTED = ("cpu", "memory")
"""The resources that decide. Source: Kubernetes, Pod Quality of Service Classes."""
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
_SUFFIXES = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(1000)}
_SUFFIXES |= {letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", start=2)}
_SUFFIXES |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)}

Amounts = dict[str, Decimal]
"""Resource to amount: cores, bytes."""


def quantity(value: object) -> Decimal | None:
    """A Kubernetes quantity (``500m``, ``128Mi``, ``1e3``, 2) as a number; None for what is none.

    Source: Kubernetes API reference, Quantity.
    """
    match = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    suffix = match[2] or ""
    if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix != "Ei":
        return Decimal(match[1] + suffix)
    return Decimal(match[1]) * _SUFFIXES[suffix]


def defaults(stack: Stack, namespace: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the LimitRanges of a namespace give to a container that says nothing: requests, and limits.

    A default limit is a default request too, a maximum is a default limit, a minimum a default request.
    Source: Kubernetes API reference, LimitRangeItem.
    """
    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for manifest in stack.of_kind("", "LimitRange"):
        if manifest.namespace != namespace:
            continue
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
    own = mapping(template.spec.get("resources"))
    if _amounts(own.get("requests")) or _amounts(own.get("limits")):
        asked = [(_with_limits(own), _amounts(own.get("limits")))]
    else:
        asked = [
            _resources(mapping(container.get("resources")), requests, limits)
            for _, container in template.containers("initContainers", "containers")
        ]
    if not any(requested or limited for requested, limited in asked):
        return BEST_EFFORT
    complete = all(set(limited) == set(_COUNTED) for _, limited in asked)
    total_requests, total_limits = _sum(each for each, _ in asked), _sum(each for _, each in asked)
    return GUARANTEED if complete and total_requests == total_limits else BURSTABLE


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
    found = {name: quantity(value) for name, value in mapping(resources).items() if name in _COUNTED}
    return {name: amount for name, amount in found.items() if amount is not None and amount > 0}


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for each in amounts:
        for name, amount in each.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total
