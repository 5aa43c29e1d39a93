"""Mesh subsets: which pods a DestinationRule sorts out, and who asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.mesh_destinations import DESTINATION_RULE
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import Host, Mesh, destinations, namespace_of, spec
from pilothouse.stack import Stack


def _carries(mesh: Mesh, host: Host, labels: dict[str, Any]) -> bool:
    """Whether some pods or endpoints of a host carry labels; those of the place that they run at are not known."""
    wanted = {key: value for key, value in labels.items() if not str(key).startswith(("topology.", "kubernetes.io/"))}
    own = [mapping(each, "labels") for _, each in mappings(spec(host.manifest).get("endpoints"))]
    carried = [*own, *(pods.labels for pods in mesh.behind(host))]
    return any(all(str(each.get(key)) == str(value) for key, value in wanted.items()) for each in carried)


def _empty(stack: Stack) -> Iterator[tuple[bool, Problem]]:
    """The subsets that no pods have, each with whether a route leads to it."""
    mesh = stack.mesh
    if not mesh.rules:
        return
    routed = {
        (mesh.full(text(destination.get("host")), namespace_of(service)), text(destination.get("subset")))
        for service in mesh.of("VirtualService")
        for _, destination in destinations(service)
    }
    for host, rules in mesh.rules.items():
        for rule in rules:
            found = [each for each in mesh.find(host, rule.namespace) if each.selector or _endpoints(each)]
            if not any(mesh.behind(each) or _endpoints(each) for each in found):
                continue
            for index, subset in mappings(spec(rule.manifest).get("subsets")):
                labels, name = mapping(subset, "labels"), text(subset.get("name"))
                if labels and not any(_carries(mesh, each, labels) for each in found):
                    words = ",".join(f"{key}={value}" for key, value in labels.items())
                    yield (
                        (host, name) in routed,
                        Problem(
                            rule.manifest,
                            f"no pod of {host} carries {words}, which the subset {name} asks for",
                            ("spec", "subsets", index, "labels"),
                            "put the label on the pods: in the template of their Deployment, not on the Deployment",
                        ),
                    )


def _endpoints(host: Host) -> bool:
    return bool(mappings(spec(host.manifest).get("endpoints")))


@stack_check(
    "DR002",
    Severity.ERROR,
    "a route to a subset that no pod is in",
    equals=(
        "istioctl IST0173",
        "kiali KIA0203",
    ),
)
def empty_subsets(stack: Stack) -> Iterator[Problem]:
    """A subset is the pods of a host that carry its labels besides. With none, the requests that a route sends to it
    are answered with 503. Most often the label is missing from the pods: one of a Deployment itself is not theirs.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      endpoints: [{address: 192.0.2.1, labels: {version: v1}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v2, labels: {version: v2}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], http: [{route: [{destination: {host: bank.example.com, subset: v2}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      endpoints: [{address: 192.0.2.1, labels: {version: v1}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v1, labels: {version: v1}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], http: [{route: [{destination: {host: bank.example.com, subset: v1}}]}]}
    ```

    Source: Istio's reference, DestinationRule, Subset.
    """
    return (problem if routed else problem._replace(code="DR003") for routed, problem in _empty(stack))


@stack_check(
    "DR003",
    Severity.ADVICE,
    "a subset that no pod is in, and no route leads to",
    equals=(
        "istioctl IST0173",
        "kiali KIA0203",
    ),
)
def unused_subsets(stack: Stack) -> Iterator[Problem]:
    """A subset without pods does no harm as long as no route leads to it. The first route that does gets 503.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      endpoints: [{address: 192.0.2.1, labels: {version: v1}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v2, labels: {version: v2}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      endpoints: [{address: 192.0.2.1, labels: {version: v1}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v1, labels: {version: v1}}]}
    ```
    """
    return iter(())  # the look of DR002 finds it


@object_check(
    "DR004",
    Severity.ADVICE,
    "a subset without labels",
    kinds=DESTINATION_RULE,
    fields=("subsets",),
    equals=("kiali KIA0209",),
)
def subsets_without_labels(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A subset without labels is all pods of the host: useful for a policy of its own, and no version.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v1}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, subsets: [{name: v1, labels: {version: v1}}]}
    ```
    """
    for index, subset in mappings(spec(manifest).get("subsets")):
        if not mapping(subset, "labels") and not mapping(subset, "trafficPolicy"):
            message = f"the subset {text(subset.get('name'))} has neither labels nor a policy of its own"
            yield Problem(manifest, message, ("spec", "subsets", index), "add the labels of its pods, or remove it")


@object_check(
    "DR007",
    Severity.ERROR,
    "one subset twice",
    kinds=DESTINATION_RULE,
    fields=("subsets",),
    equals=("istioctl IST0106",),
)
def subset_twice(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A subset's name is its own in a DestinationRule: Istio's webhook refuses it twice.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}, {name: v1, labels: {version: v2}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
    ```
    """
    seen: set[str] = set()
    for index, subset in mappings(spec(manifest).get("subsets")):
        name = text(subset.get("name"))
        if name and name in seen:
            yield Problem(manifest, f"the subset {name} stands twice", ("spec", "subsets", index, "name"), "rename it")
        seen.add(name)
