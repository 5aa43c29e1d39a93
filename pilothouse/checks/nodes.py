"""Nodes: whether those that an environment declares hold the pods of its stack."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pilothouse import demand, placement
from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.demand import Amounts, Demand, written
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.references import selects
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.environment import NodePool


def _demands(stack: Stack) -> Iterator[tuple[Demand, list[NodePool]]]:
    """Each workload's demand, with the declared pools that take its pods; nothing where none is declared."""
    pools = stack.environment.nodes
    if not pools:
        return
    for namespace in stack.workloads:
        for each in demand.of_namespace(stack, namespace):
            if not each.template.spec.get("nodeName"):
                yield each, placement.taking(each.template.spec, pools)


@stack_check(
    "CAP001",
    Severity.ERROR,
    "pods that no node may hold",
)
def nowhere(stack: Stack) -> Iterator[Problem]:
    """Where the environment declares its nodes, a pod whose ``nodeSelector`` or required node affinity no pool's labels
    meet, or which tolerates none of their taints, stays Pending for ever.

    Labels that nodes get by themselves, such as ``kubernetes.io/arch``, count only where the environment declares them.

    ```yaml bad
    # file: environment.yaml
    nodes:
    - {name: workers, count: 3, cpu: 4, memory: 16Gi, labels: {disk: hdd}}
    # file: example.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {nodeSelector: {disk: ssd}, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    # file: environment.yaml
    nodes:
    - {name: workers, count: 3, cpu: 4, memory: 16Gi, labels: {disk: ssd}}
    # file: example.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {nodeSelector: {disk: ssd}, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, "Assigning Pods to Nodes"; "Taints and Tolerations".
    """
    for each, pools in _demands(stack):
        if pools:
            continue
        spec, at = each.template.spec, (*each.template.path, "spec")
        if any(placement.chosen(spec, pool) for pool in stack.environment.nodes):
            taints = ", ".join(sorted({taint.key for pool in stack.environment.nodes for taint in pool.taints}))
            message, field = (
                f"its pods do not tolerate the taints of the nodes that they may go to ({taints})",
                "tolerations",
            )
        elif spec.get("nodeSelector"):
            message, field = "no declared node has the labels that its nodeSelector asks for", "nodeSelector"
        else:
            message, field = "no declared node has the labels that its node affinity asks for", "affinity"
        yield Problem(each.manifest, message, (*at, field), "mend it, or declare such nodes in the environment file")


@stack_check("CAP002", Severity.ERROR, "pods that are larger than every node")
def too_large(stack: Stack) -> Iterator[Problem]:
    """A pod goes to one node, which must have all that its containers request together. Where the environment declares
    its nodes, a pod that requests more than any of those it may go to has stays Pending for ever.

    ```yaml bad
    # file: environment.yaml
    nodes:
    - {name: workers, count: 30, cpu: 3920m, memory: 14Gi}
    # file: example.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "4"}}}]}
    ```

    ```yaml good
    # file: environment.yaml
    nodes:
    - {name: workers, count: 30, cpu: 3920m, memory: 14Gi}
    # file: example.yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "3"}}}]}
    ```

    Source: Kubernetes documentation, "Resource Management for Pods and Containers", "How Pods with resource requests
    are scheduled".
    """
    for each, pools in _demands(stack):
        lacking = [_lacking(each.requests, pool) for pool in pools]
        if lacking and all(lacking):
            resource, had = max((short for short in lacking if short), key=lambda short: (short[0], short[1]))
            yield Problem(
                each.manifest,
                f"each of its pods requests {written(resource, each.requests[resource])} of {resource}, and the nodes"
                f" that it may go to have {written(resource, had)} at most",
                (*each.template.path, "spec", "containers"),
                "request less, or declare larger nodes in the environment file",
            )


def _lacking(requests: Amounts, pool: NodePool) -> tuple[str, Decimal] | None:
    """A resource of which a node has less than a pod requests, and how much it has."""
    had = pool.allocatable
    for resource, amount in requests.items():
        known = resource in had or resource != "ephemeral-storage"
        if known and amount > had.get(resource, 0):
            return resource, had.get(resource, Decimal(0))
    return None


def _capacity(pools: list[NodePool]) -> Amounts:
    return demand.total((pool.allocatable, pool.count) for pool in pools)


def _needed(demands: list[tuple[Demand, list[NodePool]]], *, most: bool) -> Amounts:
    """What workloads request together, on each of the nodes for those that run on each."""
    return demand.total(
        (
            {**each.requests, "pods": Decimal(1)},
            sum(pool.count for pool in pools) if each.on_each_node else each.most if most else each.least,
        )
        for each, pools in demands
    )


def _beyond(needed: Amounts, capacity: Amounts) -> tuple[str, Decimal, Decimal] | None:
    """A resource of which more is needed than there is: what is needed, and what is there."""
    for resource in ("cpu", "memory", "pods", *sorted(capacity.keys() - {"cpu", "memory", "pods"})):
        if resource in capacity and needed.get(resource, 0) > capacity[resource]:
            return resource, needed[resource], capacity[resource]
    return None


def _grouped(stack: Stack) -> Iterator[tuple[list[NodePool], list[tuple[Demand, list[NodePool]]]]]:
    """Each set of pools that some workload is confined to, with all that are confined to it or to a part of it."""
    demands = [(each, pools) for each, pools in _demands(stack) if pools]
    sets: dict[frozenset[str], list[NodePool]] = {frozenset(pool.name for pool in pools): pools for _, pools in demands}
    for names, pools in sets.items():
        confined = [(each, of) for each, of in demands if names >= {pool.name for pool in of}]
        yield pools, confined


@stack_check("CAP003", Severity.WARNING, "more requested than the nodes have")
def overfull(stack: Stack) -> Iterator[Problem]:
    """All pods of a stack together request more than the nodes that they may go to have: some of them stay Pending.
    Counted are the pods of a quiet day, an autoscaler's least, and a DaemonSet's on each node; no Jobs.

    ```yaml bad
    # file: environment.yaml
    nodes:
    - {name: workers, count: 2, cpu: 2, memory: 4Gi}
    # file: example.yaml
    apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 5
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    ```yaml good
    # file: environment.yaml
    nodes:
    - {name: workers, count: 3, cpu: 2, memory: 4Gi}
    # file: example.yaml
    apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 5
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    Source: Kubernetes documentation, "Resource Management for Pods and Containers".
    """
    for pools, demands in _grouped(stack):
        beyond = _beyond(_needed(demands, most=False), _capacity(pools))
        if beyond is not None:
            resource, needed, had = beyond
            largest, _ = max(demands, key=lambda pair: _share(pair, resource))
            where = ", ".join(pool.name for pool in pools)
            yield Problem(
                largest.manifest,
                f"the pods of the pools {where} request {written(resource, needed)} of {resource} together, and"
                f" their nodes have {written(resource, had)}; these are the most of it",
                (*largest.template.path, "spec"),
                "request less, run fewer, or declare more nodes in the environment file",
            )


def _share(pair: tuple[Demand, list[NodePool]], resource: str) -> Decimal:
    return _needed([pair], most=False).get(resource, Decimal(0))


@stack_check(
    "CAP004",
    Severity.WARNING,
    "an autoscaler that outgrows the nodes",
)
def outgrown(stack: Stack) -> Iterator[Problem]:
    """An autoscaler whose greatest number of pods does not fit onto the declared nodes beside what else runs there:
    under the load that it is made for, the last of its pods stay Pending.

    ```yaml bad
    # file: environment.yaml
    nodes:
    - {name: workers, count: 2, cpu: 2, memory: 4Gi}
    # file: example.yaml
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: shop}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 10}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    ```yaml good
    # file: environment.yaml
    nodes:
    - {name: workers, count: 6, cpu: 2, memory: 4Gi}
    # file: example.yaml
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: shop}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 10}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    Source: Kubernetes documentation, "Horizontal Pod Autoscaling".
    """
    if not stack.environment.nodes:
        return
    for pools, demands in _grouped(stack):
        quiet, capacity = _needed(demands, most=False), _capacity(pools)
        if _beyond(quiet, capacity) is not None:
            continue  # CAP003 says so
        for each, of in demands:
            scaler = stack.autoscaler(each.manifest)
            if scaler is None or len(of) != len(pools):
                continue
            more = {**each.requests, "pods": Decimal(1)}
            beyond = _beyond(demand.total([(quiet, 1), (more, each.most - each.least)]), capacity)
            if beyond is not None:
                resource, needed, had = beyond
                yield Problem(
                    scaler,
                    f"with its {each.most} pods, {written(resource, needed)} of {resource} are requested, and the nodes"
                    f" have {written(resource, had)}",
                    ("spec", "maxReplicas"),
                    "lower maxReplicas, request less, or declare more nodes in the environment file",
                )


_HOST = "kubernetes.io/hostname"


@stack_check("CAP005", Severity.WARNING, "more pods that keep apart than there are places")
def crowded(stack: Stack) -> Iterator[Problem]:
    """Pods that must not share a node (required anti-affinity against themselves), or must be spread over a topology
    that the declared nodes do not have (``topologySpreadConstraints`` with ``DoNotSchedule``): those for which no place
    is left stay Pending. A rollout that needs one node more for its first new pod never begins.

    ```yaml bad
    # file: environment.yaml
    nodes:
    - {name: workers, count: 3, cpu: 4, memory: 16Gi}
    # file: example.yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      replicas: 5
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}
          containers: [{name: db, image: "postgres:17.6"}]
    ```

    ```yaml good
    # file: environment.yaml
    nodes:
    - {name: workers, count: 5, cpu: 4, memory: 16Gi}
    # file: example.yaml
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      replicas: 5
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}
          containers: [{name: db, image: "postgres:17.6"}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec: {clusterIP: None, selector: {app: db}}
    ```

    Source: Kubernetes documentation, "Assigning Pods to Nodes", "Inter-pod affinity and anti-affinity"; "Pod Topology
    Spread Constraints".
    """
    for each, pools in _demands(stack):
        if not pools or each.on_each_node:
            continue
        spec, at = each.template.spec, (*each.template.path, "spec")
        apart = mapping(spec, "affinity", "podAntiAffinity")
        field = "requiredDuringSchedulingIgnoredDuringExecution"
        for index, term in mappings(apart.get(field)):
            selector = term.get("labelSelector")
            if not isinstance(selector, dict) or not selects(selector, each.template.labels):
                continue
            places = _places(str(term.get("topologyKey")), pools)
            where = (*at, "affinity", "podAntiAffinity", field, index)
            if places is not None and each.least + each.surge > places:
                more = f", and a rollout's {each.surge} more," if each.surge else ""
                yield Problem(
                    each.manifest,
                    f"{each.least} pods{more} must not share a {term.get('topologyKey')}, and there are {places}",
                    where,
                    "prefer it, run fewer, or let a rollout remove a pod first (maxUnavailable: 1)",
                )
        for index, constraint in mappings(spec.get("topologySpreadConstraints")):
            key = str(constraint.get("topologyKey"))
            if constraint.get("whenUnsatisfiable") == "DoNotSchedule" and _places(key, pools) == 0:
                yield Problem(
                    each.manifest,
                    f"its pods must be spread over {key}, a label that no declared node has",
                    (*at, "topologySpreadConstraints", index, "topologyKey"),
                    "label the nodes, or let it be whenUnsatisfiable: ScheduleAnyway",
                )


def _places(key: str, pools: list[NodePool]) -> int | None:
    """How many values a label has on the nodes of some pools; None where that is not known."""
    if key == _HOST:
        return sum(pool.count for pool in pools)
    if key.startswith(placement.NODES_OWN) and not all(key in pool.labels for pool in pools):
        return None
    return len({pool.labels[key] for pool in pools if key in pool.labels})
