"""Budgets: PodDisruptionBudgets, and what they let happen when a node is emptied."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.availability import blocked, least, percent
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_BUDGET = ("policy", "PodDisruptionBudget")


@stack_check(
    "PDB001",
    Severity.ADVICE,
    "several replicas without a PodDisruptionBudget",
    equals=(
        "kube-score deployment-has-poddisruptionbudget",
        "kube-score statefulset-has-poddisruptionbudget",
        "polaris missingPodDisruptionBudget",
    ),
)
def without_budget(stack: Stack) -> Iterator[Problem]:
    """When nodes are emptied for an upgrade, their pods are evicted one after the other, and nobody waits until they
    are there again elsewhere: all replicas can be gone at once. A PodDisruptionBudget makes evictions wait.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
    ```

    Source: Kubernetes documentation, Disruptions.
    """
    covered = {id(manifest) for _, pods in stack.budgets for manifest, _ in pods}
    for group, kind in (("apps", "Deployment"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout")):
        for manifest in stack.of_kind(group, kind):
            if id(manifest) not in covered and (pods := least(manifest, stack)) > 1:
                yield Problem(
                    manifest,
                    f"no PodDisruptionBudget covers its {pods} pods",
                    ("spec", "replicas"),
                    "add one with maxUnavailable: 1",
                )


@stack_check(
    "PDB002",
    Severity.WARNING,
    "a PodDisruptionBudget that lets no pod be evicted",
    equals=(
        "kube-linter pdb-max-unavailable",
        "kube-linter pdb-min-available",
        "kube-score poddisruptionbudget-has-policy",
        "polaris pdbDisruptionsIsZero",
        "polaris pdbMinAvailableGreaterThanHPAMinReplicas",
    ),
)
def no_eviction(stack: Stack) -> Iterator[Problem]:
    """Where a budget wants all of its pods available, none can be evicted, even while all are healthy: whoever empties
    the node, for an upgrade or to scale the cluster down, waits for ever. A percentage of ``minAvailable`` is rounded
    up, so 60 % of two pods are both. Where an autoscaler decides, its smallest number counts.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {minAvailable: 60%, selector: {matchLabels: {app: web}}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {minAvailable: 50%, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
    ```

    Source: Kubernetes documentation, Specifying a Disruption Budget, and Disruptions.
    """
    for budget, pods in stack.budgets:
        spec = mapping(budget.body, "spec")
        total = sum(least(manifest, stack) for manifest, _ in pods)
        if any(manifest.kind in ("DaemonSet", "Job", "CronJob", "PodTemplate") for manifest, _ in pods):
            continue  # of these nobody knows how many there are
        why = blocked(budget, total) if pods or spec.get("minAvailable") is None else ""
        if why:
            field = next((each for each in ("maxUnavailable", "minAvailable") if spec.get(each) is not None), "")
            yield Problem(
                budget,
                f"none of its pods can ever be evicted: {why}",
                ("spec", field) if field else ("spec",),
                "let one pod be gone: maxUnavailable: 1, or run more of them",
            )


@stack_check("PDB003", Severity.WARNING, "two PodDisruptionBudgets on one pod")
def two_budgets(stack: Stack) -> Iterator[Problem]:
    """The eviction API refuses to evict a pod that more than one budget covers, whatever the two say, so nobody can
    empty its node.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web, part: shop}}
    spec: {containers: [{name: web, image: "web:1"}]}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: shop, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {part: shop}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web, part: shop}}
    spec: {containers: [{name: web, image: "web:1"}]}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: shop, namespace: default}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {part: shop}}}
    ```

    Source: Kubernetes documentation, Specifying a Disruption Budget; the eviction API answers "This pod has more than
    one PodDisruptionBudget, which the eviction subresource does not support".
    """
    first: dict[int, Manifest] = {}
    for budget, pods in stack.budgets:
        for manifest, _ in pods:
            earlier = first.setdefault(id(manifest), budget)
            if earlier is not budget:
                yield Problem(
                    budget,
                    f"it covers the pods of {manifest.kind} {manifest.name}, and so does {earlier.name}:"
                    " none of them can be evicted",
                    ("spec", "selector"),
                    "let one budget alone select them",
                )
                break


@object_check("PDB004", Severity.ERROR, "a PodDisruptionBudget that the server refuses", kinds=(_BUDGET,))
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A budget has one of ``minAvailable`` and ``maxUnavailable``, a number of pods or a percentage up to ``100%``. The
    API server refuses others.

    ```yaml bad
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {minAvailable: 1, maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ```

    ```yaml good
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
    ```

    Source: Kubernetes API reference, PodDisruptionBudgetSpec; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    given = [field for field in ("minAvailable", "maxUnavailable") if spec.get(field) is not None]
    if len(given) == 2:
        message = "minAvailable and maxUnavailable are both set, expected one of them"
        yield Problem(manifest, message, ("spec", "minAvailable"), "remove one of the two")
    for field in given:
        if wrong := share_problem(spec[field]):
            yield Problem(manifest, f"{field} {wrong}", ("spec", field))


def share_problem(share: object, *, most: int | None = 100) -> str:
    """What is wrong with a number of pods or a percentage; empty where nothing is.

    :param share: as written.
    :param most: how many percent it may be; None for any number.
    """
    if isinstance(share, str):
        part = percent(share)
        if part is None and not (share[:-1].isdecimal() and share.endswith("%")):
            return f"is {share!r}, expected a number, or a percentage such as 25%"
        if part is not None and most is not None and part > most:
            return f"is {share}, expected {most}% at most"
    elif isinstance(share, int) and share < 0:
        return f"is {share}, expected 0 or more"
    return ""


@object_check(
    "PDB005",
    Severity.ADVICE,
    "a PodDisruptionBudget that protects broken pods",
    kinds=(_BUDGET,),
    equals=("kube-linter pdb-unhealthy-pod-eviction-policy",),
)
def protects_broken(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """By default a pod that is not ready can only be evicted while its budget is kept. An application whose pods all
    crash so keeps its nodes from being emptied, though evicting them would cost nothing. With
    ``unhealthyPodEvictionPolicy: AlwaysAllow`` such pods go whenever asked.

    ```yaml bad
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
    ```

    ```yaml good
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
    ```

    Source: Kubernetes documentation, Specifying a Disruption Budget, "Unhealthy Pod Eviction Policy".
    """
    spec = mapping(manifest.body, "spec")
    if spec.get("unhealthyPodEvictionPolicy") is None:
        yield Problem(
            manifest,
            "pods that are not ready may keep their node from being emptied",
            ("spec",),
            "set unhealthyPodEvictionPolicy: AlwaysAllow",
        )
