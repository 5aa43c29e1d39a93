"""Rights: those of a Role that lead to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pilothouse.checks.access import RBAC, ROLES, rules
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


class Right(NamedTuple):
    """A right that leads to others."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    leads_to: str
    """Reads on after "may VERB RESOURCE, and so"."""


def _found(manifest: Manifest, *rights: Right) -> Iterator[Problem]:
    """The rules that give a right by its name. Wildcards for resources have their own checks."""
    for rule in rules(manifest):
        for right in rights:
            if rule.names or not {right.group, "*"} & set(rule.groups):
                continue
            resources = [name for name in rule.resources if name in right.resources]
            verbs = ["do all to"] if "*" in rule.verbs else [verb for verb in rule.verbs if verb in right.verbs]
            if resources and verbs:
                yield Problem(
                    manifest,
                    f"whoever has this {manifest.kind} may {verbs[0]} {', '.join(resources)}, and so {right.leads_to}",
                    (*rule.path, "resources", rule.resources.index(resources[0])),
                    "leave it out, or name the objects it is about in resourceNames, or waive it with the reason",
                )
                break


_READ = ("get", "list", "watch")
_WRITE = ("create", "update", "patch", "delete", "deletecollection")
_CHANGE = ("create", "update", "patch")


@object_check(
    "RBAC004",
    Severity.ADVICE,
    "a Role that reads Secrets",
    kinds=ROLES,
    equals=("kube-linter access-to-secrets",),
)
def secrets(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Secrets hold the credentials of everything else. ``list`` and ``watch`` show their content as ``get`` does.

    ``resourceNames`` names those that are needed.

    Source: Kubernetes documentation, RBAC good practices; CIS Kubernetes Benchmark, 5.1.2.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [""], resources: [secrets], verbs: [list]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [""], resources: [secrets], resourceNames: [mysql], verbs: [get]}]
    ```
    """
    return _found(manifest, Right("", ("secrets",), _READ, "read the credentials of everything else"))


_PODS = "make pods, which mount any Secret and act as any ServiceAccount of their namespace"


@object_check(
    "RBAC005",
    Severity.ADVICE,
    "a Role that makes pods",
    kinds=ROLES,
    equals=("kube-linter access-to-create-pods",),
)
def workloads(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Whoever makes a pod, or a Deployment that makes one, chooses its ServiceAccount, its Secrets and its rights on
    the node: that is as much as all of them together.

    Source: Kubernetes documentation, RBAC good practices; CIS Kubernetes Benchmark, 5.1.4.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runner, namespace: default}
    rules: [{apiGroups: [batch], resources: [jobs], verbs: [get, create]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runner, namespace: default}
    rules: [{apiGroups: [batch], resources: [jobs], verbs: [get, list]}]
    ```
    """
    return _found(
        manifest,
        Right("", ("pods", "replicationcontrollers"), _CHANGE, _PODS),
        Right("apps", ("deployments", "daemonsets", "replicasets", "statefulsets"), _CHANGE, _PODS),
        Right("batch", ("jobs", "cronjobs"), _CHANGE, _PODS),
    )


@object_check(
    "RBAC006",
    Severity.WARNING,
    "a Role whose holder may give itself more",
    kinds=ROLES,
)
def escalation(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server lets nobody give rights that they lack, but for three verbs: ``escalate`` writes any rights into a
    Role, ``bind`` gives any Role to anyone, ``impersonate`` acts as any user or group. Whoever has one of them in the
    cluster is its administrator.

    ``bind`` and ``impersonate`` with ``resourceNames`` are about those alone.

    Source: Kubernetes documentation, RBAC good practices.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: tenants}
    rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: tenants}
    rules:
    - {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [view], verbs: [bind]}
    ```
    """
    return _found(
        manifest,
        Right(RBAC, ("roles", "clusterroles"), ("escalate",), "have any right"),
        Right(RBAC, ("roles", "clusterroles"), ("bind",), "give any Role to anyone"),
        Right("", ("users", "groups", "serviceaccounts"), ("impersonate",), "act as anyone else"),
    )


@object_check(
    "RBAC007",
    Severity.ADVICE,
    "a Role that goes into running pods",
    kinds=ROLES,
    equals=(
        "polaris clusterrolePodExecAttach",
        "polaris rolePodExecAttach",
        "polaris clusterrolebindingPodExecAttach",
        "polaris rolebindingClusterRolePodExecAttach",
        "polaris rolebindingRolePodExecAttach",
    ),
)
def shells(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Whoever runs a command in a pod has all that the pod has: its Secrets, its token, its network. It is done by
    ``create``, and by ``get`` over a WebSocket.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: debug, namespace: default}
    rules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: debug, namespace: default}
    rules: [{apiGroups: [""], resources: [pods, pods/log], verbs: [get]}]
    ```
    """
    into = ("pods/exec", "pods/attach", "pods/ephemeralcontainers")
    return _found(manifest, Right("", into, ("get", *_CHANGE), "have all that those pods have"))


@object_check(
    "RBAC008",
    Severity.WARNING,
    "a Role that speaks to kubelets",
    kinds=ROLES,
)
def kubelets(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``nodes/proxy`` is the whole API of every kubelet: by it, commands run in every pod of the node, past the audit
    log and past admission. ``get`` is enough for that, over a WebSocket.

    Metrics need ``nodes/metrics`` and ``nodes/stats`` alone.

    Source: Kubernetes documentation, RBAC good practices, "Access to proxy subresource of Nodes".

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: metrics}
    rules: [{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: metrics}
    rules: [{apiGroups: [""], resources: [nodes/metrics, nodes/stats], verbs: [get]}]
    ```
    """
    right = Right("", ("nodes/proxy",), ("get", *_CHANGE), "run commands in every pod of a node")
    return _found(manifest, right)


@object_check(
    "RBAC012",
    Severity.ADVICE,
    "a Role that writes admission webhooks",
    kinds=ROLES,
)
def webhooks(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A webhook sees every object that is written, Secrets included, and may change it. One that does not answer stops
    the cluster.

    Source: Kubernetes documentation, RBAC good practices, "Control admission webhooks".

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: injector}
    rules:
    - {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [get, patch]}
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: injector}
    rules:
    - apiGroups: [admissionregistration.k8s.io]
      resources: [mutatingwebhookconfigurations]
      resourceNames: [injector]
      verbs: [get, patch]
    ```
    """
    kinds = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
    return _found(manifest, Right("admissionregistration.k8s.io", kinds, _WRITE, "see and change what others write"))


@object_check(
    "RBAC013",
    Severity.ADVICE,
    "a Role that turns traffic elsewhere",
    kinds=ROLES,
)
def network(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Whoever writes Services, EndpointSlices, Ingresses or NetworkPolicies leads traffic to pods of their own, or
    opens what was closed.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list]}]
    ```
    """
    turns = "lead traffic elsewhere"
    return _found(
        manifest,
        Right("", ("services", "endpoints"), _WRITE, turns),
        Right("discovery.k8s.io", ("endpointslices",), _WRITE, turns),
        Right("networking.k8s.io", ("ingresses", "networkpolicies"), _WRITE, turns),
    )


@object_check("RBAC014", Severity.ADVICE, "a Role that makes credentials", kinds=ROLES)
def credentials(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``create`` on ``serviceaccounts/token`` gives a token of any account of the namespace. Whoever approves and signs
    requests for certificates makes a client certificate for any user, which nobody can take back.

    Source: Kubernetes documentation, RBAC good practices, "Token request" and "CSRs and certificate issuing".

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: tokens, namespace: default}
    rules: [{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: tokens, namespace: default}
    rules: [{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [web], verbs: [create]}]
    ```
    """
    return _found(
        manifest,
        Right("", ("serviceaccounts/token",), ("create",), "act as any of these accounts"),
        Right("certificates.k8s.io", ("signers",), ("approve", "sign"), "make certificates for anyone"),
    )
