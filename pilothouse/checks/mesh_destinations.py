"""DestinationRules: whether they count, and whether each subset has pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import NETWORKING, namespace_of, spec
from pilothouse.stack import Stack

DESTINATION_RULE = [(NETWORKING, "DestinationRule")]


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
    kinds=DESTINATION_RULE,
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
    kinds=DESTINATION_RULE,
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
