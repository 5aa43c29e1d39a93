"""Grants: whether a reference into another namespace is allowed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest
from pilothouse.references import Link
from pilothouse.stack import Stack


@stack_check("REF016", Severity.ERROR, "a reference into another namespace that nothing there allows")
def allowed(stack: Stack) -> Iterator[Problem]:
    """A route may send requests to a Service of another namespace, a Gateway may read a Secret there, a claim may be
    filled from a snapshot there, only if a ReferenceGrant in that namespace allows it. Otherwise the reference counts
    as one to nothing (``RefNotPermitted``).

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: api, namespace: kube-public}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec: {rules: [{backendRefs: [{name: api, namespace: kube-public, port: 80}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: api, namespace: kube-public}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: ReferenceGrant
    metadata: {name: web, namespace: kube-public}
    spec:
      from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
      to: [{group: "", kind: Service, name: api}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{group: "", kind: Service, name: api, namespace: kube-public}]
      rules: [{backendRefs: [{name: api, namespace: kube-public, port: 80}]}]
    ```

    Source: Gateway API reference, ReferenceGrant.
    """
    for link in stack.links:
        target, source = link.target, link.source
        if not link.row.granted or target.namespace == source.namespace or not source.namespace:
            continue
        if any(_grants(grant, link) for grant in stack.labelled(*_GRANT, target.namespace, {})):
            continue
        # What is allowed in a namespace that the stack has nothing in, somebody else knows.
        if link.found is None or any("ReferenceGrant" in each for each in stack.environment.given.objects):
            continue
        yield Problem(
            source,
            f"no ReferenceGrant in {target.namespace} lets a {source.kind} of {source.namespace} use a {target.kind}",
            link.path,
            f"add a ReferenceGrant to {target.namespace}",
        )


_GRANT = ("gateway.networking.k8s.io", "ReferenceGrant")


def _grants(grant: Manifest, link: Link) -> bool:
    spec = mapping(grant.body, "spec")
    source, target = link.source, link.target
    asks: tuple[Any, ...] = (source.group, source.kind, source.namespace)
    return any(
        (text(each.get("group")), each.get("kind"), each.get("namespace")) == asks
        for each in listing(spec.get("from"))
        if isinstance(each, dict)
    ) and any(
        (text(each.get("group")), each.get("kind")) == target[:2] and each.get("name") in (None, "", target.name)
        for each in listing(spec.get("to"))
        if isinstance(each, dict)
    )
