"""DestinationRules: whether they count, and whether each subset has pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import NETWORKING, Host, Mesh, destinations, namespace_of, spec
from pilothouse.stack import Stack

_DESTINATION_RULE = [(NETWORKING, "DestinationRule")]


@stack_check(
    "DR001",
    Severity.WARNING,
    "a DestinationRule for a host that nobody has",
    equals=(
        "istioctl IST0174",
        "kiali KIA0202",
    ),
)
def hosts(stack: Stack) -> Iterator[Problem]:
    """A DestinationRule counts for requests to its host. For one that is not in the mesh's registry it does nothing:
    neither its TLS settings nor its limits are there.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: banks.example.com, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
    ```
    """
    mesh = stack.mesh
    for manifest in mesh.of("DestinationRule"):
        host, namespace = text(spec(manifest).get("host")), namespace_of(manifest)
        if mesh.lacks(host, namespace):
            name = mesh.full(host, namespace)
            message = f"no Service or ServiceEntry has the host {name}, so this rule does nothing"
            yield Problem(manifest, message, ("spec", "host"), "name a host by its full name")


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
    kinds=_DESTINATION_RULE,
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


@stack_check("DR005", Severity.WARNING, "two DestinationRules that decide the same", equals=("kiali KIA0201",))
def decided_twice(stack: Stack) -> Iterator[Problem]:
    """DestinationRules of one namespace for one host are merged: their subsets are put together, and of two traffic
    policies, or two subsets of one name, the older one counts. Nothing says that the other does not.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}}}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank-limits, namespace: default}
    spec: {host: bank, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}}}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank-subsets, namespace: default}
    spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}]}
    ```

    Source: Istio's page "Traffic Management Best Practices", "Split large destination rules".
    """
    for rules in stack.mesh.rules.values():
        policies: dict[tuple[object, ...], Manifest] = {}
        for rule in rules if len(rules) > 1 else ():
            scope = (rule.namespace, rule.exported, str(mapping(spec(rule.manifest), "workloadSelector")))
            named: list[tuple[str, FieldPath]] = [
                (name, ("spec", "subsets", index)) for name, index in rule.subsets.items()
            ]
            if mapping(spec(rule.manifest), "trafficPolicy"):
                named.append(("", ("spec", "trafficPolicy")))
            for name, path in named:
                other = policies.setdefault((*scope, name), rule.manifest)
                if other.identity != rule.manifest.identity:
                    what = f"the subset {name}" if name else "the traffic policy"
                    message = f"{other.identity} says {what} of {rule.host} already; the older of the two counts"
                    yield Problem(rule.manifest, message, path, "say it in one of them")


def policies(manifest: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """Every traffic policy of a DestinationRule with its place: its own, its ports', its subsets' and their ports'."""
    holders: list[tuple[FieldPath, dict[str, Any]]] = [(("spec",), spec(manifest))]
    holders += [(("spec", "subsets", index), subset) for index, subset in mappings(spec(manifest).get("subsets"))]
    for path, holder in holders:
        policy = mapping(holder, "trafficPolicy")
        if policy:
            yield (*path, "trafficPolicy"), policy
        for index, port in mappings(policy.get("portLevelSettings")):
            yield (*path, "trafficPolicy", "portLevelSettings", index), port


@object_check(
    "DR006",
    Severity.ADVICE,
    "a server's certificate that nobody checks by its own CA",
    kinds=_DESTINATION_RULE,
    fields=("tls",),
    equals=(
        "istioctl IST0128",
        "istioctl IST0129",
    ),
)
def certificates(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """With TLS of mode ``SIMPLE`` or ``MUTUAL`` and no CA certificates, the proxy checks the server against the CAs of
    its operating system; proxies of Istio before 1.22, or with ``VERIFY_CERTIFICATE_AT_CLIENT`` off, do not check it.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank.example.com, trafficPolicy: {tls: {mode: SIMPLE, caCertificates: /etc/ssl/bank-ca.pem}}}
    ```

    Source: Istio's reference, ClientTLSSettings, ``caCertificates``.
    """
    selects = bool(mapping(spec(manifest), "workloadSelector"))
    for path, policy in policies(manifest):
        tls = mapping(policy, "tls")
        named = tls.get("caCertificates") or (selects and tls.get("credentialName"))
        if tls.get("mode") in ("SIMPLE", "MUTUAL") and not named and not tls.get("insecureSkipVerify"):
            message = f"TLS of mode {tls['mode']} without caCertificates"
            yield Problem(manifest, message, (*path, "tls"), "name the CA that signs the server's certificate")


@object_check(
    "DR007",
    Severity.ERROR,
    "one subset twice",
    kinds=_DESTINATION_RULE,
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


@stack_check("DR008", Severity.WARNING, "settings for a port that the host does not have")
def port_settings(stack: Stack) -> Iterator[Problem]:
    """``portLevelSettings`` count for the Service's port of that number. For any other they do nothing, and nothing
    says so: the TLS mode or the limit that somebody set is not there.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec:
      host: bank.example.com
      trafficPolicy: {portLevelSettings: [{port: {number: 8080}, loadBalancer: {simple: LEAST_REQUEST}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec:
      host: bank.example.com
      trafficPolicy: {portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: LEAST_REQUEST}}]}
    ```

    Source: Istio's reference, TrafficPolicy, PortTrafficPolicy.
    """
    mesh = stack.mesh
    for host, rules in mesh.rules.items():
        for rule in rules:
            numbers = {port.number for each in mesh.find(host, rule.namespace) for port in each.ports}
            for path, policy in policies(rule.manifest):
                number = mapping(policy, "port").get("number")
                if numbers and isinstance(number, int) and number not in numbers:
                    listed = ", ".join(map(str, sorted(numbers)))
                    message = f"{host} has no port {number}; it has {listed}"
                    yield Problem(rule.manifest, message, (*path, "port", "number"), "name a port of the Service")


@object_check(
    "DR009",
    Severity.WARNING,
    "a failover to another region that never happens",
    kinds=_DESTINATION_RULE,
    fields=("localityLbSetting",),
    equals=("istioctl IST0133",),
)
def failover(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Requests go to another region when the pods of their own are found unhealthy. Outlier detection finds that out:
    without it there is no failover.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec:
      host: bank
      trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec:
      host: bank
      trafficPolicy:
        loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}
        outlierDetection: {consecutive5xxErrors: 5}
    ```

    Source: Istio's task "Locality failover".
    """
    for path, policy in policies(manifest):
        setting = mapping(policy, "loadBalancer", "localityLbSetting")
        asked = next((field for field in ("failover", "failoverPriority") if setting.get(field)), "")
        if asked and "outlierDetection" not in policy:
            where = (*path, "loadBalancer", "localityLbSetting", asked)
            yield Problem(manifest, f"{asked} without outlierDetection", where, "add outlierDetection")
