"""Policies: which NetworkPolicies hold which pods, and what they let through.

Source: Kubernetes API reference, NetworkPolicySpec; Kubernetes documentation, "Network Policies".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.references import selects
from pilothouse.stack import Stack

KIND = ("networking.k8s.io", "NetworkPolicy")


class Policy(NamedTuple):
    """One NetworkPolicy, as the server completes it."""

    manifest: Manifest
    spec: dict[str, Any]

    @property
    def selector(self) -> dict[str, Any]:
        """The pods that it holds; an empty one for all of its namespace."""
        return mapping(self.spec, "podSelector")

    @property
    def types(self) -> list[Any]:
        """The directions that it rules: ``Ingress``, ``Egress``."""
        named = listing(self.spec.get("policyTypes"))
        return named or ["Ingress", *(["Egress"] if self.spec.get("egress") else [])]

    def rules(self, direction: str) -> list[tuple[int, dict[str, Any]]]:
        """What it lets through in one direction, each rule with its place.

        :param direction: ``Ingress`` or ``Egress``.
        """
        return mappings(self.spec.get(direction.lower())) if direction in self.types else []


def policies(stack: Stack) -> list[Policy]:
    """The NetworkPolicies of a stack."""
    return [Policy(manifest, mapping(manifest.body, "spec")) for manifest in stack.of_kind(*KIND)]


Pods = tuple[Manifest, PodTemplate]


def held(stack: Stack) -> Iterator[tuple[Manifest, PodTemplate, list[Policy]]]:
    """Every workload of the stack, with the policies that hold its pods.

    Pods with the network of their node are left out: no policy holds them.
    """
    by_namespace: dict[str, list[Policy]] = defaultdict(list)
    for policy in policies(stack):
        by_namespace[policy.manifest.namespace].append(policy)
    for namespace, workloads in stack.workloads.items():
        known = by_namespace.get(namespace, [])
        for manifest, template in workloads:
            if template.spec.get("hostNetwork") is not True:
                yield manifest, template, [each for each in known if selects(each.selector, template.labels)]


def lets_port(rules: Iterable[tuple[int, dict[str, Any]]], port: int | str | None, protocol: str) -> bool:
    """Whether one of some rules lets a port through, from or to anybody.

    :param port: a number, or the name of a port of the pods.
    :param protocol: ``TCP``, ``UDP`` or ``SCTP``.
    """
    for _, rule in rules:
        ports = mappings(rule.get("ports"))
        if not ports:
            return True
        for _, each in ports:
            if (text(each.get("protocol")) or "TCP") != protocol:
                continue
            first, last = each.get("port"), each.get("endPort")
            if first is None or first == port:
                return True
            if isinstance(first, int) and isinstance(last, int) and isinstance(port, int) and first <= port <= last:
                return True
    return False
