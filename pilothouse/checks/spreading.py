"""Spreading: whether the pods of a workload fail one by one, or all together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import selectors
from pilothouse.availability import least
from pilothouse.checks.catalogue import Problem, pod_check, stack_check
from pilothouse.checks.containers import judged
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.references import selects
from pilothouse.stack import Stack


@stack_check(
    "AVAIL003",
    Severity.ADVICE,
    "replicas that may share one node",
    equals=(
        "kube-linter no-anti-affinity",
        "kube-score deployment-has-host-podantiaffinity",
        "kube-score statefulset-has-host-podantiaffinity",
        "polaris topologySpreadConstraint",
    ),
)
def together(stack: Stack) -> Iterator[Problem]:
    """The scheduler spreads the pods of a workload by itself only where it is easy. Without a topology spread
    constraint or a pod anti-affinity all replicas may end up on one node, and fail with it.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          topologySpreadConstraints:
          - maxSkew: 1
            topologyKey: kubernetes.io/hostname
            whenUnsatisfiable: ScheduleAnyway
            labelSelector: {matchLabels: {app: db}}
          containers: [{name: db, image: "db:1"}]
    ```

    Source: Kubernetes documentation, Pod Topology Spread Constraints, and Assigning Pods to Nodes.
    """
    for workloads in stack.workloads.values():
        for manifest, template in workloads:
            if manifest.kind not in ("Deployment", "StatefulSet", "Rollout"):
                continue
            spec = template.spec
            if spec.get("topologySpreadConstraints") or mapping(spec.get("affinity")).get("podAntiAffinity"):
                continue
            if (pods := least(manifest, stack)) > 1:
                yield Problem(
                    manifest,
                    f"nothing keeps its {pods} pods on different nodes",
                    (*template.path, "spec"),
                    "add a topologySpreadConstraint on kubernetes.io/hostname, or a podAntiAffinity",
                )


@pod_check(
    "AVAIL004",
    Severity.WARNING,
    "a spread that leaves its own pods out",
    fields=("topologySpreadConstraints",),
    equals=("kube-score pod-topology-spread-constraints",),
)
def not_own(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A topology spread constraint counts the pods that its ``labelSelector`` selects. Where these are not the pods
    that bear it, or it selects none, the pods are spread by the number of others, and may all end up in one place.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector: {matchLabels: {app: wbe}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector: {matchLabels: {app: web}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes documentation, Pod Topology Spread Constraints, "Conventions".
    """
    if not pods.spec.get("topologySpreadConstraints"):
        return
    for index, constraint in mappings(pods.spec["topologySpreadConstraints"]):
        selector = constraint.get("labelSelector")
        if not isinstance(selector, dict | None) or any(True for _ in selectors.problems(selector, ())):
            continue
        if selector is None and listing(constraint.get("matchLabelKeys")):
            continue
        if selector is None or not selects(selector, pods.labels):
            told = "has no labelSelector, so it counts no pod" if selector is None else "does not count its own pods"
            at = (*pods.path, "spec", "topologySpreadConstraints", index)
            yield Problem(
                manifest,
                f"the spread over {constraint.get('topologyKey')} {told}",
                at if selector is None else (*at, "labelSelector"),
                "select labels that the template has",
            )


@pod_check(
    "AVAIL005",
    Severity.ERROR,
    "a spread or a nearness that the server refuses",
    fields=("topologySpreadConstraints", "podAffinity", "podAntiAffinity"),
)
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A spread names its ``topologyKey``, each once with the same ``whenUnsatisfiable``, and a ``maxSkew`` of 1 or
    more; ``minDomains`` goes with ``DoNotSchedule`` alone. An affinity's term names its ``topologyKey``, and a
    preferred one a weight from 1 to 100. The API server refuses others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - maxSkew: 0
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: web}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: web}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes API reference, TopologySpreadConstraint and PodAffinityTerm; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    at = (*pods.path, "spec")
    seen: set[tuple[str, str]] = set()
    for index, constraint in mappings(pods.spec.get("topologySpreadConstraints")):
        here = (*at, "topologySpreadConstraints", index)
        skew, key, when = (constraint.get(each) for each in ("maxSkew", "topologyKey", "whenUnsatisfiable"))
        if isinstance(skew, int) and skew <= 0:
            yield Problem(manifest, f"maxSkew is {skew}, expected 1 or more", (*here, "maxSkew"))
        if not key:
            yield Problem(manifest, "the spread names no topologyKey", here, "name one, such as kubernetes.io/hostname")
        elif (text(key), text(when)) in seen:
            yield Problem(manifest, f"two spreads over {key} with {when}", here, "remove one of them")
        seen.add((text(key), text(when)))
        domains = constraint.get("minDomains")
        if isinstance(domains, int) and domains <= 0:
            yield Problem(manifest, f"minDomains is {domains}, expected 1 or more", (*here, "minDomains"))
        if isinstance(domains, int) and when == "ScheduleAnyway":
            yield Problem(manifest, "minDomains does not go with ScheduleAnyway", (*here, "minDomains"), "remove it")
    affinity = mapping(pods.spec.get("affinity"))
    for field in ("podAffinity", "podAntiAffinity") if affinity else ():
        yield from _terms(manifest, mapping(affinity, field), (*at, "affinity", field))


def _terms(manifest: Manifest, affinity: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    for field, inner in (
        ("preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm"),
        ("requiredDuringSchedulingIgnoredDuringExecution", ""),
    ):
        for index, term in mappings(affinity.get(field)):
            here: FieldPath = (*at, field, index)
            weight = term.get("weight")
            if inner and isinstance(weight, int) and not 1 <= weight <= 100:
                yield Problem(manifest, f"the weight is {weight}, expected 1 to 100", (*here, "weight"))
            key = mapping(term, inner).get("topologyKey") if inner else term.get("topologyKey")
            wrong = "the term names no topologyKey" if key in (None, "") else selectors.key_problem(key)
            if wrong:
                yield Problem(
                    manifest, wrong, (*here, inner) if inner else here, "name one, such as kubernetes.io/hostname"
                )
