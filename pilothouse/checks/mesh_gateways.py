"""Gateways of Istio: the pods and Services behind them, and what they say against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import NETWORKING, Mesh, spec
from pilothouse.stack import Stack

_GATEWAY = [(NETWORKING, "Gateway")]


def selector_of(gateway: Manifest) -> dict[str, Any]:
    return mapping(spec(gateway), "selector")


def servers(gateway: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any], int, str]]:
    """Every server with its place, its port's number and its protocol in capitals."""
    for index, server in mappings(spec(gateway).get("servers")):
        port = mapping(server, "port")
        number = port.get("number")
        if isinstance(number, int):
            yield ("spec", "servers", index), server, number, text(port.get("protocol")).upper()


@stack_check(
    "GWI001",
    Severity.WARNING,
    "a Gateway that no pods serve",
    equals=(
        "istioctl IST0101",
        "kiali KIA0302",
    ),
)
def no_pods(stack: Stack) -> Iterator[Problem]:
    """A Gateway configures the proxies whose pods carry all labels of its selector, in every namespace. Where there are
    none, nobody listens.

    Where no pod of the stack carries such a label at all, the gateway's pods are somebody else's, and nothing is found.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: edge, namespace: default}
    spec: {address: 192.0.2.1, labels: {istio: ingressgateway}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingress}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: edge, namespace: default}
    spec: {address: 192.0.2.1, labels: {istio: ingressgateway}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ```

    Source: Istio's reference, Gateway, ``selector``.
    """
    mesh = stack.mesh
    for gateway in mesh.of("Gateway"):
        selector = selector_of(gateway)
        if selector and not mesh.meeting(selector) and mesh.label_keys.issuperset(selector):
            words = ",".join(f"{key}={value}" for key, value in selector.items())
            yield Problem(gateway, f"no pod carries {words}", ("spec", "selector"), "select the gateway's own pods")


@stack_check(
    "GWI002", Severity.WARNING, "a Gateway's port that its Service does not have", equals=("istioctl IST0162",)
)
def ports(stack: Stack) -> Iterator[Problem]:
    """A Gateway's port is one on which the Service of the gateway's pods is reached, or one of the pods behind it.
    On any other the proxy listens, and nobody reaches it.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: edge, namespace: default, labels: {istio: edge, sidecar.istio.io/inject: "true"}}
    spec: {containers: [{name: istio-proxy, image: auto, ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: edge, namespace: default}
    spec: {selector: {istio: edge}, ports: [{name: http, port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: edge}
      servers: [{hosts: [shop.example.com], port: {number: 8443, name: http, protocol: HTTP}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: edge, namespace: default}
    spec: {ports: [{name: http, port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: edge}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ```
    """
    mesh = stack.mesh
    if not mesh.gateways:
        return
    offered: dict[tuple[str, str], set[object]] = defaultdict(set)
    for service, _, workloads in stack.services:
        for _, port in mappings(spec(service).get("ports")):
            for workload, _ in workloads:
                target = port.get("targetPort")
                offered[workload.kind, f"{workload.namespace}/{workload.name}"] |= {
                    str(port.get("port")),
                    str(target) if isinstance(target, int) else "",
                }
    for gateway in mesh.of("Gateway"):
        selector = selector_of(gateway)
        known: set[object] = set()
        for pods in mesh.meeting(selector) if selector else ():
            known |= offered[pods.manifest.kind, f"{pods.manifest.namespace}/{pods.manifest.name}"]
        for path, _, number, _ in servers(gateway) if known else ():
            if str(number) not in known:
                listed = ", ".join(sorted(str(each) for each in known if each))
                message = f"the Service of the gateway's pods does not lead to the port {number}, but to {listed}"
                yield Problem(gateway, message, (*path, "port", "number"), "add the port to the gateway's Service")


def alike(mesh: Mesh) -> list[list[Manifest]]:
    """The Gateways that are served by the same pods, in groups: by their selector."""
    found: dict[tuple[tuple[str, str], ...], list[Manifest]] = defaultdict(list)
    for gateway in mesh.of("Gateway"):
        selector = selector_of(gateway)
        if selector:
            found[tuple(sorted((key, str(value)) for key, value in selector.items()))].append(gateway)
    groups = list(found.items())
    joined = []
    for labels, gateways in groups[:100]:
        wider = [each for other, many in groups if set(other) < set(labels) for each in many]
        joined.append(gateways + wider)
    return joined + [gateways for _, gateways in groups[100:]]


def _hosts(server: dict[str, Any]) -> set[str]:
    """The hosts of a server, without the namespaces that may serve them."""
    return {text(host).rpartition("/")[2] for host in listing(server.get("hosts"))} - {""}


@stack_check(
    "GWI003",
    Severity.WARNING,
    "two Gateways with TLS for one host and port",
    equals=(
        "istioctl IST0145",
        "kiali KIA0301",
    ),
)
def conflicts(stack: Stack) -> Iterator[Problem]:
    """Two Gateways that the same pods serve, and that claim one host on one port with TLS: the server of the younger
    one is left out, and Istio says so in its log alone.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: tls, protocol: TLS}
        tls: {mode: PASSTHROUGH}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop-new, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: tls, protocol: TLS}
        tls: {mode: PASSTHROUGH}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: tls, protocol: TLS}
        tls: {mode: PASSTHROUGH}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: bank, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [bank.example.com]
        port: {number: 443, name: tls, protocol: TLS}
        tls: {mode: PASSTHROUGH}
    ```
    """
    return (problem._replace(code="GWI008") if plain else problem for plain, problem in _claimed_twice(stack))


@stack_check(
    "GWI008",
    Severity.ADVICE,
    "two Gateways without TLS for one host and port",
    equals=(
        "istioctl IST0145",
        "kiali KIA0301",
    ),
)
def plain_conflicts(stack: Stack) -> Iterator[Problem]:
    """Two Gateways that the same pods serve, and that claim one host on one port without TLS, are mixed: the routes of
    a VirtualService that is bound to one of them are those of the other one too.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop-new, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com, bank.example.com], port: {number: 80, name: http, protocol: HTTP}}]
    ```
    """
    return iter(())  # the look of GWI003 finds it


def _claimed_twice(stack: Stack) -> Iterator[tuple[bool, Problem]]:
    """The servers that claim a host and port which another Gateway has, each with whether it is without TLS."""
    said = set()
    for gateways in alike(stack.mesh):
        first: dict[tuple[int, str, str], Manifest] = {}
        for gateway in gateways if len(gateways) > 1 else ():
            for path, server, number, protocol in servers(gateway):
                for host in sorted(_hosts(server)):
                    other = first.setdefault((number, text(server.get("bind")), host), gateway)
                    if other.identity != gateway.identity and (gateway.identity, path, host) not in said:
                        said.add((gateway.identity, path, host))
                        message = f"{other.identity} serves {host} on port {number} of the same pods already"
                        problem = Problem(gateway, message, (*path, "hosts"), "keep one of the two")
                        yield protocol in _PLAIN, problem


_PLAIN = {"HTTP", "HTTP2", "GRPC", "GRPC-WEB"}


@stack_check("GWI004", Severity.ERROR, "a port of one gateway with two protocols")
def protocols(stack: Stack) -> Iterator[Problem]:
    """On one port the gateway's proxies either speak HTTP, or end TLS, or pass TCP on. Of two servers that want
    different ones, Istio leaves the later one out, and says so in its log alone.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - {hosts: [shop.example.com], port: {number: 8080, name: http, protocol: HTTP}}
      - {hosts: [data.example.com], port: {number: 8080, name: tcp, protocol: TCP}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - {hosts: [shop.example.com], port: {number: 8080, name: http, protocol: HTTP}}
      - {hosts: [data.example.com], port: {number: 9000, name: tcp, protocol: TCP}}
    ```
    """
    said = set()
    for gateways in alike(stack.mesh):
        first: dict[tuple[int, str], tuple[str, Manifest]] = {}
        for gateway in gateways:
            for path, server, number, protocol in servers(gateway):
                tls = mapping(server, "tls")
                kind = "HTTP" if protocol in _PLAIN else "TLS" if tls and not tls.get("httpsRedirect") else protocol
                before, other = first.setdefault((number, text(server.get("bind"))), (kind, gateway))
                if before != kind and (gateway.identity, path) not in said:
                    said.add((gateway.identity, path))
                    message = f"{other.identity} has {before} on port {number} of the same pods, and this server {kind}"
                    yield Problem(gateway, message, (*path, "port", "protocol"), "give each protocol its own port")


_CERTIFICATES = ("credentialName", "credentialNames", "serverCertificate", "tlsCertificates")
_KNOWN = _PLAIN | {"HTTPS", "TLS", "TCP", "MONGO", "MYSQL", "REDIS", "HTTP_PROXY", "UDP"}


@object_check("GWI006", Severity.ERROR, "a server that Istio refuses", kinds=_GATEWAY, equals=("istioctl IST0106",))
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Istio's webhook refuses a server whose TLS settings do not fit its protocol: HTTPS and TLS need them, and HTTP
    has none but ``httpsRedirect``; where the gateway ends TLS, it needs a certificate from one source.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers: [{hosts: [shop.example.com], port: {number: 443, name: https, protocol: HTTPS}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: shop}
    ```

    Source: Istio's reference, ServerTLSSettings.
    """
    listed = mappings(spec(manifest).get("servers"))
    if not listed:
        yield Problem(manifest, "a Gateway without servers", ("spec",), "add the ports and hosts that it serves")
    for index, server in listed:
        if not mapping(server, "port"):
            yield Problem(manifest, "a server without a port", ("spec", "servers", index), "add its port")
    names: set[str] = set()
    for path, server, _, protocol in servers(manifest):
        tls, port = mapping(server, "tls"), mapping(server, "port")
        mode, own = text(tls.get("mode"), "PASSTHROUGH"), [field for field in _CERTIFICATES if tls.get(field)]
        name = text(port.get("name"))
        if protocol and protocol not in _KNOWN:
            yield Problem(manifest, f"Istio has no protocol {protocol}", (*path, "port", "protocol"), "name one it has")
        elif protocol in ("HTTPS", "TLS") and not tls:
            yield Problem(manifest, f"a {protocol} server without tls", path, "add tls with its mode and certificate")
        elif protocol in _PLAIN | {"TCP"} and any(field != "httpsRedirect" for field in tls) and protocol != "TCP":
            yield Problem(
                manifest, f"a server of protocol {protocol} has no TLS", (*path, "tls"), "remove tls, or say HTTPS"
            )
        elif mode == "ISTIO_MUTUAL" and own:
            message = "mode ISTIO_MUTUAL takes the mesh's own certificates"
            yield Problem(manifest, message, (*path, "tls", own[0]), "remove it")
        elif len(own) > 1 and mode not in ("PASSTHROUGH", "AUTO_PASSTHROUGH"):
            message = f"two sources of a certificate: {own[0]} and {own[1]}"
            yield Problem(manifest, message, (*path, "tls", own[1]), "keep one of the two")
        elif mode in ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL") and not own and protocol in ("HTTPS", "TLS"):
            yield Problem(manifest, f"mode {mode} without a certificate", (*path, "tls"), "add credentialName")
        if name and name in names:
            yield Problem(manifest, f"the port name {name} stands twice", (*path, "port", "name"), "rename one")
        names.add(name)
