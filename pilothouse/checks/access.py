"""Access: the rules of Roles, and Roles that allow everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings
from pilothouse.manifest import Manifest
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

RBAC = "rbac.authorization.k8s.io"
ROLES: tuple[GroupKind, ...] = ((RBAC, "Role"), (RBAC, "ClusterRole"))


class Rule(NamedTuple):
    """One rule of a Role or ClusterRole."""

    path: FieldPath
    groups: list[str]
    resources: list[str]
    verbs: list[str]
    names: list[str]
    """Its ``resourceNames``; empty where it is about every object."""


def rules(manifest: Manifest) -> Iterator[Rule]:
    """The rules of a Role or ClusterRole about resources."""
    for index, rule in mappings(manifest.body.get("rules")):
        yield Rule(
            ("rules", index),
            _texts(rule.get("apiGroups")),
            _texts(rule.get("resources")),
            _texts(rule.get("verbs")),
            _texts(rule.get("resourceNames")),
        )


def _texts(value: Any) -> list[str]:
    return [item for item in listing(value) if isinstance(item, str)]


@object_check(
    "RBAC002",
    Severity.WARNING,
    "a Role that allows everything",
    kinds=ROLES,
    equals=("polaris rolebindingClusterAdminRole",),
)
def everything(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Every verb on every resource of every API group: whoever has such a ClusterRole is the cluster's administrator,
    and whoever has such a Role that of its namespace, with its Secrets and its pods. What new kinds bring is allowed
    too, before anyone knows them.

    Name what is needed. Where the answer is really everything, ``cluster-admin`` says so aloud.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: deployer}
    rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: deployer}
    rules: [{apiGroups: [apps], resources: [deployments], verbs: [get, list, watch]}]
    ```
    """
    for rule in rules(manifest):
        if _is_everything(rule) and manifest.name != "cluster-admin":
            where = "in the whole cluster" if manifest.kind == "ClusterRole" else "in its namespace"
            yield Problem(
                manifest,
                f"whoever has this {manifest.kind} may do everything {where}",
                rule.path,
                "name the API groups, resources and verbs that are needed",
            )


def _is_everything(rule: Rule) -> bool:
    return "*" in rule.groups and "*" in rule.resources and "*" in rule.verbs


@object_check(
    "RBAC003",
    Severity.ADVICE,
    "a wildcard in a Role",
    kinds=ROLES,
    equals=("kube-linter wildcard-in-rules",),
)
def wildcards(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``*`` allows what is there today, and what a later Kubernetes or another operator brings: new resources, new
    verbs such as ``bind`` or ``impersonate``.

    Source: CIS Kubernetes Benchmark, 5.1.3.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: deployer, namespace: default}
    rules: [{apiGroups: [apps], resources: ["*"], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: deployer, namespace: default}
    rules: [{apiGroups: [apps], resources: [deployments, statefulsets], verbs: [get]}]
    ```
    """
    for rule in rules(manifest):
        fields = (("apiGroups", rule.groups), ("resources", rule.resources), ("verbs", rule.verbs))
        wild = [field for field, words in fields if any("*" in word for word in words)]
        if wild and not _is_everything(rule):
            yield Problem(
                manifest,
                f"a wildcard stands in {' and '.join(wild)}: what comes later is allowed too",
                (*rule.path, wild[0]),
                "name what is needed",
            )
