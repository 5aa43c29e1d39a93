"""Selecting: how a workload knows its own pods, and leaves others' alone."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import selectors
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.containers import judged
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import TEMPLATES, PodTemplate, template_of
from pilothouse.references import selects
from pilothouse.stack import Stack

WORKLOADS = frozenset(("apps", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"))
"""The kinds that find their pods by a selector which their author writes."""


@object_check(
    "SEL001",
    Severity.ERROR,
    "a workload that does not select its own pods",
    kinds=WORKLOADS,
    equals=(
        "kube-linter mismatching-selector",
        "kube-score deployment-pod-selector-labels-match-template-metadata-labels",
        "kube-score statefulset-pod-selector-labels-match-template-metadata-labels",
    ),
)
def own_pods(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A workload finds its pods by its selector, so the labels of its own template have to match it. The API server
    refuses one whose do not.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agnet}}
        spec: {containers: [{name: agent, image: "agent:1"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec: {containers: [{name: agent, image: "agent:1"}]}
    ```

    Source: Kubernetes documentation, Deployments, "Selector"; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    selector, template = spec.get("selector"), spec.get("template")
    if not isinstance(selector, dict) or not isinstance(template, dict):
        return
    labels = mapping(template, "metadata", "labels")
    if selects(selector, labels) or any(True for _ in selectors.problems(selector, ())):
        return
    wanted = mapping(selector, "matchLabels")
    missing = next((key for key, value in wanted.items() if labels.get(key) != value), None)
    at: FieldPath = ("spec", "selector")
    if missing is None:
        yield Problem(manifest, "its selector does not match the labels of its own pods", at)
        return
    there = f"carry {missing}={labels[missing]}" if missing in labels else f"do not carry {missing}"
    yield Problem(
        manifest,
        f"its selector asks for {missing}={wanted[missing]}, and its own pods {there}",
        (*at, "matchLabels", missing),
        "select labels that the template has",
    )


@object_check("SEL002", Severity.ERROR, "a workload without a selector", kinds=WORKLOADS)
def without_selector(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A workload whose selector is not there, or asks for nothing, could not tell its own pods from others. The API
    server refuses it.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      selector: {}
      template:
        metadata: {labels: {app: agent}}
        spec: {containers: [{name: agent, image: "agent:1"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec: {containers: [{name: agent, image: "agent:1"}]}
    ```

    Source: Kubernetes API reference, DeploymentSpec; reproduced on a kube-apiserver.
    """
    selector = mapping(manifest.body, "spec").get("selector")
    if (selector is None or isinstance(selector, dict)) and selectors.is_empty(selector):
        told = "selects everything" if selector is not None else "is missing"
        yield Problem(
            manifest,
            f"its selector {told}, expected one that selects its own pods",
            ("spec", "selector"),
            "select the labels that its template has",
        )


_SELECTORS: dict[tuple[str, str], FieldPath] = {
    **dict.fromkeys(WORKLOADS, ("spec", "selector")),
    ("policy", "PodDisruptionBudget"): ("spec", "selector"),
}
_PLACING = frozenset({"affinity", "nodeSelector", "topologySpreadConstraints"})
"""What pods say about where they run."""
_TERMS = ("preferredDuringSchedulingIgnoredDuringExecution", "requiredDuringSchedulingIgnoredDuringExecution")


def _of_pods(template: PodTemplate) -> Iterator[tuple[object, FieldPath]]:
    """Every LabelSelector by which pods say where they run, with its place."""
    at = (*template.path, "spec")
    for index, constraint in mappings(template.spec.get("topologySpreadConstraints")):
        yield constraint.get("labelSelector"), (*at, "topologySpreadConstraints", index, "labelSelector")
    affinity = mapping(template.spec.get("affinity"))
    for field in ("podAffinity", "podAntiAffinity") if affinity else ():
        for when in _TERMS:
            for index, term in mappings(mapping(affinity, field).get(when)):
                inner = mapping(term.get("podAffinityTerm")) if when == _TERMS[0] else term
                steps = ("podAffinityTerm",) if when == _TERMS[0] else ()
                here = (*at, "affinity", field, when, index, *steps)
                yield inner.get("labelSelector"), (*here, "labelSelector")
                yield inner.get("namespaceSelector"), (*here, "namespaceSelector")


@object_check(
    "SEL003",
    Severity.ERROR,
    "a selector that the server refuses",
    kinds=frozenset({*TEMPLATES, *_SELECTORS} - {("argoproj.io", "Rollout")}),
    fields=("matchLabels", "matchExpressions", "nodeSelector"),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A selector asks for labels that an object can carry: keys and values of labels' own form, and the operators
    ``In`` and ``NotIn`` with values, ``Exists`` and ``DoesNotExist`` without. The API server refuses others, in a
    workload, a PodDisruptionBudget, an affinity, a spread constraint and a ``nodeSelector`` alike.

    ```yaml bad
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec:
      maxUnavailable: 1
      unhealthyPodEvictionPolicy: AlwaysAllow
      selector: {matchExpressions: [{key: app, operator: Equals, values: [web]}]}
    ```

    ```yaml good
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec:
      maxUnavailable: 1
      unhealthyPodEvictionPolicy: AlwaysAllow
      selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
    ```

    Source: Kubernetes API reference, LabelSelector; reproduced on a kube-apiserver.
    """
    own = _SELECTORS.get((manifest.group, manifest.kind))
    if own is not None:
        for at, message in selectors.problems(mapping(manifest.body, "spec").get("selector"), own):
            yield Problem(manifest, message, at)
    template = template_of(manifest)
    if template is None or _PLACING.isdisjoint(template.spec) or not judged(manifest, stack):
        return
    for selector, path in _of_pods(template):
        for at, message in selectors.problems(selector, path):
            yield Problem(manifest, message, at)
    for key, value in mapping(template.spec.get("nodeSelector")).items():
        if wrong := selectors.key_problem(key) or selectors.value_problem(value):
            yield Problem(manifest, wrong, (*template.path, "spec", "nodeSelector", key))


@stack_check("SEL004", Severity.WARNING, "two workloads that select the same pods")
def shared_pods(stack: Stack) -> Iterator[Problem]:
    """Two workloads of one namespace whose selectors both match the pods of one of them cannot be told apart by anybody
    else: an autoscaler counts the pods of both and refuses to scale, a Pod without an owner that carries the labels is
    adopted, and deleted where it is one too many.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: one, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: two, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:2"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: one, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: stable}}
      template: {metadata: {labels: {app: web, track: stable}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: two, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: canary}}
      template: {metadata: {labels: {app: web, track: canary}}, spec: {containers: [{name: web, image: "web:2"}]}}
    ```

    Source: Kubernetes documentation, Deployments, "Selector", and ReplicaSet, "Non-Template Pod acquisitions".
    """
    matched: dict[tuple[str, frozenset[tuple[str, str]]], list[tuple[Manifest, PodTemplate]]] = {}
    for group, kind in sorted(WORKLOADS):
        for manifest in stack.of_kind(group, kind):
            selector = mapping(manifest.body, "spec", "selector")
            labels = mapping(selector, "matchLabels")
            if not labels:
                continue
            key = (manifest.namespace, frozenset((str(name), str(value)) for name, value in labels.items()))
            if key not in matched:
                matched[key] = stack.selected(manifest.namespace, labels)
            if len(matched[key]) < 2:
                continue
            for other, template in matched[key]:
                if other is manifest or other.identity == manifest.identity or not _adopts(manifest, other):
                    continue
                if not listing(selector.get("matchExpressions")) or selects(selector, template.labels):
                    told = "are adopted by" if other.kind == "Pod" else "are selected by"
                    yield Problem(
                        manifest,
                        f"the pods of {other.kind} {other.name} {told} this {manifest.kind} too",
                        ("spec", "selector"),
                        "add a label that only its own pods have, to the template and to the selector",
                    )
                    break


def _adopts(manifest: Manifest, other: Manifest) -> bool:
    """Whether the pods of another object can be taken for this one's: those of a Job are told apart by labels of its
    own."""
    if other.kind == "Pod":
        return not listing(mapping(other.body, "metadata").get("ownerReferences"))
    return (other.group, other.kind) in WORKLOADS
