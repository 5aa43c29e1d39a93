"""NetworkPolicies: fields that the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.policies import KIND
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

POLICY: tuple[GroupKind] = (KIND,)
_DIRECTIONS = (("ingress", "from"), ("egress", "to"))


def spec_of(manifest: Manifest) -> dict[str, Any]:
    """The spec of a policy; empty where there is none."""
    return mapping(manifest.body, "spec")


def _rules(manifest: Manifest) -> Iterator[tuple[FieldPath, str, dict[str, Any]]]:
    """Every rule: where it stands, the field of its peers, and the rule itself."""
    for direction, peers in _DIRECTIONS:
        for index, rule in mappings(spec_of(manifest).get(direction)):
            yield ("spec", direction, index), peers, rule


@object_check("NETPOL001", Severity.ERROR, "a port of a NetworkPolicy that is none", kinds=POLICY, fields=("ports",))
def ports(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A port is a number from 1 to 65535, or the name of a container's port; ``endPort`` makes a range of a number,
    and is not below it. The API server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{ports: [{port: 8080, endPort: 8000}]}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{ports: [{port: 8000, endPort: 8080}]}]
    ```

    Source: Kubernetes API reference, NetworkPolicyPort.
    """
    for at, _, rule in _rules(manifest):
        for index, each in mappings(rule.get("ports")):
            port, last, path = each.get("port"), each.get("endPort"), (*at, "ports", index)
            protocol = each.get("protocol")
            if isinstance(protocol, str) and protocol not in ("TCP", "UDP", "SCTP"):
                message = f"there is no protocol {protocol!r}, expected TCP, UDP or SCTP"
                yield Problem(manifest, message, (*path, "protocol"))
            if port is not None and (problem := formats.port(port)):
                yield Problem(manifest, f"{port!r} is no port: {problem}", (*path, "port"))
            if not isinstance(last, int) or isinstance(last, bool):
                continue
            if not isinstance(port, int):
                message = f"the range ends at {last} and begins with {port or 'nothing'}, expected a number"
                yield Problem(manifest, message, (*path, "endPort"))
            elif last < port or formats.port(last):
                message = f"the range ends at {last}, expected {port} to 65535"
                yield Problem(manifest, message, (*path, "endPort"))


@object_check(
    "NETPOL002",
    Severity.ERROR,
    "a peer of a NetworkPolicy that is nobody or two things",
    kinds=POLICY,
    fields=("from", "to"),
)
def peers(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A peer is chosen by a ``podSelector`` and a ``namespaceSelector``, or is an ``ipBlock``: a subnet, and smaller
    ones inside of it as ``except``. The API server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/16, except: [10.1.0.0/24]}}]}]
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec:
      podSelector: {}
      ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/24]}}]}]
    ```

    Source: Kubernetes API reference, NetworkPolicyPeer and IPBlock.
    """
    strict = formats.is_strict(stack.catalogue.minor)
    for at, field, rule in _rules(manifest):
        for index, peer in mappings(rule.get(field)):
            path = (*at, field, index)
            selected = [name for name in ("podSelector", "namespaceSelector") if peer.get(name) is not None]
            block = peer.get("ipBlock")
            if block is None and not selected:
                yield Problem(manifest, "the peer is nobody, expected a selector or an ipBlock", path)
            elif block is not None and selected:
                message = f"the peer has an ipBlock and a {selected[0]}, expected one of them"
                yield Problem(manifest, message, path, "make two peers of it")
            for below, problem in _block(mapping(block), strict=strict) if block is not None else ():
                yield Problem(manifest, problem, (*path, "ipBlock", *below))


def _block(block: dict[str, Any], *, strict: bool) -> Iterator[tuple[FieldPath, str]]:
    cidr = block.get("cidr")
    outer = formats.subnet(cidr, strict=strict) if isinstance(cidr, str) else None
    if cidr in (None, ""):
        yield ("cidr",), "the ipBlock has no subnet, expected one such as 10.0.0.0/8"
    elif isinstance(cidr, str) and outer is None:
        yield ("cidr",), f"{cidr!r} is no subnet, expected one such as 10.0.0.0/8"
    for index, each in enumerate(listing(block.get("except"))):
        inner = formats.subnet(each, strict=strict) if isinstance(each, str) else None
        if isinstance(each, str) and inner is None:
            yield ("except", index), f"{each!r} is no subnet, expected one such as 10.0.0.0/8"
        elif inner and outer and not formats.within(inner, outer):
            yield ("except", index), f"{each} is no smaller subnet of {cidr}"


@object_check(
    "NETPOL003",
    Severity.ERROR,
    "a selector of a NetworkPolicy that the API server refuses",
    kinds=POLICY,
    fields=("matchLabels", "matchExpressions"),
)
def selectors(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The labels of a selector are ones that an object can carry, and its operators ``In`` and ``NotIn`` have values,
    ``Exists`` and ``DoesNotExist`` none.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchExpressions: [{key: app, operator: In}]}}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {matchExpressions: [{key: retired, operator: DoesNotExist}]}}
    ```

    Source: Kubernetes API reference, LabelSelector.
    """
    placed: list[tuple[FieldPath, Any]] = [(("spec", "podSelector"), spec_of(manifest).get("podSelector"))]
    for at, field, rule in _rules(manifest):
        for index, peer in mappings(rule.get(field)):
            placed += [((*at, field, index, name), peer.get(name)) for name in ("podSelector", "namespaceSelector")]
    for path, selector in placed:
        for below, problem in formats.label_selector(selector):
            yield Problem(manifest, problem, (*path, *below))


@object_check("NETPOL004", Severity.ERROR, "a direction of a NetworkPolicy that does not exist", kinds=POLICY)
def types(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``policyTypes`` holds ``Ingress``, ``Egress``, or both, in capitals. The API server refuses everything else.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}, policyTypes: [ingress]}
    ```

    ```yaml good
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: default}
    spec: {podSelector: {}, policyTypes: [Ingress]}
    ```

    Source: Kubernetes API reference, NetworkPolicySpec, ``policyTypes``.
    """
    named = listing(spec_of(manifest).get("policyTypes"))
    if len(named) > 2:
        message = f"{len(named)} policyTypes, expected two at most"
        yield Problem(manifest, message, ("spec", "policyTypes"))
    for index, each in enumerate(named):
        if isinstance(each, str) and each not in ("Ingress", "Egress"):
            message = f"there is no policy type {each!r}, expected Ingress or Egress"
            yield Problem(manifest, message, ("spec", "policyTypes", index))
