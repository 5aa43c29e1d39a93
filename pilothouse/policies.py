"""Policies: which NetworkPolicies hold which pods, and what they let through.

Source: Kubernetes API reference, NetworkPolicySpec; Kubernetes documentation, "Network Policies".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

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


Pods = tuple[Manifest, PodTemplate]


class Policies:
    """The NetworkPolicies of a stack, and the pods that they hold.

    Pods with the network of their node are left out: no policy holds them.
    """

    def __init__(self, stack: Stack) -> None:
        self.all = [policy_of(manifest) for manifest in stack.of_kind(*KIND)]
        self.holds: list[list[Pods]] = [held_by(policy, stack) for policy in self.all]
        """The workloads that each policy holds, in the order of the policies."""
        self.of: dict[int, list[Policy]] = defaultdict(list)
        """The policies that hold a workload, by the ``id`` of its manifest."""
        for policy, pods in zip(self.all, self.holds, strict=True):
            for manifest, _ in pods:
                self.of[id(manifest)].append(policy)

    def held(self, stack: Stack) -> Iterator[tuple[Manifest, PodTemplate, list[Policy]]]:
        """Every workload of the stack, with the policies that hold its pods."""
        for workloads in stack.workloads.values():
            for each in workloads:
                if not _on_node(each):
                    yield *each, self.of.get(id(each[0]), [])


def _on_node(pods: Pods) -> bool:
    return pods[1].spec.get("hostNetwork") is True


def policy_of(manifest: Manifest) -> Policy:
    """A NetworkPolicy as the server completes it."""
    return Policy(manifest, mapping(manifest.body, "spec"))


_kept: WeakKeyDictionary[Stack, Policies] = WeakKeyDictionary()


def policies(stack: Stack) -> Policies:
    """The NetworkPolicies of a stack; looked up once, however many ask."""
    found = _kept.get(stack)
    if found is None:
        found = _kept[stack] = Policies(stack)
    return found


def held_by(policy: Policy, stack: Stack) -> list[Pods]:
    """The workloads whose pods a policy holds."""
    found = chosen(policy.manifest.namespace, policy.selector, stack)
    return [each for each in found if not _on_node(each)]


def chosen(namespace: str, selector: dict[str, Any], stack: Stack) -> list[Pods]:
    """The workloads of a namespace that a LabelSelector chooses; an empty one chooses all."""
    labels = mapping(selector, "matchLabels")
    pods = stack.selected(namespace, labels) if labels else stack.workloads.get(namespace, [])
    if not selector.get("matchExpressions"):
        return list(pods)
    return [each for each in pods if selects(selector, each[1].labels)]


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
