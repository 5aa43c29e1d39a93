"""NetworkPolicies: what they let through, and whom they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.network_policy_fields import POLICY, spec_of
from pilothouse.finding import Severity
from pilothouse.gateways import labels_of
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.policies import Policy, chosen, policies
from pilothouse.references import selects
from pilothouse.stack import Stack

_PEERS = {"Ingress": "from", "Egress": "to"}


@object_check(
    "NETPOL005",
    Severity.WARNING,
    "rules of a NetworkPolicy that do nothing",
    kinds=POLICY,
    fields=("ingress", "egress"),
)
def idle(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``policyTypes`` says which directions a policy rules. Rules of the other one are kept, and not looked at: pods
    may send whatever they like, though it looks as if they were held.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      egress: [{ports: [{port: 53, protocol: UDP}]}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
      egress: [{ports: [{port: 53, protocol: UDP}]}]
    ```

    Source: Kubernetes API reference, NetworkPolicySpec, ``policyTypes``.
    """
    policy = Policy(manifest, spec_of(manifest))
    for direction in _PEERS:
        if direction not in policy.types and policy.spec.get(direction.lower()):
            named = ", ".join(str(each) for each in policy.types)
            message = f"policyTypes names {named} alone, and the rules of {direction.lower()} do nothing"
            yield Problem(manifest, message, ("spec", direction.lower()), f"add {direction} to policyTypes")


@object_check(
    "NETPOL006", Severity.WARNING, "an empty list of peers, which is everybody", kinds=POLICY, fields=("from", "to")
)
def everybody(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A rule whose ``from`` or ``to`` is an empty list lets everybody through, as one without the field does. It
    reads like the opposite. To let nobody through leave the rule out; to let everybody through leave the field out.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{from: []}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{}]
    ```

    Source: Kubernetes API reference, NetworkPolicyIngressRule, ``from``.
    """
    for direction, field in _PEERS.items():
        for index, rule in mappings(spec_of(manifest).get(direction.lower())):
            if field in rule and not rule[field] and isinstance(rule[field], list | None):
                message = f"{field} is empty, and so the rule lets everybody through"
                fix = "remove the rule to let nobody through, or the field to let everybody"
                yield Problem(manifest, message, ("spec", direction.lower(), index, field), fix)


@stack_check(
    "NETPOL007",
    Severity.ADVICE,
    "pods that everybody can reach",
    equals=(
        "kube-score pod-networkpolicy",
        "polaris missingNetworkPolicy",
        "kube-linter non-isolated-pod",
    ),
)
def open_pods(stack: Stack) -> Iterator[Problem]:
    """Where no NetworkPolicy holds a pod, each pod of the cluster can reach each of its ports. One policy that holds
    all pods of a namespace and lets nothing in, and one for each app that says who may, are the usual beginning.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: open, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
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
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}
    ```

    Pods with the network of their node are left out: no policy holds them.
    Source: Kubernetes documentation, "Network Policies", "Default policies".
    """
    ruled = {policy.manifest.namespace for policy in policies(stack).all}
    told: set[str] = set()
    for manifest, template, holding in policies(stack).held(stack):
        namespace = manifest.namespace
        if holding or namespace in told:
            continue
        where = (*template.path, "metadata", "labels")
        if namespace in ruled:
            yield Problem(manifest, f"no NetworkPolicy of {namespace} holds these pods", where)
        else:
            told.add(namespace)
            message = (
                f"no NetworkPolicy holds the pods of {namespace}: these and all others can be reached by everybody"
            )
            yield Problem(
                manifest, message, where, "write one for the namespace that lets nothing in, and one for each app"
            )


@stack_check(
    "NETPOL008",
    Severity.ADVICE,
    "a peer of a NetworkPolicy that is nobody of the stack",
    equals=("kube-linter dangling-networkpolicypeer-podselector",),
)
def nobody(stack: Stack) -> Iterator[Problem]:
    """A rule lets pods through that carry certain labels. Where no pod does, it lets nobody through: one label
    mistyped, and those who were meant stand before a closed door.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: fornt}}}]}]}
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
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}
    ```

    A peer in namespaces that the stack does not define, or that has no pods of the stack, is left out, and one whose
    labels a custom resource carries. Source: Kubernetes documentation, "Network Policies".
    """
    for policy in policies(stack).all:
        namespace = policy.manifest.namespace
        for direction, field in _PEERS.items():
            for index, rule in policy.rules(direction):
                for place, peer in mappings(rule.get(field)):
                    pods, selector = peer.get("podSelector"), peer.get("namespaceSelector")
                    if not isinstance(pods, dict) or not pods:
                        continue
                    names = [namespace] if selector is None else _chosen(mapping(selector), stack)
                    if any(chosen(name, pods, stack) for name in names):
                        continue
                    if not any(stack.workloads.get(name) for name in names):
                        continue
                    if not _of_operator(pods, names, stack):
                        path = ("spec", direction.lower(), index, field, place, "podSelector")
                        message = f"no pod of {' or '.join(names[:3])} carries the labels of this peer"
                        yield Problem(policy.manifest, message, path, "select labels that pods carry")


def _of_operator(selector: dict[str, Any], namespaces: list[str], stack: Stack) -> bool:
    """Whether a custom resource carries the labels: operators hand them on to the pods that they make."""
    return any(
        "." in each.group
        and not each.group.endswith("k8s.io")
        and each.namespace in namespaces
        and selects(selector, each.labels)
        for each in stack
    )


def _chosen(selector: dict[str, Any], stack: Stack) -> list[str]:
    """The namespaces with pods of the stack that a selector chooses; none where one of them is not defined in it."""
    labels = {name: labels_of(name, stack) for name in stack.workloads}
    if not selector or any(each is None for each in labels.values()):
        return []
    return [name for name, carried in labels.items() if carried is not None and selects(selector, carried)]


@stack_check("NETPOL009", Severity.WARNING, "a named port of a NetworkPolicy that its pods do not have")
def named_ports(stack: Stack) -> Iterator[Problem]:
    """A port by name is looked up among the ports that the containers declare: for ``ingress`` those of the pods that
    the policy holds. Where none of them has it, the rule lets nothing through.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{name: http, containerPort: 8080}]}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: htpp}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{name: http, containerPort: 8080}]}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: http}]}]}
    ```

    Source: Kubernetes API reference, NetworkPolicyPort, ``port``.
    """
    known = policies(stack)
    for policy, pods in zip(known.all, known.holds, strict=True):
        named = [
            (("spec", "ingress", index, "ports", place, "port"), port)
            for index, rule in policy.rules("Ingress")
            for place, port in mappings(rule.get("ports"))
            if isinstance(port.get("port"), str)
        ]
        there = {each for _, template in pods for each in _named(template)} if named else set()
        for path, port in named if pods else ():
            wanted = (port["port"], text(port.get("protocol")) or "TCP")
            if wanted not in there:
                listed = ", ".join(sorted(f"{name}/{protocol}" for name, protocol in there)) or "none with a name"
                message = f"no pod that the policy holds has the port {wanted[0]}/{wanted[1]}; they have {listed}"
                yield Problem(policy.manifest, message, path, "name a port that a container declares")


def _named(template: PodTemplate) -> Iterator[tuple[str, str]]:
    for _, container in template.containers("containers", "initContainers"):
        for _, port in mappings(container.get("ports")):
            if isinstance(port.get("name"), str):
                yield port["name"], text(port.get("protocol")) or "TCP"
