"""Services: fields that the API server refuses, or that their type does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse import formats
from pilothouse.checks.catalogue import GroupKind, Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack

SERVICE: tuple[GroupKind] = (("", "Service"),)


def spec_of(manifest: Manifest) -> dict[str, Any]:
    """Its spec; empty where there is none."""
    return mapping(manifest.body, "spec")


def type_of(spec: dict[str, Any]) -> str:
    """A Service's type, ``ClusterIP`` where it names none."""
    return text(spec.get("type")) or "ClusterIP"


def is_headless(spec: dict[str, Any]) -> bool:
    """Whether a Service has no address of its own."""
    return spec.get("clusterIP") == "None" or listing(spec.get("clusterIPs")) == ["None"]


@object_check("SVC004", Severity.ERROR, "a Service without ports", kinds=SERVICE)
def no_ports(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server refuses a Service without ports, except a headless one, whose clients find the pods themselves,
    and an ExternalName.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: []}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```

    Source: Kubernetes API reference, ServiceSpec, ``ports``.
    """
    spec = spec_of(manifest)
    if not spec.get("ports") and type_of(spec) != "ExternalName" and not is_headless(spec):
        yield Problem(manifest, "the Service has no ports, expected one at least", ("spec", "ports"))


@object_check("SVC005", Severity.ERROR, "a port of a Service that is not told from the others by name", kinds=SERVICE)
def port_names(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Where a Service has several ports, each needs a name of its own: its endpoints are kept by it. The API server
    refuses the Service otherwise, and names that are no DNS labels.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}, {name: https, port: 443}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80}, {name: https, port: 443}]}
    ```

    Source: Kubernetes API reference, ServicePort, ``name``.
    """
    ports = spec_of(manifest).get("ports")
    seen: set[str] = set()
    for index, port in mappings(ports):
        name = text(port.get("name"))
        if not name and len(listing(ports)) > 1:
            message = f"the port {port.get('port')} has no name, expected one where a Service has several ports"
            yield Problem(manifest, message, ("spec", "ports", index))
        elif name in seen:
            message = f"two ports of the Service are called {name}, expected a name for each"
            yield Problem(manifest, message, ("spec", "ports", index, "name"))
        elif name and (problem := formats.dns_label(name)):
            yield Problem(manifest, f"{name!r} is no name for a port: {problem}", ("spec", "ports", index, "name"))
        if name:
            seen.add(name)


@object_check("SVC006", Severity.ERROR, "one port of a Service twice", kinds=SERVICE)
def ports_twice(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Service listens once on each port of each protocol, and so does a node: the API server refuses a Service that
    lists one twice.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{name: http, port: 80, targetPort: 8080}, {name: admin, port: 80, targetPort: 9090}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: dns, namespace: default}
    spec: {ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}
    ```
    """
    seen: set[tuple[str, Any, str]] = set()
    for index, port in mappings(spec_of(manifest).get("ports")):
        protocol = text(port.get("protocol")) or "TCP"
        for field in ("port", "nodePort"):
            value = port.get(field)
            if not isinstance(value, int) or not value:
                continue
            if (field, value, protocol) in seen:
                message = f"the {field} {value}/{protocol} stands twice in the Service, expected once"
                yield Problem(manifest, message, ("spec", "ports", index, field))
            seen.add((field, value, protocol))


@object_check(
    "SVC007",
    Severity.ERROR,
    "a Service's port that is none",
    kinds=SERVICE,
    equals=("kube-linter invalid-target-ports",),
)
def port_formats(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A port is a number from 1 to 65535; a target port may also be the name of a container's port, which has at most
    15 characters. The API server refuses everything else.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: web-server-public}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80, targetPort: web-public}]}
    ```

    Source: Kubernetes API reference, ServicePort; RFC 6335, 5.1.
    """
    for index, port in mappings(spec_of(manifest).get("ports")):
        for field, judge in _PORT_FIELDS:
            value = port.get(field)
            unset = field == "targetPort" and value in (0, "")
            if value is not None and not unset and (problem := judge(value)):
                yield Problem(manifest, f"the {field} {value!r} is none: {problem}", ("spec", "ports", index, field))


def _number(value: Any) -> str:
    return formats.port(value) if isinstance(value, int) else ""


def _protocol(value: Any) -> str:
    return formats.qualified_name(value) if isinstance(value, str) else ""


_PORT_FIELDS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("port", _number),
    ("targetPort", formats.port),
    ("appProtocol", _protocol),
)


@object_check("SVC008", Severity.ERROR, "a field that a Service of this type does not take", kinds=SERVICE)
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


@object_check("SVC009", Severity.ERROR, "a headless Service that is to be reached from outside", kinds=SERVICE)
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


@object_check("SVC010", Severity.ERROR, "an ExternalName that is no name of a host", kinds=SERVICE)
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


@object_check("SVC011", Severity.ERROR, "a session affinity that lasts too long or not at all", kinds=SERVICE)
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


def is_strict(stack: Stack) -> bool:
    """Whether the API server refuses addresses with leading zeros, and subnets with bits behind their mask."""
    return number(stack.catalogue.minor) >= number(formats.STRICT_ADDRESSES)


def unreachable(address: formats.Address) -> str:
    """Why nothing can be sent to an address from elsewhere; empty where it can."""
    if address.is_unspecified:
        return "it is the unspecified address"
    if address.is_loopback:
        return "it is a node's own, the loopback address"
    if address.is_link_local or (address.is_multicast and _is_local_multicast(address)):
        return "it is valid on one link only"
    return ""


def _is_local_multicast(address: formats.Address) -> bool:
    return int(address) >> 8 == 0xE00000 if address.version == 4 else (int(address) >> 112) & 0xFF0F == 0xFF02


@object_check("SVC012", Severity.ERROR, "an address of a Service that the API server refuses", kinds=SERVICE)
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
    spec, strict = spec_of(manifest), is_strict(stack)
    cluster = listing(spec.get("clusterIPs"))
    named: list[tuple[FieldPath, Any]] = [(("clusterIPs", index), each) for index, each in enumerate(cluster)]
    for path, each in named or [(("clusterIP",), spec.get("clusterIP"))] if type_of(spec) != "ExternalName" else ():
        if isinstance(each, str) and each not in ("", "None") and formats.address(each, strict=strict) is None:
            yield Problem(manifest, f"{each!r} is no IP address", ("spec", *path))
    for index, each in enumerate(listing(spec.get("externalIPs"))):
        if isinstance(each, str):
            address = formats.address(each, strict=strict)
            problem = "it is no IP address" if address is None else unreachable(address)
            if problem:
                yield Problem(manifest, f"{each!r} cannot be an external IP: {problem}", ("spec", "externalIPs", index))
    for index, each in enumerate(listing(spec.get("loadBalancerSourceRanges"))):
        if isinstance(each, str) and formats.subnet(each.strip(), strict=strict) is None:
            message = f"{each!r} is no subnet, expected one such as 192.0.2.0/24"
            yield Problem(manifest, message, ("spec", "loadBalancerSourceRanges", index))


_DISTRIBUTIONS = {"PreferClose": "1.30", "PreferSameZone": "1.34", "PreferSameNode": "1.34"}
"""Where traffic may prefer to go, and the minor since when. Source: KEP-4444 and KEP-3015."""


@object_check("SVC013", Severity.ERROR, "a word of a Service that means nothing", kinds=SERVICE)
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
