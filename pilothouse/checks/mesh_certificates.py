"""Certificates of Istio's Gateways: whose they are, where they stand, and what they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.mesh_gateways import alike, selector_of, servers
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import namespace_of, spec
from pilothouse.stack import Stack


@stack_check("GWI005", Severity.WARNING, "one certificate in two Gateways", equals=("istioctl IST0138",))
def shared_certificates(stack: Stack) -> Iterator[Problem]:
    """A browser uses one HTTP/2 connection for all hosts of a certificate. Where two Gateways of the same pods have
    that certificate, it sends requests for the second host over the connection to the first, and is answered 404.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: example-com}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: bank, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [bank.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: example-com}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: example, namespace: default}
    spec:
      selector: {istio: ingressgateway}
      servers:
      - hosts: [shop.example.com, bank.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: example-com}
    ```

    Source: Istio's page "Traffic Management Problems", "404 errors occur when multiple gateways configured with same
    TLS certificate".
    """
    said = set()
    for gateways in alike(stack.mesh):
        first: dict[object, Manifest] = {}
        for gateway in gateways if len(gateways) > 1 else ():
            for path, server, _, _ in servers(gateway):
                tls = mapping(server, "tls")
                files = (text(tls.get("serverCertificate")), text(tls.get("privateKey")))
                key = text(tls.get("credentialName")) or (files if all(files) else "")
                other = first.setdefault(key, gateway) if key else gateway
                if other.identity != gateway.identity and gateway.identity not in said:
                    said.add(gateway.identity)
                    field = "credentialName" if isinstance(key, str) else "serverCertificate"
                    message = f"{other.identity} has the same certificate"
                    yield Problem(gateway, message, (*path, "tls", field), "put both hosts into one Gateway")


@stack_check(
    "GWI007",
    Severity.ERROR,
    "a Gateway's certificate in a namespace where nobody looks",
    equals=("istioctl IST0101",),
)
def credentials(stack: Stack) -> Iterator[Problem]:
    """The Secret of ``credentialName`` is read in the namespace of the gateway's pods, not in the Gateway's own. If it
    stands elsewhere, the port does not open.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: edge, namespace: infra, labels: {istio: edge, sidecar.istio.io/inject: "true"}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
    ---
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: shop, namespace: shop}
    spec: {secretName: shop-tls, dnsNames: [shop.example.com], issuerRef: {name: letsencrypt, kind: ClusterIssuer}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: shop}
    spec:
      selector: {istio: edge}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: shop-tls}
    ```

    ```yaml good
    apiVersion: cert-manager.io/v1
    kind: Certificate
    metadata: {name: shop, namespace: shop}
    spec: {secretName: shop-tls, dnsNames: [shop.example.com], issuerRef: {name: letsencrypt, kind: ClusterIssuer}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: shop}
    spec:
      selector: {istio: edge}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: shop-tls}
    ```

    Source: Istio's reference, ServerTLSSettings, ``credentialName``.
    """
    mesh = stack.mesh
    if not mesh.gateways:
        return
    made: dict[str, set[str]] = defaultdict(set)
    for secret in stack.of_kind("", "Secret"):
        made[secret.name].add(namespace_of(secret))
    for certificate in stack.of_kind("cert-manager.io", "Certificate"):
        made[text(spec(certificate).get("secretName"))].add(namespace_of(certificate))
    for external in stack.of_kind("external-secrets.io", "ExternalSecret"):
        made[text(mapping(spec(external), "target").get("name")) or external.name].add(namespace_of(external))
    for gateway in mesh.of("Gateway"):
        selector = selector_of(gateway)
        wanted = {pods.namespace for pods in mesh.meeting(selector)} if selector else set()
        for path, server, _, _ in servers(gateway):
            name = text(mapping(server, "tls").get("credentialName"))
            there = made.get(name, set())
            given = any(stack.environment.given.has("Secret", name, each) for each in wanted)
            if name and wanted and there and not there & wanted and not given:
                message = f"the Secret {name} stands in {min(there)}, and the gateway's pods read it in {min(wanted)}"
                yield Problem(gateway, message, (*path, "tls", "credentialName"), f"put it into {min(wanted)}")


_KEYS = (("tls.crt", "tls.key"), ("cert", "key"))


@stack_check("GWI009", Severity.ERROR, "a Gateway's Secret without its certificate", equals=("istioctl IST0161",))
def keys(stack: Stack) -> Iterator[Problem]:
    """A Gateway's certificate is read from ``tls.crt`` and ``tls.key`` of its Secret, or from ``cert`` and ``key``.
    With others the port does not open.

    ```yaml bad
    apiVersion: v1
    kind: Secret
    metadata: {name: shop, namespace: shop}
    stringData: {tls.cert: certificate, tls.key: key}
    ---
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: shop}
    spec:
      selector: {istio: edge}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: shop}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: shop}
    spec:
      selector: {istio: edge}
      servers:
      - hosts: [shop.example.com]
        port: {number: 443, name: https, protocol: HTTPS}
        tls: {mode: SIMPLE, credentialName: shop}
    ```

    Source: Istio's task "Secure Gateways".
    """
    mesh = stack.mesh
    secrets: dict[str, list[Manifest]] = defaultdict(list)
    for secret in stack.of_kind("", "Secret") if mesh.gateways else ():
        secrets[secret.name].append(secret)
    for gateway in mesh.of("Gateway"):
        for path, server, _, _ in servers(gateway):
            name = text(mapping(server, "tls").get("credentialName"))
            wanted = {pods.namespace for pods in mesh.meeting(selector_of(gateway))} if name in secrets else set()
            wanted = (
                wanted if selector_of(gateway) and wanted else {namespace_of(each) for each in secrets.get(name, ())}
            )
            for secret in secrets.get(name, ()):
                held = mapping(secret.body, "data").keys() | mapping(secret.body, "stringData").keys()
                if namespace_of(secret) in wanted and held and not any(held.issuperset(pair) for pair in _KEYS):
                    message = f"{secret.identity} holds {', '.join(sorted(held))}, and neither tls.crt nor tls.key"
                    if held & {"tls.crt", "tls.key", "cert", "key"}:
                        message = f"{secret.identity} holds {', '.join(sorted(held))} alone"
                    fix = "write the certificate to tls.crt and its key to tls.key"
                    yield Problem(gateway, message, (*path, "tls", "credentialName"), fix)
