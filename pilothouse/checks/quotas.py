"""Quotas: what a namespace allows to its objects together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse import demand, qos
from pilothouse.bounds import QUOTA, Bounds, bounds_of, of_pods
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.demand import Amounts, written
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.quantity import amounts
from pilothouse.resources import OF_QUOTAS, qualified, refused_amount
from pilothouse.stack import Stack


def claims_within(stack: Stack, namespace: str) -> Iterator[tuple[Manifest, dict[str, Any], FieldPath]]:
    """Every claim of a namespace, and every template of one: its spec, and where that stands."""
    for manifest in stack.within(namespace, "", "PersistentVolumeClaim"):
        yield manifest, mapping(manifest.body, "spec"), ("spec",)
    for manifest in stack.within(namespace, "apps", "StatefulSet"):
        for index, template in mappings(mapping(manifest.body, "spec").get("volumeClaimTemplates")):
            yield manifest, mapping(template, "spec"), ("spec", "volumeClaimTemplates", index, "spec")


_SCOPES = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)


@object_check("QUOTA001", Severity.ERROR, "a ResourceQuota that the server refuses", kinds=(QUOTA,))
def sound(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A quota bounds what Kubernetes can count: CPU, memory and storage that is requested or limited to, the number of
    objects of a kind (``count/deployments.apps``), what a StorageClass gives. Objects are counted in whole numbers. The
    API server refuses any other name, a bound below 0, and a scope that it does not know.

    ```yaml bad
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {requests.cpus: "4"}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {requests.cpu: "4"}}
    ```

    Source: Kubernetes documentation, "Resource Quotas"; ``ValidateResourceQuota``.
    """
    hard = mapping(manifest.body, "spec", "hard")
    for resource, amount in amounts(hard).items():
        at = ("spec", "hard", resource)
        if not qualified(resource) or ("/" not in resource and not _counted(resource)):
            yield Problem(manifest, f"{resource} is nothing that a quota can count, such as requests.cpu", at)
        wrong = refused_amount(resource, amount)
        if wrong:
            yield Problem(manifest, f"{wrong}, got {resource}: {hard[resource]}", at)
    for index, scope in enumerate(listing(mapping(manifest.body, "spec").get("scopes"))):
        if isinstance(scope, str) and scope not in _SCOPES:
            known = ", ".join(_SCOPES)
            yield Problem(manifest, f"{scope!r} is no scope: expected {known}", ("spec", "scopes", index))


def _counted(resource: str) -> bool:
    return resource in OF_QUOTAS or resource.startswith(("hugepages-", "requests.hugepages-"))


def _bounded(stack: Stack) -> Iterator[tuple[str, Bounds]]:
    for namespace in sorted({quota.namespace for quota in stack.of_kind(*QUOTA)}):
        bounds = bounds_of(stack, namespace)
        if bounds.of:
            yield namespace, bounds


_MUST_NAME = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container has to name where a quota bounds it. Source: ``pkg/quota/v1/evaluator/core/pods.go``."""


@stack_check("QUOTA002", Severity.ERROR, "pods that do not name what their quota counts")
def unnamed(stack: Stack) -> Iterator[Problem]:
    """Where a ResourceQuota bounds CPU or memory, every container of the namespace has to name that request or limit,
    or a LimitRange has to give it: the API server refuses the pod otherwise. A Deployment of such pods is taken, and
    then never has any.

    ```yaml bad
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {limits.memory: 4Gi}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {memory: 32Mi}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {limits.memory: 4Gi}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {limits: {memory: 64Mi}}}]}
    ```

    Source: Kubernetes documentation, "Resource Quotas", "Requests compared to Limits".
    """
    for namespace, bounds in _bounded(stack):
        asked = [name for name in _MUST_NAME if name in bounds.of]
        given = qos.defaults(stack, namespace)
        for manifest, template in stack.workloads.get(namespace, ()) if asked else ():
            if mapping(template.spec, "resources") or manifest.kind == "PodTemplate":
                continue
            for path, container in template.containers("containers", "initContainers"):
                own = mapping(container, "resources")
                limits = {**given[1], **mapping(own.get("limits"))}
                requests = {**given[0], **mapping(own.get("limits")), **mapping(own.get("requests"))}
                named = {f"requests.{each}" for each in requests} | {f"limits.{each}" for each in limits}
                lacking = [name for name in asked if name not in named]
                if lacking:
                    quota = bounds.of[lacking[0]][1]
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} names no {' and no '.join(lacking)}, which the quota"
                        f" {quota.name} of {namespace} counts",
                        (*path, "resources"),
                        "name it, or give a default by a LimitRange",
                    )


@stack_check("QUOTA003", Severity.ERROR, "more than the namespace's quota allows")
def beyond_quota(stack: Stack) -> Iterator[Problem]:
    """The objects of a stack, and what its pods request together on a quiet day, are more than a ResourceQuota of their
    namespace allows. The API server refuses what comes last, and which that is nobody knows.

    ```yaml bad
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {requests.cpu: "2"}}
    ---
    apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {requests.cpu: "4"}}
    ---
    apiVersion: apps/v1
    kind: ReplicaSet
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    Source: Kubernetes documentation, "Resource Quotas".
    """
    for namespace, bounds in _bounded(stack):
        needed = {**_objects(stack, namespace), **bounds.quiet}
        for resource, (bound, quota, at) in bounds.of.items():
            need = needed.get(resource, Decimal(0))
            if need > bound:
                yield Problem(
                    quota,
                    f"it allows {written(resource, bound)} of {resource}, and this stack needs"
                    f" {written(resource, need)} in {namespace}",
                    at,
                    "raise the quota, or ask for less",
                )


@stack_check("QUOTA004", Severity.WARNING, "a quota that leaves no room for load or a rollout")
def no_room(stack: Stack) -> Iterator[Problem]:
    """The pods of a quiet day fit into a namespace's quota, and those of a busy one do not: an autoscaler that goes to
    its most, a Job that runs at all, or a rollout that must start a new pod before it may remove an old one. The pods
    that are too many are refused: the autoscaler stops there, and the rollout does not move.

    ```yaml bad
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {pods: "3"}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {pods: "4"}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 3
      strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, "Resource Quotas"; "Deployments", "Max Unavailable".
    """
    for namespace, bounds in _bounded(stack):
        if bounds.exceeded(bounds.quiet) is not None:
            continue  # QUOTA003 says so
        for each in demand.of_namespace(stack, namespace):
            for more, when in ((each.most - each.least, "at its most"), (each.surge, "in a rollout")):
                busy = demand.total([(bounds.quiet, 1), (of_pods([(each, more)]), 1)]) if more else {}
                beyond = bounds.exceeded(busy)
                if beyond is not None:
                    over, bound, quota = beyond
                    yield Problem(
                        each.manifest,
                        f"{when} it has {more} pods more, and the quota {quota.name} allows {written(over, bound)} of"
                        f" {over} where {written(over, busy[over])} are then needed",
                        ("metadata", "name"),
                        "raise the quota, or ask for less",
                    )


_PLURALS = {
    ("", "Service"): "services",
    ("", "ConfigMap"): "configmaps",
    ("", "Secret"): "secrets",
    ("", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("", "ReplicationController"): "replicationcontrollers",
    ("", "ResourceQuota"): "resourcequotas",
    ("apps", "Deployment"): "deployments",
    ("apps", "StatefulSet"): "statefulsets",
    ("apps", "DaemonSet"): "daemonsets",
    ("batch", "Job"): "jobs",
    ("batch", "CronJob"): "cronjobs",
    ("networking.k8s.io", "Ingress"): "ingresses",
}
"""The kinds whose objects are counted against a quota, and the name of each there."""


def _objects(stack: Stack, namespace: str) -> Amounts:
    """How many objects of each kind a namespace has, and what its claims request."""
    found: Counter[str] = Counter()
    for (group, kind), plural in _PLURALS.items():
        count = len(stack.within(namespace, group, kind))
        found[f"count/{plural}.{group}" if group else f"count/{plural}"] += count
        if not group:
            found[plural] += count
    for service in stack.within(namespace, "", "Service"):
        spec = mapping(service.body, "spec")
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            own = spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False
            found["services.nodeports"] += 0 if own else len(listing(spec.get("ports")))
            found["services.loadbalancers"] += spec.get("type") == "LoadBalancer"
    storage: Amounts = {}
    for manifest, spec, _ in claims_within(stack, namespace):
        times = 1
        if manifest.kind == "StatefulSet":
            replicas = mapping(manifest.body, "spec").get("replicas", 1)
            times = replicas if isinstance(replicas, int) and not isinstance(replicas, bool) else 1
            found["persistentvolumeclaims"] += times
            found["count/persistentvolumeclaims"] += times
        asked = amounts(mapping(spec, "resources", "requests")).get("storage", Decimal(0))
        names = ["requests.storage"]
        if isinstance(spec.get("storageClassName"), str):
            prefix = f"{spec['storageClassName']}.storageclass.storage.k8s.io"
            found[f"{prefix}/persistentvolumeclaims"] += times
            names.append(f"{prefix}/requests.storage")
        storage = demand.total([(storage, 1), (dict.fromkeys(names, asked), times)])
    return {**{name: Decimal(count) for name, count in found.items()}, **storage}
