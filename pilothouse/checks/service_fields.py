"""Services: fields that their type does not have, and values that the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.schemas.lifecycle import number
from pilothouse.service import SERVICE, is_headless, spec_of, type_of
from pilothouse.stack import Stack


@object_check(
    "SVC008",
    Severity.ERROR,
    "a field that a Service of this type does not take",
    kinds=SERVICE,
    fields=(
        "allocateLoadBalancerNodePorts",
        "loadBalancerClass",
        "loadBalancerSourceRanges",
        "externalTrafficPolicy",
        "healthCheckNodePort",
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "nodePort",
    ),
)
def of_other_types(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Some fields belong to some types of Services: what a load balancer is told goes with ``type: LoadBalancer``, how
    traffic from outside is sent on with what can be reached from there. The API server refuses them elsewhere. It
    happens when a type is changed and the rest is left as it was.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: ClusterIP, externalTrafficPolicy: Local, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: ClusterIP, internalTrafficPolicy: Cluster, ports: [{port: 80}]}
    ```

    Source: Kubernetes API reference, ServiceSpec.
    """
    spec = spec_of(manifest)
    kind = type_of(spec)
    external = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    balanced = kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
    for field, fits, where in (
        ("allocateLoadBalancerNodePorts", kind == "LoadBalancer", "type LoadBalancer"),
        ("loadBalancerClass", kind == "LoadBalancer", "type LoadBalancer"),
        ("loadBalancerSourceRanges", kind == "LoadBalancer", "type LoadBalancer"),
        ("externalTrafficPolicy", external, "type NodePort or LoadBalancer, and externalIPs"),
        ("healthCheckNodePort", balanced, "type LoadBalancer and externalTrafficPolicy: Local"),
        ("clusterIP", kind != "ExternalName", "every type but ExternalName"),
        ("clusterIPs", kind != "ExternalName", "every type but ExternalName"),
        ("ipFamilies", kind != "ExternalName", "every type but ExternalName"),
        ("ipFamilyPolicy", kind != "ExternalName", "every type but ExternalName"),
    ):
        value = spec.get(field)
        if not fits and (value or value is False):
            yield Problem(manifest, f"{field} goes with {where}, and this is a {kind}", ("spec", field))
    for index, port in mappings(spec.get("ports") if kind == "ClusterIP" else None):
        if port.get("nodePort"):
            message = "nodePort goes with type NodePort or LoadBalancer, and this is a ClusterIP"
            yield Problem(manifest, message, ("spec", "ports", index, "nodePort"))


@object_check(
    "SVC009",
    Severity.ERROR,
    "a headless Service that is to be reached from outside",
    kinds=SERVICE,
    fields=("clusterIP", "clusterIPs"),
)
def headless(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A node's port and a load balancer send their traffic on through the Service's own address. A headless Service
    (``clusterIP: None``) has none, and the API server refuses it as a NodePort or LoadBalancer.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, clusterIP: None, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: ClusterIP, clusterIP: None, ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Service, "Headless Services".
    """
    spec = spec_of(manifest)
    if is_headless(spec) and type_of(spec) in ("NodePort", "LoadBalancer"):
        message = f"a {type_of(spec)} needs an address of the cluster, and clusterIP is None"
        yield Problem(manifest, message, ("spec", "clusterIP" if "clusterIP" in spec else "clusterIPs"))


@object_check("SVC010", Severity.ERROR, "an ExternalName that is no name of a host", kinds=SERVICE, fields=("type",))
def external_name(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """DNS answers for such a Service with the name of another host. The API server refuses what is no name. It takes an
    IP address, and DNS then hands it out as a name that nobody can resolve: a Service without a selector, and an
    EndpointSlice with the address, do what was meant.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {type: ExternalName, externalName: 10.1.2.3}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {clusterIP: None, ports: [{port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: database-1, namespace: default, labels: {kubernetes.io/service-name: database}}
    addressType: IPv4
    ports: [{port: 5432}]
    endpoints: [{addresses: [10.1.2.3]}]
    ```

    Source: Kubernetes documentation, Service, "type: ExternalName".
    """
    spec = spec_of(manifest)
    if type_of(spec) != "ExternalName":
        return
    name = text(spec.get("externalName"))
    if not name.removesuffix("."):
        message = "the ExternalName has no externalName, expected the name of a host"
        yield Problem(manifest, message, ("spec", "externalName"))
    elif problem := formats.subdomain(name.removesuffix(".")):
        yield Problem(manifest, f"{name!r} is no name of a host: {problem}", ("spec", "externalName"))
    elif formats.address(name, strict=True):
        message = f"{name} is an IP address, and DNS hands it out as a name that nobody resolves"
        yield Problem(manifest, message, ("spec", "externalName"), "use an EndpointSlice for an address")


_LONGEST_AFFINITY = 86400
"""Seconds. Source: Kubernetes API reference, ClientIPConfig."""


@object_check(
    "SVC011",
    Severity.ERROR,
    "a session affinity that lasts too long or not at all",
    kinds=SERVICE,
    fields=("sessionAffinityConfig",),
)
def affinity(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A client is sent to the same pod for the seconds that ``clientIP.timeoutSeconds`` says: 1 to 86,400, a day. The
    API server refuses other values.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec:
      sessionAffinity: ClientIP
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 604800}}
      ports: [{port: 80}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec:
      sessionAffinity: ClientIP
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 3600}}
      ports: [{port: 80}]
    ```
    """
    spec = spec_of(manifest)
    if spec.get("sessionAffinity") == "ClientIP":
        seconds = mapping(spec, "sessionAffinityConfig", "clientIP").get("timeoutSeconds")
        if isinstance(seconds, int) and not 1 <= seconds <= _LONGEST_AFFINITY:
            path = ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
            yield Problem(manifest, f"{seconds} seconds, expected 1 to {_LONGEST_AFFINITY}", path)


@object_check(
    "SVC012",
    Severity.ERROR,
    "an address of a Service that the API server refuses",
    kinds=SERVICE,
    fields=("clusterIP", "clusterIPs", "externalIPs", "loadBalancerSourceRanges"),
)
def addresses(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``clusterIPs`` and ``externalIPs`` are IP addresses, ``loadBalancerSourceRanges`` subnets with their mask. Since
    Kubernetes 1.36 addresses with leading zeros are refused, which some programs read as octal, and subnets with bits
    behind their mask.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.7], ports: [{port: 443}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.7/32], ports: [{port: 443}]}
    ```

    Source: Kubernetes API reference, ServiceSpec; KEP-4858.
    """
    spec, strict = spec_of(manifest), formats.is_strict(stack.catalogue.minor)
    cluster = listing(spec.get("clusterIPs"))
    named: list[tuple[FieldPath, Any]] = [(("clusterIPs", index), each) for index, each in enumerate(cluster)]
    for path, each in named or [(("clusterIP",), spec.get("clusterIP"))] if type_of(spec) != "ExternalName" else ():
        if isinstance(each, str) and each not in ("", "None") and formats.address(each, strict=strict) is None:
            yield Problem(manifest, f"{each!r} is no IP address", ("spec", *path))
    for index, each in enumerate(listing(spec.get("externalIPs"))):
        if isinstance(each, str):
            address = formats.address(each, strict=strict)
            problem = "it is no IP address" if address is None else formats.unreachable(address)
            if problem:
                yield Problem(manifest, f"{each!r} cannot be an external IP: {problem}", ("spec", "externalIPs", index))
    for index, each in enumerate(listing(spec.get("loadBalancerSourceRanges"))):
        if isinstance(each, str) and formats.subnet(each.strip(), strict=strict) is None:
            message = f"{each!r} is no subnet, expected one such as 192.0.2.0/24"
            yield Problem(manifest, message, ("spec", "loadBalancerSourceRanges", index))


_DISTRIBUTIONS = {"PreferClose": "1.30", "PreferSameZone": "1.34", "PreferSameNode": "1.34"}
"""Where traffic may prefer to go, and the minor since when. Source: KEP-4444 and KEP-3015."""


@object_check(
    "SVC013",
    Severity.ERROR,
    "a word of a Service that means nothing",
    kinds=SERVICE,
    fields=("ipFamilyPolicy", "ipFamilies", "clusterIPs", "loadBalancerClass", "trafficDistribution"),
)
def families(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Service has one address of each family at most: two families, or two addresses, go with ``ipFamilyPolicy:
    PreferDualStack`` or ``RequireDualStack``. ``trafficDistribution`` is ``PreferClose``; since Kubernetes 1.34 also
    ``PreferSameZone`` or ``PreferSameNode``. The API server refuses the rest.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6], ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, "IPv4/IPv6 dual-stack".
    """
    spec = spec_of(manifest)
    policy, kind = spec.get("ipFamilyPolicy"), type_of(spec)
    named, cluster = listing(spec.get("ipFamilies")), listing(spec.get("clusterIPs"))
    if kind != "ExternalName":
        if policy == "":
            message = "there is no ipFamilyPolicy '', expected SingleStack, PreferDualStack or RequireDualStack"
            yield Problem(manifest, message, ("spec", "ipFamilyPolicy"))
        if policy == "SingleStack" and (len(named) > 1 or len(cluster) > 1):
            message = "SingleStack, and two families or addresses are named: expected PreferDualStack"
            yield Problem(manifest, message, ("spec", "ipFamilyPolicy"))
        if len(named) == 2 and named[0] == named[1]:
            yield Problem(manifest, f"the family {named[0]} stands twice", ("spec", "ipFamilies", 1))
        if cluster and cluster[0] != text(spec.get("clusterIP")) and isinstance(cluster[0], str):
            message = (
                f"the first of clusterIPs is {cluster[0]}, and clusterIP is {spec.get('clusterIP')}: expected the same"
            )
            yield Problem(manifest, message, ("spec", "clusterIPs", 0))
    name = spec.get("loadBalancerClass")
    if kind == "LoadBalancer" and isinstance(name, str) and (problem := formats.qualified_name(name)):
        yield Problem(manifest, f"{name!r} is no class of a load balancer: {problem}", ("spec", "loadBalancerClass"))
    distribution = spec.get("trafficDistribution")
    if isinstance(distribution, str):
        here = number(stack.catalogue.minor)
        known = [name for name, since in _DISTRIBUTIONS.items() if number(since) <= here]
        if distribution not in known and distribution not in _DISTRIBUTIONS:
            message = f"there is no trafficDistribution {distribution!r}, expected {' or '.join(known)}"
            yield Problem(manifest, message, ("spec", "trafficDistribution"))
        elif distribution not in known:
            since = f"{distribution} is there since Kubernetes {_DISTRIBUTIONS[distribution]}"
            message = f"{since}, and this is {stack.catalogue.minor}"
            yield Problem(manifest, message, ("spec", "trafficDistribution"))


@object_check("SVC014", Severity.ERROR, "a selector with a label that no pod can carry", kinds=SERVICE)
def selector(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server refuses a selector whose keys or values no label can have.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: "web server"}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {}, ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, "Labels and Selectors".
    """
    for path, problem in formats.labels(spec_of(manifest).get("selector")):
        yield Problem(manifest, problem, ("spec", "selector", *path))
