"""Rules: those of Roles that the API server refuses, passes over, or writes over."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.access import RBAC, ROLES, rules
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


@object_check("RBAC020", Severity.ERROR, "a rule that the API server refuses", kinds=ROLES)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A rule has verbs, and is about resources of some API groups or about paths (``nonResourceURLs``), not about both;
    paths belong to no namespace, so a Role has none.

    Source: Kubernetes API, validation of RBAC; seen on API servers of 1.32 and 1.36.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{resources: [pods], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: web, namespace: default}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
    ```
    """
    for index, rule in mappings(manifest.body.get("rules")):
        groups, resources, paths = (listing(rule.get(field)) for field in ("apiGroups", "resources", "nonResourceURLs"))
        at = ("rules", index)
        if not listing(rule.get("verbs")):
            yield Problem(manifest, "a rule has no verbs: expected one at least", (*at, "verbs"))
        if paths:
            if manifest.kind == "Role":
                yield Problem(manifest, "a Role has no rules for paths: a ClusterRole has", (*at, "nonResourceURLs"))
            if groups or resources or listing(rule.get("resourceNames")):
                yield Problem(manifest, "a rule is about paths or about resources, and not both", at)
            continue
        if not groups:
            yield Problem(
                manifest,
                "a rule has no apiGroups: expected one at least",
                (*at, "apiGroups"),
                'write apiGroups: [""] for pods, Services and the like',
            )
        if not resources:
            yield Problem(manifest, "a rule has no resources: expected one at least", (*at, "resources"))


@object_check(
    "RBAC024", Severity.ADVICE, "a right to create what has a name already", kinds=ROLES, fields=("resourceNames",)
)
def named_create(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """When an object is created by POST, the API server does not know its name yet: a rule with ``resourceNames``
    grants no such ``create``, and no ``deletecollection``. A leader election whose Lease is to be created fails by it.

    Write a rule of its own for ``create``, without names. Server-side apply does give the name.

    Source: Kubernetes documentation, Using RBAC Authorization, "Referring to resources".

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: leader, namespace: default}
    rules:
    - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [leader], verbs: [get, create, update]}
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: leader, namespace: default}
    rules:
    - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [leader], verbs: [get, update]}
    - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
    ```
    """
    open_to_all = {
        (group, resource)
        for rule in rules(manifest)
        if not rule.names and {"create", "*"} & set(rule.verbs)
        for group in rule.groups
        for resource in rule.resources
    }
    for rule in rules(manifest):
        if not rule.names:
            continue
        lacking = [
            resource
            for resource in rule.resources
            if "/" not in resource and any((group, resource) not in open_to_all for group in rule.groups)
        ]
        for verb in ("create", "deletecollection"):
            if verb in rule.verbs and lacking:
                yield Problem(
                    manifest,
                    f"with resourceNames the verb {verb} is not granted for {', '.join(lacking)}: no request for it "
                    "has a name",
                    (*rule.path, "verbs", rule.verbs.index(verb)),
                    f"grant {verb} by a rule of its own, without resourceNames",
                )


@object_check(
    "RBAC025",
    Severity.WARNING,
    "an aggregated ClusterRole with rules of its own",
    kinds=[(RBAC, "ClusterRole")],
    fields=("aggregationRule",),
)
def overwritten(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A controller fills the rules of a ClusterRole with an ``aggregationRule`` from other ClusterRoles, and removes
    what stood there: the rights in the file are gone within a second, and whoever keeps the cluster equal to Git writes
    them again and again.

    Source: Kubernetes API reference, ``ClusterRole.aggregationRule``.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: monitoring}
    aggregationRule: {clusterRoleSelectors: [{matchLabels: {monitoring: "true"}}]}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: monitoring}
    aggregationRule: {clusterRoleSelectors: [{matchLabels: {monitoring: "true"}}]}
    rules: []
    ```
    """
    if isinstance(manifest.body.get("aggregationRule"), dict) and listing(manifest.body.get("rules")):
        yield Problem(
            manifest,
            "its rules are overwritten by those of the ClusterRoles that it aggregates",
            ("rules",),
            "put them into a ClusterRole with the labels that it selects",
        )
