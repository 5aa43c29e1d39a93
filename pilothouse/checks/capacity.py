"""Capacity: what containers request, and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse import qos
from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, once_a_template
from pilothouse.quantity import amounts
from pilothouse.resources import OF_CONTAINERS, overcommits, refused_amount, refused_name
from pilothouse.stack import Stack

_LISTS = ("initContainers", "containers")


MI = 1024 * 1024


@once_a_template
def resources_of(pods: PodTemplate) -> list[tuple[FieldPath, str, dict[str, Any], qos.Amounts, qos.Amounts]]:
    """Each container that has resources: its path, its name, these, and in numbers its requests and its limits."""
    found = []
    for path, container in pods.containers(*_LISTS):
        resources = mapping(container.get("resources"))
        if resources:
            requests, limits = amounts(resources.get("requests")), amounts(resources.get("limits"))
            found.append((path, text(container.get("name")), resources, requests, limits))
    return found


@pod_check("RES001", Severity.ERROR, "a request above its limit", fields=("requests",))
def above_limit(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container is promised what it requests, and killed or slowed down beyond its limit: the API server refuses one
    whose request is the greater. Of huge pages and of what device plugins give, such as ``nvidia.com/gpu``, request and
    limit have to be the same, and the limit has to be there.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", resources: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", resources: {requests: {memory: 512Mi}, limits: {memory: 1Gi}}}
    ```

    Source: Kubernetes API reference, ResourceRequirements; "Schedule GPUs"; "Manage HugePages".
    """
    for path, name, resources, requests, limits in resources_of(pods):
        for resource, requested in requests.items():
            limit = limits.get(resource)
            if requested == limit or (overcommits(resource) and (limit is None or requested < limit)):
                continue
            at = (*path, "resources", "requests", resource)
            asked, said = resources["requests"][resource], mapping(resources.get("limits")).get(resource)
            if limit is not None and requested > limit:
                yield Problem(
                    manifest,
                    f"the container {name} requests {asked} of {resource}, and its limit is {said}",
                    at,
                    "request less, or raise the limit",
                )
            elif said is None:
                yield Problem(
                    manifest,
                    f"the container {name} requests {asked} of {resource} without a limit; the two have to be the same",
                    at,
                    f"name it under limits: a request of {resource} follows from its limit",
                )
            elif limit is not None:
                yield Problem(
                    manifest,
                    f"the container {name} requests {asked} of {resource}, and its limit is {said}: the two have to be"
                    " the same",
                    at,
                    "leave the request out: it follows from the limit",
                )


@pod_check("RES002", Severity.ERROR, "a resource that no container can have", fields=("requests", "limits"))
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A container may ask for ``cpu``, ``memory``, ``ephemeral-storage``, huge pages, and for what device plugins offer
    under a domain (``nvidia.com/gpu``), the latter in whole numbers, and never for less than nothing.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpus: 10m}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m}}}]}
    ```

    Source: Kubernetes documentation, "Resource Management for Pods and Containers", "Resource types".
    """
    for path, name, resources, requests, limits in resources_of(pods):
        for field, named in (("requests", requests), ("limits", limits)):
            for resource, amount in named.items():
                if resource in OF_CONTAINERS and amount >= 0:
                    continue  # as nearly every one
                wrong = refused_name(resource) or refused_amount(resource, amount)
                if wrong:
                    yield Problem(
                        manifest,
                        f"the container {name}: {wrong}, got {resource}: {resources[field][resource]}",
                        (*path, "resources", field, resource),
                    )


_LEAST_MEMORY = 4 * MI
"""Bytes below which no container starts, since the runtime's own first process needs as much.

Source: runc refuses less than 6 MiB at times, crun 512 KiB; 4 MiB is the least that Docker takes for a container."""


_MOST_CPU = 1000
"""Cores that no machine has."""


def _slip(resource: str, amount: Decimal, field: str, written: object) -> tuple[str, str] | None:
    """What somebody meant otherwise, and what to write; None where the amount can be meant."""
    if amount <= 0:
        return None
    if resource in ("memory", "ephemeral-storage"):
        if amount % 1 or text(written).endswith("m"):
            return (
                f"{written} of {resource} is {amount.normalize():f} bytes",
                "write Mi: m is a thousandth",
            )
        if field == "limits" and resource == "memory" and amount < _LEAST_MEMORY:
            return (
                f"{written} of memory is less than any container starts with",
                "write the unit, as in 64Mi",
            )
        if amount < MI // 16:
            return (
                f"{written} of {resource} is {amount.normalize():f} bytes",
                "write the unit, as in 64Mi",
            )
    if resource == "cpu" and amount >= 100:
        plain = amount % 50 == 0 and str(written).strip().isdecimal()
        if amount >= _MOST_CPU or plain:
            return f"{written} of cpu is {amount.normalize():f} cores", "write m for thousandths of a core, as in 500m"
    return None


@pod_check("RES003", Severity.WARNING, "a unit that nobody meant", fields=("requests", "limits"))
def slips(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``memory: 512m`` is half a byte, ``memory: 512`` is 512 bytes, and ``cpu: 500`` is five hundred cores. The API
    server takes all of them, the last with nothing but a Pending pod to show for it; a container with such a memory
    limit never starts.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 500, memory: 512m}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 500m, memory: 512Mi}}}]}
    ```

    Source: Kubernetes documentation, "Resource Management for Pods and Containers", "Memory resource units".
    """
    for path, name, resources, requests, limits in resources_of(pods):
        for field, named in (("requests", requests), ("limits", limits)):
            for resource, amount in named.items():
                slip = _slip(resource, amount, field, resources[field][resource])
                if slip is not None:
                    at = (*path, "resources", field, resource)
                    yield Problem(manifest, f"the container {name}: {slip[0]}", at, slip[1])


@stack_check(
    "RES004",
    Severity.ADVICE,
    "a container that requests no CPU or no memory",
    equals=(
        "kube-linter unset-cpu-requirements",
        "kube-linter unset-memory-requirements",
        "kube-score container-resources",
        "polaris cpuRequestsMissing",
        "polaris memoryRequestsMissing",
    ),
)
def half_requested(stack: Stack) -> Iterator[Problem]:
    """The scheduler counts what containers request, and nothing else: one that requests no memory is placed on a node
    as if it used none, and is among the first to be killed when memory runs short; one that requests no CPU gets the
    least share of it. Pods that request nothing at all are QOS001's.

    A limit is a request too, and so is what a LimitRange of the namespace gives.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 32Mi}}}]}
    ```

    Source: Kubernetes documentation, "Resource Management for Pods and Containers".
    """
    for namespace, workloads in stack.workloads.items():
        requests, limits = qos.defaults(stack, namespace)
        needed = {"cpu", "memory"}.difference(requests, limits)
        for manifest, pods in workloads if needed else ():
            for path, container in pods.containers():
                own = mapping(container, "resources")
                lacking = sorted(needed.difference(mapping(own.get("requests")), mapping(own.get("limits"))))
                if lacking and not mapping(pods.spec, "resources") and not qos.is_best_effort(pods, requests, limits):
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} requests no {' and no '.join(lacking)}",
                        (*path, "resources"),
                        "request what it uses on an ordinary day",
                    )
