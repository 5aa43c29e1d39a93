"""NetworkPolicies: routes that they cut, and whether anybody looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, scalar, text
from pilothouse.machines import facts
from pilothouse.machines.facts import Fact
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.policies import Policy, lets_port, policies
from pilothouse.stack import Stack


@stack_check("NETPOL010", Severity.WARNING, "pods that may send, and cannot look up names")
def without_dns(stack: Stack) -> Iterator[Problem]:
    """Pods that a policy of egress holds reach what it names and nothing else, the cluster's DNS neither. Whatever they
    reach by name they do not find: the first thing to let through is port 53.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: [{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
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
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
      - to: [{podSelector: {matchLabels: {app: web}}}]
        ports: [{port: 5432}]
      - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
        ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
    ```

    Pods that may send nothing at all, or to addresses alone, are left out.
    Source: Kubernetes documentation, "Network Policies"; "DNS for Services and Pods".
    """
    for manifest, _, holding in policies(stack).held(stack):
        egress = [policy for policy in holding if "Egress" in policy.types]
        rules = [rule for policy in egress for rule in policy.rules("Egress")]
        by_selector = [peer for _, rule in rules for _, peer in mappings(rule.get("to")) if peer.get("ipBlock") is None]
        if by_selector and not any(_lets_dns(rule) for _, rule in rules):
            named = " and ".join(sorted({policy.manifest.name for policy in egress}))
            message = f"{manifest.identity} is held by {named}, and no rule lets it ask the cluster's DNS (port 53)"
            fix = "let UDP and TCP to port 53 of kube-system through"
            yield Problem(egress[0].manifest, message, ("spec", "egress"), fix)


def _lets_dns(rule: dict[str, Any]) -> bool:
    """Whether a rule may let pods ask the DNS: whom it names is not looked at where it names the port."""
    ports = mappings(rule.get("ports"))
    if not ports:
        to = mappings(rule.get("to"))
        return not to or any("namespaceSelector" in peer or "ipBlock" in peer for _, peer in to)
    return any(
        isinstance(port.get("port"), str)
        or lets_port([(0, {"ports": [port]})], 53, text(port.get("protocol")) or "TCP")
        for _, port in ports
    )


@stack_check("NETPOL011", Severity.WARNING, "a Service whose pods let nobody in")
def cut(stack: Stack) -> Iterator[Problem]:
    """Pods that a policy of ingress holds let in what some policy names, and nothing else. Where none names the port
    that a Service sends its requests to, the Service answers nobody: each client waits until it gives up.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default, labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}
    ```

    A policy names the port of the pod, and not that of the Service.
    Source: Kubernetes documentation, "Network Policies".
    """
    holders = {
        id(manifest): ingress
        for manifest, _, holding in policies(stack).held(stack)
        if (ingress := [policy for policy in holding if "Ingress" in policy.types])
    }
    for service, _, pods in stack.services if holders else ():
        for index, port in mappings(mapping(service.body, "spec").get("ports")):
            target = scalar(port.get("targetPort") or port.get("port"))
            protocol = text(port.get("protocol")) or "TCP"
            if target is None or not pods:
                continue
            closed = [
                manifest for manifest, template in pods if not _open(manifest, template, target, protocol, holders)
            ]
            if len(closed) == len(pods):
                named = " and ".join(sorted({each.manifest.name for each in holders[id(closed[0])]}))
                message = (
                    f"no NetworkPolicy lets anybody in to {target}/{protocol} of {closed[0].kind} {closed[0].name}"
                )
                fix = "let the port of the pods in"
                yield Problem(service, f"{message}, which {named} hold", ("spec", "ports", index), fix)


def _open(
    manifest: Manifest, template: PodTemplate, target: int | str, protocol: str, holders: dict[int, list[Policy]]
) -> bool:
    holding = holders.get(id(manifest))
    if holding is None:
        return True
    rules = [rule for policy in holding for rule in policy.rules("Ingress")]
    if lets_port(rules, target, protocol):
        return True
    return any(lets_port(rules, name, protocol) for name in _names(template, target, protocol))


def _names(template: PodTemplate, target: int | str, protocol: str) -> set[int | str]:
    """A port by its number and by all of its names."""
    found = {target}
    for _, container in template.containers("containers", "initContainers"):
        for _, port in mappings(container.get("ports")):
            both = {value for value in (scalar(port.get("containerPort")), scalar(port.get("name"))) if value}
            if (text(port.get("protocol")) or "TCP") == protocol and target in both:
                found |= both
    return found


_PLUGIN = Fact((), ("kube_network_plugin",))
_WITHOUT_POLICIES = ("flannel",)
"""Kubespray's network plugins that look at no NetworkPolicy. Source: Kubespray, "Network plugins"; flannel's README."""


@stack_check("NETPOL012", Severity.WARNING, "a NetworkPolicy that nobody enforces")
def unenforced(stack: Stack) -> Iterator[Problem]:
    """The API server keeps NetworkPolicies; it is the network plugin that looks at them. Flannel by itself does not:
    every pod can reach every other, whatever they say. Canal is flannel with Calico's policies; Calico and Cilium
    have their own.

    It is told where Kubespray's variables of the environment name such a plugin (``kube_network_plugin``), and the
    stack has policies.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}}
    ---
    # file: group_vars/k8s_cluster/k8s-cluster.yml
    kube_network_plugin: flannel
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}}
    ```

    Source: Kubernetes documentation, "Network Policies", "Prerequisites".
    """
    known = stack.of_kind("networking.k8s.io", "NetworkPolicy")
    for each in facts.written(stack.machine_documents, _PLUGIN) if stack.machine_files and known else ():
        if each.value in _WITHOUT_POLICIES:
            message = f"{each.value} looks at no NetworkPolicy, and the stack has {len(known)}"
            yield Problem(each.document, message, each.path, "take canal, calico or cilium")
