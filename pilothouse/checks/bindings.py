"""Bindings: who is given a Role."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.access import RBAC
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

BINDINGS: tuple[GroupKind, ...] = ((RBAC, "RoleBinding"), (RBAC, "ClusterRoleBinding"))

_FOR_ANYONE = frozenset(
    {
        "kubeadm:bootstrap-signer-clusterinfo",
        "system:basic-user",
        "system:discovery",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
    }
)
"""Roles that Kubernetes itself means for everybody."""


def _role(manifest: Manifest) -> str:
    return text(mapping(manifest.body, "roleRef").get("name"))


def _subjects(manifest: Manifest) -> Iterator[tuple[FieldPath, str, str, str]]:
    """The subjects: path, kind, namespace and name."""
    for index, subject in mappings(manifest.body.get("subjects")):
        namespace = text(subject.get("namespace"))
        yield ("subjects", index), text(subject.get("kind")), namespace, text(subject.get("name"))


def _is_workload(kind: str, name: str) -> bool:
    """Whether a subject stands for pods, and not for people."""
    return kind == "ServiceAccount" or name.startswith(("system:serviceaccount:", "system:serviceaccounts"))


@object_check(
    "RBAC001",
    Severity.WARNING,
    "pods that may do everything in the cluster",
    kinds=[(RBAC, "ClusterRoleBinding")],
    equals=(
        "kube-linter cluster-admin-role-binding",
        "polaris clusterrolebindingClusterAdmin",
    ),
)
def cluster_admin(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``cluster-admin`` bound to a ServiceAccount: whoever breaks into one of its pods, or may make a pod in its
    namespace, has the cluster.

    Write a ClusterRole with what the program needs.

    Source: Kubernetes documentation, RBAC good practices; CIS Kubernetes Benchmark, 5.1.1.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: deployer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects: [{kind: ServiceAccount, name: deployer, namespace: default}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: deployer, namespace: default}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: deployer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: deployer, namespace: default}]
    ```
    """
    if _role(manifest) == "cluster-admin":
        for path, kind, namespace, name in _subjects(manifest):
            if _is_workload(kind, name):
                who = f"{namespace}/{name}" if kind == "ServiceAccount" else name
                yield Problem(
                    manifest,
                    f"the pods of {who} may do everything in the cluster",
                    path,
                    "bind a ClusterRole of what they need, or waive it with the reason",
                )


@object_check(
    "RBAC015",
    Severity.ADVICE,
    "a binding of an administrator's Role",
    kinds=BINDINGS,
    equals=("polaris rolebindingClusterAdminClusterRole",),
)
def administrators(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``cluster-admin`` is meant for emergencies, also for people: in one namespace it allows more than ``admin``, such
    as its quota. A file in a repository is a poor place for it: whoever merges gives it.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: team}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: team, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: team}]
    ```
    """
    if _role(manifest) != "cluster-admin" or manifest.name == "cluster-admin":
        return
    for path, kind, _, name in _subjects(manifest):
        if manifest.kind == "RoleBinding" or not _is_workload(kind, name):  # else RBAC001
            where = "in the cluster" if manifest.kind == "ClusterRoleBinding" else "in its namespace"
            yield Problem(
                manifest, f"{name} may do everything {where}", path, "bind admin or edit, or a Role of its own"
            )


@object_check(
    "RBAC009",
    Severity.WARNING,
    "rights for anyone without a name",
    kinds=BINDINGS,
)
def anonymous(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``system:anonymous`` and ``system:unauthenticated`` are everyone who reaches the API server, without any
    credential. Some Roles of Kubernetes itself are meant for them, such as ``system:public-info-viewer``.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: dashboard}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:unauthenticated"}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: dashboard}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: team}]
    ```
    """
    role = _role(manifest)
    for path, kind, _, name in _subjects(manifest):
        unnamed = kind != "ServiceAccount" and name in ("system:anonymous", "system:unauthenticated")
        if unnamed and role not in _FOR_ANYONE:
            yield Problem(
                manifest,
                f"everyone who reaches the API server has what {role} allows ({name})",
                path,
                "bind it to a group of those who log in",
            )


@object_check("RBAC010", Severity.ADVICE, "rights for a default ServiceAccount", kinds=BINDINGS)
def default_account(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Every pod that names no ServiceAccount acts as ``default``: all of them are given this Role.

    Source: CIS Kubernetes Benchmark, 5.1.5.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: default, namespace: default}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web, namespace: default}]
    ```
    """
    for path, kind, namespace, name in _subjects(manifest):
        if kind == "ServiceAccount" and name == "default":
            yield Problem(
                manifest,
                f"every pod of {namespace or manifest.namespace} without an account of its own has what "
                f"{_role(manifest)} allows",
                (*path, "name"),
                "give the pods that need it a ServiceAccount of their own",
            )


_CROWDS = {
    "system:authenticated": "everyone who logs in, and every pod,",
    "system:serviceaccounts": "every pod of the cluster",
    "system:masters": "a group that no Role can limit",
}


@object_check(
    "RBAC011",
    Severity.ADVICE,
    "rights for a crowd",
    kinds=BINDINGS,
)
def crowds(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``system:authenticated`` is every user and every pod, ``system:serviceaccounts`` every pod; at some providers the
    first is anyone with an account there. ``system:masters`` may do everything already, past RBAC.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: readers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: readers}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}]
    ```
    """
    role = _role(manifest)
    for path, kind, _, name in _subjects(manifest):
        if kind == "Group" and name in _CROWDS and role not in _FOR_ANYONE and manifest.name != "cluster-admin":
            yield Problem(
                manifest, f"{_CROWDS[name]} has what {role} allows ({name})", path, "bind it to those who need it"
            )


_SUBJECT_GROUPS = {"ServiceAccount": "", "User": RBAC, "Group": RBAC}


@object_check("RBAC016", Severity.ERROR, "a binding that the API server refuses", kinds=BINDINGS)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A binding names one Role or ClusterRole of ``rbac.authorization.k8s.io``, a ClusterRoleBinding only a
    ClusterRole. Its subjects are Users, Groups and ServiceAccounts, the last in no API group; a ClusterRoleBinding says
    their namespace.

    The ``roleRef`` of a binding that stands cannot be changed: delete it, and make it anew.

    Source: Kubernetes API, validation of RBAC; seen on API servers of 1.32 and 1.36.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: web}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web}]
    ```

    ```yaml good
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web, namespace: default}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: web, namespace: default}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects: [{kind: ServiceAccount, name: web, namespace: default}]
    ```
    """
    role = mapping(manifest.body, "roleRef")
    kinds = ("ClusterRole",) if manifest.kind == "ClusterRoleBinding" else ("Role", "ClusterRole")
    if role.get("apiGroup") not in (RBAC, None, ""):
        yield Problem(manifest, f"roleRef.apiGroup is {role['apiGroup']}: expected {RBAC}", ("roleRef", "apiGroup"))
    if isinstance(role.get("kind"), str) and role["kind"] not in kinds:
        yield Problem(manifest, f"roleRef.kind is {role['kind']}: expected {' or '.join(kinds)}", ("roleRef", "kind"))
    for index, subject in mappings(manifest.body.get("subjects")):
        kind, at = subject.get("kind"), ("subjects", index)
        if not isinstance(kind, str):
            continue
        if kind not in _SUBJECT_GROUPS:
            yield Problem(
                manifest,
                f"a subject is of the kind {kind}: expected ServiceAccount, User or Group",
                (*at, "kind"),
            )
            continue
        group = subject.get("apiGroup") or _SUBJECT_GROUPS[kind]
        if group != _SUBJECT_GROUPS[kind]:
            wanted = f"{RBAC}" if _SUBJECT_GROUPS[kind] else "none"
            yield Problem(manifest, f"the apiGroup of a {kind} is {group}: expected {wanted}", (*at, "apiGroup"))
        if kind == "ServiceAccount" and manifest.kind == "ClusterRoleBinding" and not subject.get("namespace"):
            yield Problem(
                manifest,
                f"the ServiceAccount {subject.get('name')} stands without its namespace",
                at,
                "write its namespace: a ClusterRoleBinding has none of its own",
            )
