"""Indexes: what several judges look up in a stack, worked out once for each."""

from __future__ import annotations

import functools
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import text
from pilothouse.manifest import Identity, Manifest
from pilothouse.mesh import destinations, namespace_of
from pilothouse.stack import Stack

Found = TypeVar("Found")


def once_a_stack(look: Callable[[Stack], Found]) -> Callable[[Stack], Found]:
    """Keep what a function finds in a stack for as long as that lives."""
    known: weakref.WeakKeyDictionary[Stack, Found] = weakref.WeakKeyDictionary()

    @functools.wraps(look)
    def kept(stack: Stack) -> Found:
        if stack not in known:
            known[stack] = look(stack)
        return known[stack]

    return kept


@once_a_stack
def services_of(stack: Stack) -> Mapping[Identity, list[Identity]]:
    """The Services that select each workload's pods."""
    found: dict[Identity, list[Identity]] = defaultdict(list)
    for service, _, selected in stack.services:
        for workload, _ in selected:
            found[workload.identity].append(service.identity)
    return found


@once_a_stack
def budgets_of(stack: Stack) -> Mapping[Identity, list[tuple[Manifest, int]]]:
    """The PodDisruptionBudgets of each workload, each with how many workloads it covers."""
    found: dict[Identity, list[tuple[Manifest, int]]] = defaultdict(list)
    for budget, pods in stack.budgets:
        for workload, _ in pods:
            found[workload.identity].append((budget, len(pods)))
    return found


@once_a_stack
def without_pods(stack: Stack) -> frozenset[Identity]:
    """The Services that have a selector, and select no pod."""
    return frozenset(service.identity for service, selector, selected in stack.services if selector and not selected)


@once_a_stack
def subset_routes(stack: Stack) -> Mapping[tuple[str, str], list[tuple[Manifest, FieldPath]]]:
    """Where VirtualServices lead to a host's subset: the fields that name it, by both."""
    found: dict[tuple[str, str], list[tuple[Manifest, FieldPath]]] = defaultdict(list)
    for service in stack.mesh.of("VirtualService"):
        for path, destination in destinations(service):
            host = stack.mesh.full(text(destination.get("host")), namespace_of(service))
            if subset := text(destination.get("subset")):
                found[host, subset].append((service, (*path, "subset")))
    return found
