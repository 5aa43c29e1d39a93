"""Scheduling: what pods ask of the nodes, and what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import qos
from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.stack import Stack


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
