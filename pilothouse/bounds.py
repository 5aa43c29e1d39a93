"""Bounds: what the ResourceQuotas of a namespace allow to its pods, and whether more of them have room."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from pilothouse import demand
from pilothouse.demand import Amounts, Demand
from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.quantity import amounts
from pilothouse.resources import overcommits
from pilothouse.stack import Stack

QUOTA = ("", "ResourceQuota")
ALIASES = {"cpu": "requests.cpu", "memory": "requests.memory", "ephemeral-storage": "requests.ephemeral-storage"}
"""Names of a quota's resources, and what each is the same as."""


class Bounds(NamedTuple):
    """What the quotas of one namespace allow together."""

    of: dict[str, tuple[Decimal, Manifest, FieldPath]]
    """Resource to the least bound, the quota that sets it, and its field there."""
    quiet: Amounts
    """What the namespace's pods need on a quiet day; empty where there is no bound."""

    def exceeded(self, needed: Amounts) -> tuple[str, Decimal, Manifest] | None:
        """The first bound below what is needed: its resource, its amount and its quota; None where all is allowed."""
        for resource, (bound, quota, _) in self.of.items():
            if needed.get(resource, 0) > bound:
                return resource, bound, quota
        return None


_known: weakref.WeakKeyDictionary[Stack, dict[str, Bounds]] = weakref.WeakKeyDictionary()
"""What is worked out already."""


def bounds_of(stack: Stack, namespace: str) -> Bounds:
    """What the quotas of a namespace allow. Those with scopes count some pods only, and are left out.

    :param stack: the objects.
    :param namespace: which.
    """
    known = _known.setdefault(stack, {})
    if namespace not in known:
        found: dict[str, tuple[Decimal, Manifest, FieldPath]] = {}
        for quota in stack.within(namespace, *QUOTA):
            spec = mapping(quota.body, "spec")
            if spec.get("scopes") or spec.get("scopeSelector"):
                continue
            for resource, amount in amounts(spec.get("hard")).items():
                name = ALIASES.get(resource, resource)
                if name not in found or amount < found[name][0]:
                    found[name] = amount, quota, ("spec", "hard", resource)
        demands = demand.of_namespace(stack, namespace) if found else ()
        known[namespace] = Bounds(found, of_pods((each, each.least) for each in demands))
    return known[namespace]


def of_pods(counted: Iterable[tuple[Demand, int]]) -> Amounts:
    """What pods need of each resource that a quota can bound.

    :param counted: workloads, and how many pods of each.
    """
    parts: list[tuple[Amounts, int]] = []
    for each, count in counted:
        needs = {"pods": Decimal(1), "count/pods": Decimal(1)}
        needs |= {f"requests.{resource}": amount for resource, amount in each.requests.items()}
        needs |= {f"limits.{resource}": amount for resource, amount in each.limits.items() if overcommits(resource)}
        parts.append((needs, count))
    return demand.total(parts)
