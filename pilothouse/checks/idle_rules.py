"""Idle rules: those of Roles that grant nothing, because nothing is called so, or nothing is there."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from pilothouse.checks.access import RBAC, ROLES, Rule, rules
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.environment.nearest import nearest
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.schemas import store
from pilothouse.stack import Stack

_WITHOUT_KIND = {
    "": ("bindings", "componentstatuses", "users", "groups", "pods", "serviceaccounts"),
    "authentication.k8s.io": ("tokenreviews", "selfsubjectreviews", "userextras", "uids"),
    "authorization.k8s.io": (
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
    ),
    "certificates.k8s.io": ("signers",),
}
"""What rules name beside the kinds that are stored: reviews, and what Kubernetes only asks RBAC about."""

_VERBS = frozenset(
    {
        "*",
        "approve",
        "attest",
        "bind",
        "create",
        "delete",
        "deletecollection",
        "escalate",
        "get",
        "impersonate",
        "list",
        "patch",
        "proxy",
        "sign",
        "update",
        "use",
        "watch",
    }
)
"""The verbs that the API server or one of its plugins asks about. Source: Kubernetes documentation, Authorization."""


class Served(NamedTuple):
    """What Kubernetes itself serves, in any minor that is known."""

    groups: dict[str, frozenset[str]]
    """API group to the plurals of its kinds."""
    words: dict[str, tuple[str, str]]
    """A kind or its singular, in small letters, to its group and plural."""
    clusterwide: frozenset[tuple[str, str]]
    """Group and plural of the kinds that belong to the whole cluster."""


@functools.cache
def served() -> Served:
    """What Kubernetes itself serves."""
    index = store.index()
    groups: dict[str, set[str]] = {group: set(names) for group, names in _WITHOUT_KIND.items()}
    words: dict[str, tuple[str, str]] = {}
    clusterwide: set[tuple[str, str]] = set()
    for values in index["kinds"]:
        row = dict(zip(index["columns"], values, strict=True))
        if row["source"] != "kubernetes":
            continue
        groups.setdefault(row["group"], set()).add(row["plural"])
        words.setdefault(row["kind"].lower(), (row["group"], row["plural"]))
        if not row["namespaced"]:
            clusterwide.add((row["group"], row["plural"]))
    return Served({group: frozenset(names) for group, names in groups.items()}, words, frozenset(clusterwide))


@object_check("RBAC021", Severity.WARNING, "a rule that grants nothing", kinds=ROLES)
def nothing(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server takes any word in a rule. One that it does not know grants nothing, and nobody is told until the
    program asks and is refused: ``deployments`` in the group ``""``, ``pod`` for ``pods``, ``apps/v1`` for ``apps``,
    ``read`` for ``get``.

    What counts: words in API groups of Kubernetes itself. Custom resources are anyone's.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [""], resources: [deployments], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]
    ```
    """
    for rule in rules(manifest):
        yield from _groups(manifest, rule)
        if not _is_kubernetes_own(rule):
            continue
        for index, resource in enumerate(rule.resources):
            if not _is_known(rule, resource):
                yield Problem(
                    manifest,
                    f"the API group {_quoted(rule.groups)} has no resource {resource}{_meant(resource)}",
                    (*rule.path, "resources", index),
                    "write the plural in small letters, and the group that has it",
                )
        for index, verb in enumerate(rule.verbs):
            if verb not in _VERBS and ":" not in verb:
                near = nearest(verb, sorted(_VERBS - {"*"}))
                yield Problem(
                    manifest,
                    f"nothing asks for the verb {verb}" + (f"; nearest: {near}" if near else ""),
                    (*rule.path, "verbs", index),
                    "reading is get, list and watch; writing is create, update, patch and delete",
                )


def _is_kubernetes_own(rule: Rule) -> bool:
    """Whether every group of a rule is one of Kubernetes itself, so that its words are known."""
    own = all(group in served().groups or group == "extensions" for group in rule.groups)
    return own and bool(rule.groups) and not any(verb.startswith("request-") for verb in rule.verbs)


def _is_known(rule: Rule, resource: str) -> bool:
    parent = resource.partition("/")[0]
    if not parent or "*" in parent:
        return True
    if _gone(rule, resource):
        return True
    return any(parent in served().groups.get(group, ()) for group in rule.groups)


def _gone(rule: Rule, resource: str) -> bool:
    """Whether an older Kubernetes had it in one of the rule's groups."""
    return "extensions" in rule.groups or ("policy" in rule.groups and resource == "podsecuritypolicies")


def _groups(manifest: Manifest, rule: Rule) -> Iterator[Problem]:
    for index, group in enumerate(rule.groups):
        name, slash, version = group.partition("/")
        if slash or group in ("v1", "core"):
            yield Problem(
                manifest,
                f"no API group is called {group}: "
                + (f"{version} is a version of {name}" if slash else 'that one is ""'),
                (*rule.path, "apiGroups", index),
                f"write {name if slash else chr(34) * 2}",
            )
        elif group not in served().groups and f"{group}.k8s.io" in served().groups:
            yield Problem(
                manifest,
                f"no API group is called {group}; nearest: {group}.k8s.io",
                (*rule.path, "apiGroups", index),
                f"write {group}.k8s.io",
            )


def _quoted(groups: list[str]) -> str:
    return " or ".join(group or '""' for group in groups)


def _meant(resource: str) -> str:
    """Where a resource is, or what it is called, as the end of a sentence."""
    parent = resource.partition("/")[0]
    there = sorted(group for group, plurals in served().groups.items() if parent in plurals)
    if there:
        return f": {_quoted(there)} has it"
    word = served().words.get(parent.lower())
    if word is not None:
        return f": it is called {word[1]}, of {_quoted([word[0]])}"
    near = nearest(parent, sorted({plural for plurals in served().groups.values() for plural in plurals}))
    return f"; nearest: {near}" if near else ""


@object_check("RBAC022", Severity.ADVICE, "a rule for what Kubernetes no longer has", kinds=ROLES)
def gone(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API group ``extensions`` went with Kubernetes 1.22, PodSecurityPolicies with 1.25. A rule that names them
    does no harm, and grants nothing.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: web}
    rules: [{apiGroups: [extensions], resources: [ingresses], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: web}
    rules: [{apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get]}]
    ```
    """
    for rule in rules(manifest):
        if "extensions" in rule.groups:
            at = (*rule.path, "apiGroups", rule.groups.index("extensions"))
            yield Problem(manifest, "no Kubernetes since 1.22 has the API group extensions", at, "remove it")
        if "policy" in rule.groups and "podsecuritypolicies" in rule.resources:
            at = (*rule.path, "resources", rule.resources.index("podsecuritypolicies"))
            yield Problem(manifest, "no Kubernetes since 1.25 has PodSecurityPolicies", at, "remove it")


@object_check("RBAC023", Severity.WARNING, "a Role for what no namespace has", kinds=[(RBAC, "Role")])
def clusterwide(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Role is about the objects of its namespace. Nodes, PersistentVolumes, StorageClasses, ClusterRoles and the like
    are in none: the rule grants nothing. (A namespace itself counts as one of its own objects.)

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: web}
    rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
    ```
    """
    for rule in rules(manifest):
        for index, resource in enumerate(rule.resources):
            parent = resource.partition("/")[0]
            homes = [group for group in rule.groups if parent in served().groups.get(group, ())]
            if not homes or parent == "namespaces" or not _is_kubernetes_own(rule):
                continue
            if all((group, parent) in served().clusterwide for group in homes):
                yield Problem(
                    manifest,
                    f"{resource} belong to no namespace, so this Role grants nothing of them",
                    (*rule.path, "resources", index),
                    "write a ClusterRole, and bind it by a ClusterRoleBinding",
                )
