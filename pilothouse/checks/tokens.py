"""Tokens: the ServiceAccounts that pods act as, and the tokens that they carry of them."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_RBAC = "rbac.authorization.k8s.io"


@stack_check(
    "POD032",
    Severity.ADVICE,
    "a token that pods have no use for",
    equals=("polaris automountServiceAccountToken",),
)
def unused(stack: Stack) -> Iterator[Problem]:
    """Kubernetes puts a token of the pod's ServiceAccount into every container. Where nothing binds that account to a
    Role, the pod does not speak to the API server: the token only serves whoever breaks in, as a way to ask it.

    ``automountServiceAccountToken: false`` on the pod or on its ServiceAccount leaves it out. An account that a binding
    of this stack names counts as one that needs its token.

    ```yaml bad
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {serviceAccountName: web, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    automountServiceAccountToken: false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {serviceAccountName: web, containers: [{name: web, image: "nginx:1.29"}]}
    ```
    """
    bound: set[tuple[str, str]] | None = None
    for manifest, pods, account in _carrying(stack):
        if account == "default":
            continue
        bound = _bound(stack) if bound is None else bound
        if (manifest.namespace, account) not in bound and (manifest.namespace, "") not in bound:
            yield Problem(
                manifest,
                f"its pods carry a token of the ServiceAccount {account}, which nothing in this stack binds to a Role",
                (*pods.path, "spec", "serviceAccountName"),
                "set automountServiceAccountToken: false",
            )


@stack_check(
    "POD033",
    Severity.ADVICE,
    "pods that act as the default ServiceAccount",
    equals=("kube-linter default-service-account",),
)
def default_account(stack: Stack) -> Iterator[Problem]:
    """Pods that name no ServiceAccount carry a token of the one called ``default``. Whatever one of them is ever
    allowed, all others of the namespace are allowed too.

    Give those that speak to the API server an account of their own, and set ``automountServiceAccountToken: false`` on
    the others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {automountServiceAccountToken: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {automountServiceAccountToken: false, containers: [{name: web, image: "nginx:1.29"}]}
    ```
    """
    for manifest, pods, account in _carrying(stack):
        if account == "default":
            yield Problem(
                manifest,
                "its pods carry a token of their namespace's default ServiceAccount",
                (*pods.path, "spec"),
                "set automountServiceAccountToken: false, or name a ServiceAccount of their own",
            )


def _carrying(stack: Stack) -> Iterator[tuple[Manifest, PodTemplate, str]]:
    """The workloads whose pods are given a token, and of which account."""
    accounts: dict[tuple[str, str], Manifest] = {
        (account.namespace, account.name): account for account in stack.of_kind("", "ServiceAccount")
    }
    for namespace, workloads in stack.workloads.items():
        for manifest, pods in workloads:
            spec = pods.spec
            mounts = spec.get("automountServiceAccountToken")
            if mounts is False:
                continue
            name = text(spec.get("serviceAccountName")) or text(spec.get("serviceAccount")) or "default"
            account = accounts.get((namespace, name))
            if mounts is None and account and account.body.get("automountServiceAccountToken") is False:
                continue
            yield manifest, pods, name


def _bound(stack: Stack) -> set[tuple[str, str]]:
    """The accounts that bindings name, as (namespace, name); the name is empty where all of a namespace are bound."""
    found: set[tuple[str, str]] = set()
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in stack.of_kind(_RBAC, kind):
            for _, subject in mappings(binding.body.get("subjects")):
                name = text(subject.get("name"))
                if subject.get("kind") == "ServiceAccount":
                    found.add((text(subject.get("namespace")) or binding.namespace, name))
                elif name.startswith("system:serviceaccounts:"):
                    found.add((name.rpartition(":")[2], ""))
                elif name.startswith("system:serviceaccount:") and name.count(":") == 3:
                    found.add((name.split(":")[2], name.split(":")[3]))
    return found


@stack_check("POD034", Severity.ADVICE, "a token that does not reach the pods that need it")
def missing(stack: Stack) -> Iterator[Problem]:
    """A binding gives a ServiceAccount rights, its pods act as it, and ``automountServiceAccountToken: false`` keeps
    the token from them: either they cannot ask the API server what they were meant to, or nobody needs the binding.

    Leave it out for these pods, or project the token into a volume of their own, or remove the binding.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web, namespace: default}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    automountServiceAccountToken: false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {serviceAccountName: web, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web, namespace: default}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    automountServiceAccountToken: false
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      automountServiceAccountToken: true
      serviceAccountName: web
      containers: [{name: web, image: "nginx:1.29"}]
    ```
    """
    bound = {each for each in _bound(stack) if each[1] not in ("", "default")}
    if not bound:
        return
    carrying = {id(manifest) for manifest, _, _ in _carrying(stack)}
    for namespace, workloads in stack.workloads.items():
        for manifest, pods in workloads:
            name = text(pods.spec.get("serviceAccountName")) or text(pods.spec.get("serviceAccount"))
            if (namespace, name) in bound and id(manifest) not in carrying and not _projected(pods):
                yield Problem(
                    manifest,
                    f"a binding gives the ServiceAccount {name} rights, and its pods are given no token of it",
                    (*pods.path, "spec", "serviceAccountName"),
                    "leave automountServiceAccountToken out, or mount the token by a projected volume",
                )


def _projected(pods: PodTemplate) -> bool:
    """Whether the pods mount a token themselves, or a Secret that may hold one."""
    return any(
        volume.get("secret") is not None
        or any("serviceAccountToken" in source for _, source in mappings(mapping(volume, "projected").get("sources")))
        for _, volume in mappings(pods.spec.get("volumes"))
    )
