"""Placement: which of the nodes that an environment declares take a pod, as the scheduler filters them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pilothouse.lenient import listing, mapping, mappings

if TYPE_CHECKING:
    from pilothouse.environment import NodePool

NODES_OWN = ("kubernetes.io/", "beta.kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/")
"""Prefixes of labels that nodes get by themselves: an environment need not declare them."""


def chosen(spec: Mapping[str, Any], pool: NodePool) -> bool:
    """Whether a pod's ``nodeSelector`` and its required node affinity take a pool's nodes.

    A label that nodes get by themselves and the environment does not declare may be anything.
    Source: Kubernetes documentation, "Assigning Pods to Nodes".
    """
    for key, value in mapping(spec.get("nodeSelector")).items():
        if not _unknown(key, pool) and pool.labels.get(key) != str(value):
            return False
    required = mapping(mapping(spec.get("affinity")), "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = [term for _, term in mappings(required.get("nodeSelectorTerms"))]
    return not terms or any(_term(term, pool) for term in terms)


def tolerated(spec: Mapping[str, Any], pool: NodePool) -> bool:
    """Whether a pod tolerates every taint of a pool that keeps pods away.

    Source: Kubernetes documentation, "Taints and Tolerations".
    """
    tolerations = [toleration for _, toleration in mappings(spec.get("tolerations"))]
    return all(
        any(_tolerates(toleration, taint.key, taint.value, taint.effect) for toleration in tolerations)
        for taint in pool.taints
        if taint.effect != "PreferNoSchedule"
    )


def taking(spec: Mapping[str, Any], pools: Sequence[NodePool]) -> list[NodePool]:
    """The pools whose nodes a pod may go to."""
    return [pool for pool in pools if chosen(spec, pool) and tolerated(spec, pool)]


def _unknown(key: str, pool: NodePool) -> bool:
    return key not in pool.labels and key.startswith(NODES_OWN)


def _term(term: dict[str, Any], pool: NodePool) -> bool:
    expressions = [expression for _, expression in mappings(term.get("matchExpressions"))]
    if not expressions:
        return bool(listing(term.get("matchFields")))
    return all(_expression(expression, pool) for expression in expressions)


def _expression(expression: dict[str, Any], pool: NodePool) -> bool:
    key = str(expression.get("key"))
    if _unknown(key, pool):
        return True
    value = pool.labels.get(key)
    values = [str(each) for each in listing(expression.get("values"))]
    match expression.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            if value is None or len(values) != 1 or not (_whole(value) and _whole(values[0])):
                return False
            return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
    return True


def _whole(value: str) -> bool:
    return len(value) < 20 and value.removeprefix("-").isdecimal()


def _tolerates(toleration: dict[str, Any], key: str, value: str, effect: str) -> bool:
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("key") in (None, ""):
        return toleration.get("operator") == "Exists"
    if toleration.get("key") != key:
        return False
    return toleration.get("operator") == "Exists" or str(toleration.get("value") or "") == value
