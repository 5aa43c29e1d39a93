"""Scratch: folders that pods fill on their node, or in its memory."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pilothouse import qos
from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.quantity import amounts
from pilothouse.stack import Stack


@pod_check(
    "RES007",
    Severity.ADVICE,
    "a scratch folder that may fill its node",
    fields=("emptyDir",),
    equals=("kube-score container-ephemeral-storage-request-and-limit",),
)
def unbounded_scratch(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """An ``emptyDir`` lies on the node's own disk. Without a ``sizeLimit``, and without a limit of
    ``ephemeral-storage`` on the containers, one pod can fill the disk, and the node then evicts others as well.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: scratch, emptyDir: {}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: scratch, emptyDir: {sizeLimit: 1Gi}}]
    ```

    Source: Kubernetes documentation, "Local ephemeral storage"; "Volumes", "emptyDir".
    """
    if all("ephemeral-storage" in mapping(container, "resources", "limits") for _, container in pods.containers()):
        return
    for index, volume in mappings(pods.spec.get("volumes")):
        scratch = volume.get("emptyDir")
        if isinstance(scratch, dict) and scratch.get("medium") != "Memory" and scratch.get("sizeLimit") is None:
            yield Problem(
                manifest,
                f"the volume {volume.get('name')} has no sizeLimit, and a container has no limit of ephemeral-storage",
                (*pods.path, "spec", "volumes", index, "emptyDir"),
                "give it a sizeLimit",
            )


@stack_check("RES008", Severity.ADVICE, "a folder in memory without a bound")
def unbounded_memory(stack: Stack) -> Iterator[Problem]:
    """An ``emptyDir`` of ``medium: Memory`` is memory, and counts against the limits of the containers that write to
    it. Without a ``sizeLimit`` it may grow to what the pod's containers are limited to together, or where one has no
    limit, to what the node has: a file too many, and the container is killed, or the node is short of memory. One
    whose ``sizeLimit`` is above those limits cannot be filled.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", resources: {requests: {memory: 64Mi}}}]
      volumes: [{name: cache, emptyDir: {medium: Memory}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", resources: {requests: {memory: 64Mi}, limits: {memory: 512Mi}}}]
      volumes: [{name: cache, emptyDir: {medium: Memory, sizeLimit: 128Mi}}]
    ```

    Source: Kubernetes documentation, "Volumes", "emptyDir".
    """
    for namespace, workloads in stack.workloads.items():
        given: dict[str, Decimal] | None = None
        for manifest, pods in workloads:
            volumes = pods.spec.get("volumes")
            for index, volume in mappings(volumes):
                folder = mapping(volume, "emptyDir")
                if folder.get("medium") != "Memory":
                    continue
                if given is None:
                    given = amounts(qos.defaults(stack, namespace)[1])
                bound = _memory_bound(pods, given)
                at = (*pods.path, "spec", "volumes", index, "emptyDir")
                size = amounts(folder).get("sizeLimit")
                if size is None and bound is None:
                    message = (
                        "grows to all memory of its node: it has no sizeLimit, and a container has no memory limit"
                    )
                    yield Problem(manifest, f"the volume {volume.get('name')} {message}", at, "give it a sizeLimit")
                elif size is not None and bound is not None and size >= bound:
                    yield Problem(
                        manifest,
                        f"the volume {volume.get('name')} may hold {folder['sizeLimit']} of memory, and the"
                        " containers are killed when they use as much",
                        (*at, "sizeLimit"),
                        "raise the memory limits above it, or lower it",
                    )


def _memory_bound(pods: PodTemplate, given: dict[str, Decimal]) -> Decimal | None:
    """What the containers may use of memory together; None where one of them has no limit."""
    own = amounts(mapping(pods.spec, "resources", "limits")).get("memory")
    if own is not None:
        return own
    limits = [
        amounts(mapping(container, "resources", "limits")).get("memory", given.get("memory"))
        for _, container in pods.containers()
    ]
    return None if None in limits else sum((limit for limit in limits if limit is not None), Decimal(0))
