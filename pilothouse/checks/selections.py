"""Selections: whether what a policy, a budget or a monitor is about is there at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.environment.nearest import nearest
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Manifest
from pilothouse.references import GroupKind, How, Lack, Mention, Row, Where, mentions
from pilothouse.references.labels import chosen, namespaces
from pilothouse.references.present import unseen_pods
from pilothouse.stack import Stack

_POD = ("", "Pod")


def _empty(stack: Stack, group: str, kind: str) -> Iterator[tuple[Manifest, Mention]]:
    """The selectors of one kind that select nothing although they say what: an empty one is about everything.

    Where pods run that no object describes, nobody can tell.
    """
    selecting = stack.of_kind(group, kind)
    unseen = unseen_pods(stack) if selecting else frozenset()
    for manifest in selecting:
        for mention in mentions(manifest):
            row, _, value, holder = mention
            if row.lack is not Lack.SELECTS or not isinstance(value, dict):
                continue
            if row.how is How.SELECTOR and not (value.get("matchLabels") or value.get("matchExpressions")):
                continue
            if not value or next(chosen(row, manifest, value, holder, stack), None) is not None:
                continue
            if _is_open(row, holder):
                continue
            within = namespaces(row, manifest, holder, stack)
            if (
                not within
                or not unseen.isdisjoint(within)
                or not all(_is_ours(each, manifest, row.target, stack) for each in within)
            ):
                continue
            yield manifest, mention


def _is_open(row: Row, holder: Any) -> bool:
    """Whether a selector looks in namespaces that nobody here can count: all of them, or those with some label."""
    beside = mapping(holder).get(row.beside)
    if row.where is Where.LABELLED:
        return isinstance(beside, dict) and _NAME not in mapping(beside, "matchLabels")
    return row.where is Where.ANYWHERE or (row.where is Where.NAMED and mapping(beside).get("any") is True)


_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace carries with its own name."""


def _is_ours(namespace: str, manifest: Manifest, target: GroupKind, stack: Stack) -> bool:
    """Whether the stack knows what is in a namespace: its own, or one that it has such objects in."""
    if namespace == manifest.namespace:
        return True
    if namespace == "kube-system":
        return False
    return bool(stack.workloads.get(namespace) if target == _POD else stack.labelled(*target, namespace, {}))


def _words(mention: Mention) -> str:
    labels = mention.value if mention.row.how is How.LABELS else mapping(mention.value, "matchLabels")
    said = [f"{key}={value}" for key, value in labels.items()]
    expressions = listing(mention.value.get("matchExpressions")) if mention.row.how is How.SELECTOR else []
    said += [
        f"{each.get('key')} {each.get('operator')} {each.get('values') or ''}".strip()
        for each in expressions
        if isinstance(each, dict)
    ]
    return ", ".join(said)


def _nearest(mention: Mention, manifest: Manifest, target: GroupKind, stack: Stack) -> str:
    """The object whose labels come closest, in words; empty where none does."""
    wanted = mention.value if mention.row.how is How.LABELS else mapping(mention.value, "matchLabels")
    best: tuple[int, str] = (0, "")
    there = (
        [(each, template.labels) for each, template in stack.workloads.get(manifest.namespace, ())]
        if target == _POD
        else [(each, each.labels) for each in stack.labelled(*target, manifest.namespace, {})]
    )
    for each, labels in there:
        common = wanted.keys() & labels.keys()
        shared = sum(
            2 if str(wanted[key]) == str(labels[key]) else nearest(str(wanted[key]), [str(labels[key])]) is not None
            for key in common
        )
        if shared > best[0]:
            carried = ", ".join(f"{key}={value}" for key, value in labels.items())
            best = (shared, f"; nearest: {each.kind} {each.name} carries {carried}")
    return best[1]


def _problems(stack: Stack, group: str, kind: str, so: str, *, peers: bool | None = None) -> Iterator[Problem]:
    for manifest, mention in _empty(stack, group, kind):
        if peers is not None and (len(mention.path) > 2) is not peers:
            continue
        what = "pod" if mention.row.target == _POD else mention.row.target[1]
        yield Problem(
            manifest,
            f"no {what} carries {_words(mention)}, so {so}{_nearest(mention, manifest, mention.row.target, stack)}",
            mention.path,
            "select labels that something carries",
        )


@stack_check(
    "REF017",
    Severity.WARNING,
    "a PodDisruptionBudget of no pod",
)
def budgets(stack: Stack) -> Iterator[Problem]:
    """A budget that selects no pod protects none: when nodes are drained, all pods of the workload that it was meant
    for may go at once.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, selector: {matchLabels: {app: wbe}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: web, namespace: default}
    spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: web}}}
    ```

    Source: Kubernetes documentation, Specifying a Disruption Budget for your Application.
    """
    yield from _problems(stack, "policy", "PodDisruptionBudget", "the budget protects nothing")


@stack_check(
    "REF018",
    Severity.WARNING,
    "a NetworkPolicy of no pod",
    equals=(
        "kube-linter dangling-networkpolicy",
        "kube-score networkpolicy-targets-pod",
    ),
)
def policies(stack: Stack) -> Iterator[Problem]:
    """A policy that selects no pod isolates none: what it was to keep out comes in. An empty ``podSelector`` is about
    every pod of the namespace.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: wbe}}, policyTypes: [Ingress]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
    ```

    Source: Kubernetes documentation, Network Policies.
    """
    yield from _problems(stack, "networking.k8s.io", "NetworkPolicy", "the policy isolates nothing", peers=False)


@stack_check(
    "REF019",
    Severity.WARNING,
    "a rule of a NetworkPolicy that lets nobody through",
    equals=("kube-linter dangling-networkpolicypeer-podselector",),
)
def peers(stack: Stack) -> Iterator[Problem]:
    """A rule names the pods that may connect, or be connected to, by their labels. If no pod carries them, the rule
    lets nobody through: the requests that it was written for are dropped, and time out.

    Only namespaces that the stack has objects in are looked at.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: wbe}}}]}], policyTypes: [Ingress]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}], policyTypes: [Ingress]}
    ```

    Source: Kubernetes API reference, NetworkPolicyPeer.
    """
    yield from _problems(stack, "networking.k8s.io", "NetworkPolicy", "the rule lets nobody through", peers=True)


@stack_check(
    "REF020",
    Severity.WARNING,
    "a monitor of nothing",
    equals=("kube-linter dangling-servicemonitor",),
)
def monitors(stack: Stack) -> Iterator[Problem]:
    """A ServiceMonitor selects Services by the labels of the Services themselves, not by those of their pods; a
    PodMonitor selects pods. Where nothing carries the labels, Prometheus has no target, and nothing says so.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: metrics, port: 9090}]}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web, namespace: default}
    spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {ports: [{name: metrics, port: 9090}]}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web, namespace: default}
    spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]}
    ```

    Source: Prometheus operator, API reference, ServiceMonitorSpec and PodMonitorSpec.
    """
    for kind in ("ServiceMonitor", "PodMonitor"):
        yield from _problems(stack, "monitoring.coreos.com", kind, "nothing is watched")


@stack_check("REF021", Severity.WARNING, "an experiment on no pod")
def experiments(stack: Stack) -> Iterator[Problem]:
    """Chaos Mesh does its harm to the pods that an experiment selects. Where it selects none, the experiment fails, or
    passes without having tried anything.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: chaos-mesh.org/v1alpha1
    kind: PodChaos
    metadata: {name: web, namespace: default}
    spec: {action: pod-kill, mode: one, selector: {labelSelectors: {app: wbe}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: chaos-mesh.org/v1alpha1
    kind: PodChaos
    metadata: {name: web, namespace: default}
    spec: {action: pod-kill, mode: one, selector: {labelSelectors: {app: web}}}
    ```

    Source: Chaos Mesh documentation, Define the Scope of Chaos Experiments.
    """
    for group, kind in stack.kinds:
        if group == "chaos-mesh.org":
            yield from _problems(stack, group, kind, "the experiment is done to nothing")
