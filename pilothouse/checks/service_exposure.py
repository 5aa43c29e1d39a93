"""Services that are reached from outside of the cluster, or lead there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings, text
from pilothouse.machines import facts
from pilothouse.machines.facts import Argument, Fact
from pilothouse.manifest import Identity, Manifest
from pilothouse.service import SERVICE, spec_of, type_of
from pilothouse.stack import Stack

_NODE_PORTS = Fact(
    (("ClusterConfiguration", ("apiServer", "extraArgs", Argument("service-node-port-range"))),),
    ("kube_apiserver_node_port_range",),
)
_DEFAULT_NODE_PORTS = (30000, 32767)
"""Source: kube-apiserver, ``--service-node-port-range``."""


def _node_ports(service: Manifest) -> Iterator[tuple[FieldPath, int]]:
    """The ports of the nodes that a Service names."""
    spec = spec_of(service)
    if type_of(spec) not in ("NodePort", "LoadBalancer"):
        return
    named: list[tuple[FieldPath, Any]] = [
        (("spec", "ports", index, "nodePort"), port.get("nodePort")) for index, port in mappings(spec.get("ports"))
    ]
    for path, value in [*named, (("spec", "healthCheckNodePort"), spec.get("healthCheckNodePort"))]:
        if isinstance(value, int) and not isinstance(value, bool) and value:
            yield path, value


@stack_check("SVC015", Severity.ERROR, "one port of the nodes for two Services")
def node_ports_twice(stack: Stack) -> Iterator[Problem]:
    """A ``nodePort`` is opened on every node, for one Service of the whole cluster. The API server refuses the second
    one that names it, in whichever namespace, and also where the two speak different protocols.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: api, namespace: default}
    spec: {type: NodePort, ports: [{port: 8080, nodePort: 30080}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 80, nodePort: 30080}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: api, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 8080, nodePort: 30081}]}
    ```

    Source: Kubernetes documentation, Service, "Choosing your own port".
    """
    taken: dict[int, Identity] = {}
    for service in stack.of_kind("", "Service"):
        for path, port in _node_ports(service):
            owner = taken.setdefault(port, service.identity)
            if owner != service.identity:
                yield Problem(service, f"the port {port} of the nodes is {owner}'s already", path, "take another one")


@stack_check("SVC016", Severity.ERROR, "a port of the nodes that is outside of their range")
def node_port_range(stack: Stack) -> Iterator[Problem]:
    """The API server gives ports from one range to Services, 30000 to 32767 where ``--service-node-port-range`` says
    nothing else, and refuses a ``nodePort`` outside of it. Kubeadm's and Kubespray's files of the environment count.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 8080}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 80, nodePort: 30080}]}
    ```

    Source: Kubernetes documentation, Service, "type: NodePort".
    """
    ranges = _ranges(stack)
    for service in stack.of_kind("", "Service"):
        for path, port in _node_ports(service):
            if not any(first <= port <= last for first, last in ranges):
                expected = " or ".join(f"{first} to {last}" for first, last in ranges)
                yield Problem(service, f"the port {port} is none that a Service is given, expected {expected}", path)


def _ranges(stack: Stack) -> list[tuple[int, int]]:
    """The ranges that the files for machines name; the default one where they name none that can be read."""
    found = []
    for each in facts.written(stack.machine_documents, _NODE_PORTS) if stack.machine_files else ():
        first, _, last = str(each.value).partition("-")
        low, high = facts.number_of(first.strip()), facts.number_of(last.strip())
        if low is not None and high is not None:
            found.append((low, high))
    return found or [_DEFAULT_NODE_PORTS]


@object_check(
    "SVC017",
    Severity.ADVICE,
    "a port on every node",
    kinds=SERVICE,
    fields=("type",),
    equals=(
        "kube-score service-type",
        "kube-linter exposed-services",
    ),
)
def node_port(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A NodePort is open on every node of the cluster, whatever stands in front of them, and its clients have to know
    the nodes by address: one that goes takes its clients with it. A LoadBalancer, an Ingress or a Gateway has one
    address.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: NodePort, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: ClusterIP, ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Service, "type: NodePort".
    """
    if type_of(spec_of(manifest)) == "NodePort":
        fix = "put a LoadBalancer, an Ingress or a Gateway before a ClusterIP"
        yield Problem(manifest, "the Service opens a port on every node of the cluster", ("spec", "type"), fix)


@object_check(
    "SVC018",
    Severity.ADVICE,
    "a load balancer that lets everyone in",
    kinds=SERVICE,
    fields=("type",),
    equals=("kube-linter exposed-services",),
)
def load_balancer(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Most clouds give a LoadBalancer a public address. ``loadBalancerSourceRanges`` says who may come, where the
    provider looks at it; most providers also have an annotation for one that is reached from inside only.

    Waive it for what is meant for the public.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, ports: [{port: 443}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 443}]}
    ```

    Source: Kubernetes API reference, ServiceSpec, ``loadBalancerSourceRanges``.
    """
    spec = spec_of(manifest)
    if type_of(spec) != "LoadBalancer" or spec.get("loadBalancerSourceRanges"):
        return
    annotations = manifest.body["metadata"].get("annotations")
    told = [f"{key} {value}".lower() for key, value in annotations.items()] if isinstance(annotations, dict) else []
    if not any("internal" in each or "source-ranges" in each or "private" in each for each in told):
        message = (
            "the load balancer lets everyone in: no loadBalancerSourceRanges, and no annotation that keeps it inside"
        )
        yield Problem(manifest, message, ("spec", "type"), "name the subnets that may come, or waive it")


@object_check("SVC019", Severity.ADVICE, "external IPs, which anyone may claim", kinds=SERVICE, fields=("externalIPs",))
def external_ips(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The nodes take every packet to an address of ``externalIPs`` for the Service, whoever owns the address: who may
    write Services can draw other people's traffic to himself (CVE-2020-8554). Kubernetes 1.36 deprecates the field.
    A LoadBalancer, or a Gateway with ``addresses``, gets its address from somebody who owns it.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {externalIPs: [192.0.2.7], ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 80}]}
    ```

    Source: Kubernetes issue 97076; KEP-5707.
    """
    if listing(spec_of(manifest).get("externalIPs")):
        message = "externalIPs draw traffic to addresses that nobody proves to own"
        yield Problem(manifest, message, ("spec", "externalIPs"), "take a LoadBalancer or a Gateway")


@object_check(
    "SVC020",
    Severity.ADVICE,
    "an address for a load balancer in a deprecated field",
    kinds=SERVICE,
    fields=("loadBalancerIP",),
)
def load_balancer_ip(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``loadBalancerIP`` is deprecated since Kubernetes 1.24: it holds no two families, and providers read it in
    different ways or not at all. Their annotations take its place.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerIP: 192.0.2.7, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default, annotations: {metallb.io/loadBalancerIPs: 192.0.2.7}}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24], ports: [{port: 80}]}
    ```

    Source: Kubernetes API reference, ServiceSpec, ``loadBalancerIP``.
    """
    if text(spec_of(manifest).get("loadBalancerIP")):
        message = "loadBalancerIP is deprecated since Kubernetes 1.24"
        yield Problem(
            manifest, message, ("spec", "loadBalancerIP"), "use the annotation of the load balancer's provider"
        )


@object_check(
    "SVC021",
    Severity.ADVICE,
    "a Service that sends its clients out of the cluster",
    kinds=SERVICE,
    fields=("externalName",),
)
def redirects(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An ExternalName is an alias in DNS and nothing else: clients connect to the other host under the Service's
    name, so its certificate does not fit, an HTTP server does not know the ``Host``, and no NetworkPolicy of names
    holds them. Whoever owns the other name decides where they end. An Ingress controller that takes such a backend
    can be led into the cluster's own network.

    A Service without a selector, and an EndpointSlice, name the addresses.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {type: ExternalName, externalName: maps.example.com}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: maps, namespace: default}
    spec: {ports: [{port: 443}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: maps-1, namespace: default, labels: {kubernetes.io/service-name: maps}}
    addressType: IPv4
    ports: [{port: 443}]
    endpoints: [{addresses: [192.0.2.7]}]
    ```

    Source: Kubernetes documentation, Service, "type: ExternalName".
    """
    spec = spec_of(manifest)
    name = text(spec.get("externalName"))
    if type_of(spec) == "ExternalName" and "." in name and not name.removesuffix(".").endswith(_inside(stack)):
        yield Problem(manifest, f"its clients end at {name}, outside of the cluster", ("spec", "externalName"))


def _inside(stack: Stack) -> tuple[str, ...]:
    return (f".svc.{stack.environment.cluster.domain}", ".svc.cluster.local", ".svc")
