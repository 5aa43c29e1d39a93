"""Scheduling: what pods ask of the nodes, and what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import qos, quantity
from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.stack import Stack


@stack_check("LIM001", Severity.ERROR, "a container that its namespace's LimitRange refuses")
def within_limits(stack: Stack) -> Iterator[Problem]:
    """A LimitRange gives a limit to containers that name none. Where that is below what such a container requests, the
    API server refuses its pods: a Deployment of them is taken, and then never has any.

    ```yaml bad
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: default}
    spec: {limits: [{type: Container, default: {cpu: 500m}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: default}
    spec: {limits: [{type: Container, default: {cpu: 500m}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}, limits: {cpu: "2"}}}]}
    ```
    """
    ranges = {manifest.namespace for manifest in stack.of_kind("", "LimitRange")}
    for namespace in sorted(ranges & stack.workloads.keys()):
        given = quantity.amounts(qos.defaults(stack, namespace)[1])
        for manifest, template in stack.workloads[namespace]:
            for path, container in template.containers("containers", "initContainers"):
                named = mapping(container, "resources")
                requests, limits = quantity.amounts(named.get("requests")), quantity.amounts(named.get("limits"))
                for resource in requests.keys() & given.keys() - limits.keys():
                    if requests[resource] > given[resource]:
                        yield Problem(
                            manifest,
                            f"container {container.get('name')} requests {named['requests'][resource]} of {resource}"
                            f" and names no limit, and the LimitRange of {namespace} gives it a smaller one",
                            (*path, "resources", "requests", resource),
                            "name a limit, or give a greater one in the LimitRange",
                        )


@stack_check("QOS001", Severity.WARNING, "pods that are the first to be evicted")
def best_effort(stack: Stack) -> Iterator[Problem]:
    """Pods whose containers request nothing, and are limited in nothing, are of the QoS class BestEffort. The scheduler
    puts any number of them on a node, and the node that runs short of memory kills them first. Those that request
    something are Burstable; those whose requests equal their limits, of CPU and memory in every container, Guaranteed.

    A LimitRange of the namespace that gives default requests counts. ``pilothouse explain`` names the class of every
    workload.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 32Mi}}}]}
    ```

    Source: Kubernetes documentation, "Pod Quality of Service Classes".
    """
    for namespace, workloads in stack.workloads.items():
        requests, limits = qos.defaults(stack, namespace)
        for manifest, template in workloads:
            if qos.is_best_effort(template, requests, limits):
                yield Problem(
                    manifest,
                    "the QoS class of its pods is BestEffort: no container requests anything, nor does a LimitRange",
                    (*template.path, "spec", "containers"),
                    "name requests of CPU and memory",
                )
