"""Hosts of the mesh: whether what VirtualServices and DestinationRules name is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import MESH, Host, Mesh, destinations, gateways_of, namespace_of, spec
from pilothouse.stack import Stack


def _destinations(mesh: Mesh) -> Iterator[tuple[Manifest, str, FieldPath, dict[str, Any], str]]:
    """Every destination: its VirtualService and namespace, its place, itself, and its host."""
    for service in mesh.of("VirtualService"):
        for path, destination in destinations(service):
            if host := text(destination.get("host")):
                yield service, namespace_of(service), path, destination, host


def _full(mesh: Mesh, host: str, namespace: str) -> str:
    name = mesh.full(host, namespace)
    return f"{host} ({name})" if name != host else host


def _advice(mesh: Mesh, host: str, namespace: str) -> str:
    """What to do about a host that nobody has."""
    short, _, rest = host.partition(".")
    if rest and "." not in rest and f"{host}.svc.{mesh.domain}" in mesh.hosts:
        return f"write {host}.svc.{mesh.domain}: only a name without a dot is completed"
    here = f"{short}.{namespace}.svc.{mesh.domain}"
    elsewhere = sorted(name for name in mesh.hosts if name.startswith(f"{short}.") and name != here)
    if elsewhere:
        return f"write {elsewhere[0]}"
    return "name a Service, or add a ServiceEntry for a host outside of the cluster"


@stack_check(
    "VS001",
    Severity.ERROR,
    "a route to a host that nobody has",
    equals=(
        "istioctl IST0101",
        "kiali KIA1101",
    ),
)
def destination_hosts(stack: Stack) -> Iterator[Problem]:
    """A route's destination is a host of the mesh's registry: a Service, or what a ServiceEntry names. With any other
    host the proxy has no cluster to send requests to, and answers 503.

    A name without a dot is a Service of the VirtualService's own namespace; every other name is taken as it stands, so
    ``ratings.shop`` is no Service of the namespace ``shop``.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], http: [{route: [{destination: {host: rating.example.com}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], http: [{route: [{destination: {host: ratings.example.com}}]}]}
    ```

    Source: Istio's reference, VirtualService, Destination.
    """
    mesh = stack.mesh
    for service, namespace, path, _, host in _destinations(mesh):
        if mesh.lacks(host, namespace):
            hidden = mesh.hosts.get(mesh.full(host, namespace))
            if hidden:
                message = f"{hidden[0].manifest.identity} is not exported to {namespace}"
                yield Problem(service, message, (*path, "host"), f"add {namespace} to its exportTo")
            else:
                message = f"no Service or ServiceEntry has the host {_full(mesh, host, namespace)}"
                yield Problem(service, message, (*path, "host"), _advice(mesh, host, namespace))


@stack_check(
    "VS002",
    Severity.ERROR,
    "a route to a subset that no DestinationRule defines",
    equals=(
        "istioctl IST0101",
        "kiali KIA1107",
    ),
)
def subsets(stack: Stack) -> Iterator[Problem]:
    """A subset is a name that a DestinationRule gives to some pods of a host. The proxy has no cluster for one that
    nobody defines, and answers 503.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: ratings, namespace: default}
    spec: {host: ratings, subsets: [{name: v1, labels: {version: v1}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{route: [{destination: {host: ratings, subset: v2}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: ratings, namespace: default}
    spec: {host: ratings, subsets: [{name: v1, labels: {version: v1}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{route: [{destination: {host: ratings, subset: v1}}]}]}
    ```

    Source: Istio's reference, DestinationRule, Subset.
    """
    mesh = stack.mesh
    for service, namespace, path, destination, host in _destinations(mesh):
        subset = text(destination.get("subset"))
        if not subset or mesh.lacks(host, namespace):
            continue
        rules = mesh.rules_for(host, namespace)
        defined = sorted({name for rule in rules for name in rule.subsets})
        if subset not in defined and (rules or mesh.whole or mesh.find(host, namespace)):
            there = f"its subsets: {', '.join(defined)}" if defined else "it has none"
            yield Problem(
                service,
                f"no DestinationRule of {host} that {namespace} sees has the subset {subset}; {there}",
                (*path, "subset"),
                f"define the subset {subset} in a DestinationRule of {mesh.full(host, namespace)}",
            )


def _numbers(hosts: list[Host]) -> list[int]:
    return sorted({port.number for host in hosts for port in host.ports})


@stack_check("VS003", Severity.ERROR, "a route to a port that its host does not have", equals=("istioctl IST0101",))
def destination_ports(stack: Stack) -> Iterator[Problem]:
    """A destination's port is one of the Service's ports, not one of the containers'. With any other the proxy has no
    cluster to send requests to, and answers 503.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http: [{route: [{destination: {host: ratings.example.com, port: {number: 8080}}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http: [{route: [{destination: {host: ratings.example.com, port: {number: 80}}}]}]
    ```

    Source: Istio's reference, VirtualService, Destination, ``port``.
    """
    mesh = stack.mesh
    for service, namespace, path, destination, host in _destinations(mesh):
        number = mapping(destination, "port").get("number")
        ports = _numbers(mesh.find(host, namespace)) if isinstance(number, int) else []
        if ports and number not in ports:
            listed = ", ".join(map(str, ports))
            yield Problem(
                service,
                f"{host} has no port {number}; it has {listed}",
                (*path, "port", "number"),
                "name a port of the Service",
            )


@stack_check(
    "VS004", Severity.WARNING, "a route that does not say which port of its host", equals=("istioctl IST0112",)
)
def ambiguous_ports(stack: Stack) -> Iterator[Problem]:
    """A destination without a port means the Service's only one. Where it has several, the port counts on which the
    request arrived: that of the gateway, or of the host that the client called. If the Service lacks that one, the
    proxy answers 503.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      ports: [{number: 8080, name: http, protocol: HTTP}, {number: 9090, name: http-admin, protocol: HTTP}]
      resolution: DNS
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec:
      hosts: [shop.example.com]
      gateways: [shop]
      http: [{route: [{destination: {host: ratings.example.com}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      ports: [{number: 8080, name: http, protocol: HTTP}, {number: 9090, name: http-admin, protocol: HTTP}]
      resolution: DNS
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec:
      hosts: [shop.example.com]
      gateways: [shop]
      http: [{route: [{destination: {host: ratings.example.com, port: {number: 8080}}}]}]
    ```

    Source: Istio's reference, VirtualService, Destination, ``port``.
    """
    mesh = stack.mesh
    for service, namespace, path, destination, host in _destinations(mesh):
        ports = [] if "port" in destination else _numbers(mesh.find(host, namespace))
        if len(ports) < 2:
            continue
        missing = _arriving(mesh, service, namespace, text(path[1]) == "http").difference(ports)
        if missing:
            listed = ", ".join(map(str, ports))
            yield Problem(
                service,
                f"requests arrive on port {min(missing)}, and {host} has the ports {listed}",
                path,
                "say the destination's port",
            )


def _arriving(mesh: Mesh, service: Manifest, namespace: str, http: bool) -> set[int]:
    """The ports on which requests for a VirtualService arrive, as far as they are known."""
    found: set[int] = set()
    for _, name in gateways_of(service):
        gateway = mesh.gateways.get(mesh.gateway(name, namespace))
        if name == MESH:
            for host in listing(spec(service).get("hosts")):
                found |= {
                    port.number
                    for each in mesh.find(text(host, "-"), namespace)
                    for port in each.ports
                    if http and port.protocol.startswith(("HTTP", "GRPC")) and port.protocol != "HTTPS"
                }
        elif gateway is not None:
            for _, server in mappings(spec(gateway).get("servers")):
                port, tls = mapping(server, "port"), mapping(server, "tls")
                redirects = tls.get("httpsRedirect") is True
                if isinstance(port.get("number"), int) and not redirects:
                    found.add(port["number"])
    return found


@stack_check(
    "MESH001",
    Severity.WARNING,
    "a configuration that is exported to a namespace that nobody defines",
    equals=("kiali KIA0005",),
)
def export_namespaces(stack: Stack) -> Iterator[Problem]:
    """``exportTo`` names the namespaces that see a VirtualService, DestinationRule or ServiceEntry. One that does not
    exist is most often a slip, and those for whom it is meant do not see it.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio-injection: enabled}}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: shop}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 443, name: tls, protocol: TLS}]
      resolution: DNS
      exportTo: [shopp]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: shop}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 443, name: tls, protocol: TLS}]
      resolution: DNS
      exportTo: [shop]
    ```

    Source: Istio's reference, ServiceEntry, ``exportTo``.
    """
    if not (stack.environment.name or stack.mesh.namespaces):
        return
    for kind in ("VirtualService", "DestinationRule", "ServiceEntry"):
        for manifest in stack.mesh.of(kind):
            for index, name in enumerate(listing(spec(manifest).get("exportTo"))):
                if text(name) and name not in (".", "*", "~") and name not in stack.namespaces:
                    yield Problem(
                        manifest,
                        f"nobody defines the namespace {name}",
                        ("spec", "exportTo", index),
                        "name a namespace that there will be, or `.` for its own, or `*` for all",
                    )
