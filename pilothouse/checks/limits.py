"""Limits: what a container may take at most."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import qos
from pilothouse.checks.capacity import MI, resources_of
from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


@stack_check(
    "RES005",
    Severity.ADVICE,
    "a container that may take all memory of its node",
    equals=("polaris memoryLimitsMissing",),
)
def without_memory_limit(stack: Stack) -> Iterator[Problem]:
    """A container without a memory limit grows until its node has no memory left, and then the node kills whichever pod
    is furthest above its requests. With a limit, the one that leaks is the one that is restarted.

    A CPU limit is another matter: a container that may not use idle CPU is slower than it need be. Nothing asks for it.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 32Mi}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}}
    ```

    Source: Kubernetes documentation, "Node-pressure Eviction"; "Pod Quality of Service Classes".
    """
    for namespace, workloads in stack.workloads.items():
        requests, limits = qos.defaults(stack, namespace)
        for manifest, pods in workloads if "memory" not in limits else ():
            if "memory" in mapping(pods.spec, "resources", "limits"):
                continue
            for path, container in pods.containers():
                limited = "memory" in mapping(mapping(container.get("resources")).get("limits"))
                if not limited and not qos.is_best_effort(pods, requests, limits):
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} has no memory limit",
                        (*path, "resources"),
                        "limit its memory to what it uses on its worst day",
                    )


_FAR = 8
"""How many times the request a limit may be before more is promised than there is."""


@pod_check("RES006", Severity.ADVICE, "a memory limit far above its request", fields=("limits",))
def far_above(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A node is filled by requests. Where limits are many times as high, its pods may together use many times the
    memory it has, and it kills some of them. Memory cannot be taken back as CPU can.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 8Gi}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", resources: {requests: {cpu: 10m, memory: 4Gi}, limits: {memory: 8Gi}}}
    ```

    Source: Kubernetes documentation, "Node-pressure Eviction", "Node out of memory behavior".
    """
    for path, name, resources, requests, limits in resources_of(pods):
        requested, limit = requests.get("memory"), limits.get("memory")
        if requested is None or limit is None or requested <= 0:
            continue
        if limit > _FAR * requested and limit - requested >= 256 * MI:
            written = resources["requests"]["memory"], resources["limits"]["memory"]
            yield Problem(
                manifest,
                f"the container {name} requests {written[0]} of memory and may use {written[1]}",
                (*path, "resources", "limits", "memory"),
                "request what it uses on an ordinary day, or lower the limit",
            )
