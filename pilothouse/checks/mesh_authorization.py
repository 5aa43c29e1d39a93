"""AuthorizationPolicies: whether their rules can ever match, and what they leave open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.mesh import RAW, SECURITY, aimed_twice, namespace_of, spec
from pilothouse.stack import Stack

_POLICY = [(SECURITY, "AuthorizationPolicy")]


_HTTP_ONLY = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")


BY_IDENTITY = ("principals", "notPrincipals", "namespaces", "notNamespaces", "serviceAccounts", "notServiceAccounts")


_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"])


_PRINCIPAL = re.compile(r"[^/*]+/ns/([^/*]+)/sa/([^/*]+)")


def sources(manifest: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    for index, rule in mappings(spec(manifest).get("rules")):
        for number, origin in mappings(rule.get("from")):
            yield ("spec", "rules", index, "from", number, "source"), mapping(origin, "source")


def _operations(manifest: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    for index, rule in mappings(spec(manifest).get("rules")):
        for number, target in mappings(rule.get("to")):
            yield ("spec", "rules", index, "to", number, "operation"), mapping(target, "operation")


def _items(path: FieldPath, holder: dict[str, Any], *fields: str) -> Iterator[tuple[FieldPath, str]]:
    for field in fields:
        for number, value in enumerate(listing(holder.get(field)) if field in holder else ()):
            if text(value):
                yield (*path, field, number), value


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


@stack_check(
    "AUTHZ001",
    Severity.WARNING,
    "a rule for callers of a namespace that nobody defines",
    equals=(
        "istioctl IST0101",
        "kiali KIA0101",
    ),
)
def namespaces(stack: Stack) -> Iterator[Problem]:
    """A rule with the callers' namespaces matches those of just these names. One mistyped lets nobody in; of a rule
    that refuses, it refuses nobody.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio-injection: enabled}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: shop}
    spec: {rules: [{from: [{source: {namespaces: [shopp]}}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio-injection: enabled}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: shop}
    spec: {rules: [{from: [{source: {namespaces: [shop]}}]}]}
    ```

    Source: Istio's reference, AuthorizationPolicy, Source.
    """
    if not (stack.environment.name or stack.mesh.namespaces):
        return
    for policy in stack.mesh.of("AuthorizationPolicy", SECURITY):
        for path, source in sources(policy):
            for place, name in _items(path, source, "namespaces", "notNamespaces"):
                if name in stack.namespaces or name == "istio-system":
                    continue
                if not any(_fits(name, each) for each in stack.namespaces):
                    yield Problem(policy, f"nobody defines the namespace {name}", place, "name the callers' namespace")


@stack_check(
    "AUTHZ002",
    Severity.WARNING,
    "a rule for a caller that does not exist",
    equals=("kiali KIA0106",),
)
def principals(stack: Stack) -> Iterator[Problem]:
    """A principal is ``<trust domain>/ns/<namespace>/sa/<service account>``, without ``spiffe://``. One that no
    ServiceAccount has lets nobody in.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{from: [{source: {principals: ["spiffe://cluster.local/ns/default/sa/shop"]}}]}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{from: [{source: {principals: ["cluster.local/ns/other/sa/shop"]}}]}]}
    ```

    Source: Istio's reference, AuthorizationPolicy, Source, ``principals``.
    """
    here = {namespace_of(account) for account in stack.of_kind("", "ServiceAccount")}
    for policy in stack.mesh.of("AuthorizationPolicy", SECURITY):
        for path, source in sources(policy):
            for place, name in _items(path, source, "principals", "notPrincipals"):
                if name.startswith("spiffe://"):
                    message = f"{name} begins with spiffe://, which no principal does"
                    yield Problem(policy, message, place, f"write {name.removeprefix('spiffe://')}")
                    continue
                found = _PRINCIPAL.fullmatch(name)
                namespace, account = found.groups() if found else ("", "default")
                there = [
                    Identity("", "ServiceAccount", each, account)
                    for each in (namespace, "")
                    if each or namespace == "default"
                ]
                if account == "default" or namespace not in here or any(each in stack.by_identity for each in there):
                    continue
                if not stack.environment.given.has("ServiceAccount", account, namespace):
                    message = f"there is no ServiceAccount {account} in {namespace}"
                    yield Problem(policy, message, place, "name the account that the callers' pods run as")


@stack_check("AUTHZ003", Severity.WARNING, "a rule for a host that nobody has", equals=("kiali KIA0104",))
def hosts(stack: Stack) -> Iterator[Problem]:
    """A rule with hosts matches the ``Host`` of the request. A name of the cluster that no Service has is in none.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{to: [{operation: {hosts: [banks.default.svc.cluster.local]}}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{to: [{operation: {hosts: [bank.default.svc.cluster.local]}}]}]}
    ```
    """
    mesh = stack.mesh
    for policy in mesh.of("AuthorizationPolicy", SECURITY):
        for path, operation in _operations(policy):
            for place, host in _items(path, operation, "hosts", "notHosts"):
                name = host.partition(":")[0]
                if "*" not in name and mesh.local(name) and mesh.lacks(name, namespace_of(policy)):
                    yield Problem(policy, f"no Service has the host {name}", place, "name a Service's host")


@object_check(
    "AUTHZ004",
    Severity.WARNING,
    "a rule for a method or path that no request has",
    kinds=_POLICY,
    fields=("methods", "notMethods", "paths", "notPaths"),
    equals=("kiali KIA0102",),
)
def methods(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Methods are written in capitals, and compared as they stand; paths begin with ``/``. A gRPC call is a ``POST``
    to ``/package.Service/Method``.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{to: [{operation: {methods: [get]}}]}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {rules: [{to: [{operation: {methods: [GET], paths: [/api/*]}}]}]}
    ```

    Source: Istio's reference, AuthorizationPolicy, Operation.
    """
    for path, operation in _operations(manifest):
        for place, method in _items(path, operation, "methods", "notMethods"):
            if method not in _METHODS and not any(method == "*" or _fits(method, each) for each in _METHODS):
                listed = method.upper() if method.upper() in _METHODS else "GET, POST, PUT, DELETE and the like"
                yield Problem(manifest, f"no request has the method {method}", place, f"write {listed}")
        for place, name in _items(path, operation, "paths", "notPaths"):
            if not name.startswith(("/", "*", "{")):
                yield Problem(manifest, f"no path is {name}: each begins with /", place, f"write /{name}")


@stack_check("AUTHZ005", Severity.WARNING, "a rule about HTTP for pods that do not speak it")
def not_http(stack: Stack) -> Iterator[Problem]:
    """On a port that is TCP to the mesh the proxy sees no method, path or host. A rule that allows by them never
    matches there; one that denies by them denies every connection.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: db, namespace: default, labels: {app: db}}
    spec: {containers: [{name: db, image: "mongo:7", ports: [{containerPort: 27017}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: default}
    spec: {selector: {app: db}, ports: [{name: mongo, port: 27017}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, rules: [{to: [{operation: {methods: [GET]}}]}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, rules: [{to: [{operation: {ports: ["27017"]}}]}]}
    ```

    Source: Istio's page "Authorization for TCP traffic".
    """
    mesh = stack.mesh
    for policy in mesh.of("AuthorizationPolicy", SECURITY):
        about = [(path, field) for path, said in _operations(policy) for field in _HTTP_ONLY if said.get(field)]
        if not about or not mapping(spec(policy), "selector"):
            continue
        ports: dict[str, str] = {}
        for pods in mesh.judged(policy)[:50]:
            ports |= mesh.served.get(id(pods.manifest), {})
        said = [(path, field) for path, field in about if ports]
        for path, field in said:
            operation: Any = policy.body
            for step in path:
                operation = operation[step]
            meant = [text(each) for each in listing(operation.get("ports"))] or list(ports)
            if all(ports.get(each) in RAW for each in meant):
                message = f"the ports {', '.join(sorted(meant))} of these pods are TCP, where the proxy sees no {field}"
                yield Problem(policy, message, (*path, field), "judge by ports and callers, or name the port http-...")


@object_check(
    "AUTHZ007",
    Severity.ERROR,
    "an AuthorizationPolicy that Istio refuses",
    kinds=_POLICY,
    equals=("istioctl IST0106",),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A policy that denies or asks somebody else needs rules, without which it never counts; ``CUSTOM`` needs a
    provider, and no other action has one. ``from``, ``to``, ``source`` and ``operation`` are not empty, and a condition
    has values. Istio's webhook refuses the rest.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {action: DENY}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]}
    ```
    """
    said = spec(manifest)
    action, rules = text(said.get("action"), "ALLOW"), mappings(said.get("rules"))
    if action in ("DENY", "CUSTOM") and not rules:
        yield Problem(
            manifest, f"action {action} without rules", ("spec", "action"), "add rules: [{}] for all requests"
        )
    if action == "CUSTOM" and not text(mapping(said, "provider").get("name")):
        yield Problem(manifest, "action CUSTOM without a provider", ("spec", "action"), "name the provider")
    if action != "CUSTOM" and "provider" in said:
        yield Problem(manifest, f"a provider with action {action}", ("spec", "provider"), "say CUSTOM, or remove it")
    if aimed_twice(manifest):
        yield Problem(manifest, "both a selector and targetRefs", ("spec", "selector"), "keep one of the two")
    for index, rule in rules:
        at: FieldPath = ("spec", "rules", index)
        for field, inner in (("from", "source"), ("to", "operation")):
            if field in rule and rule[field] == []:
                yield Problem(manifest, f"an empty {field}", (*at, field), "remove it for all requests")
            for number, each in mappings(rule.get(field)):
                if not mapping(each, inner):
                    yield Problem(
                        manifest, f"an empty {inner}", (*at, field, number), f"remove {field} for all requests"
                    )
        for number, condition in mappings(rule.get("when")):
            if not condition.get("values") and not condition.get("notValues"):
                message = "a condition with neither values nor notValues"
                yield Problem(manifest, message, (*at, "when", number), "add the values")
