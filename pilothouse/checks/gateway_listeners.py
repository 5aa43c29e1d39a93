"""Gateway API: the listeners of Gateways, whom they let in, and what they are secured with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import gateways
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.gateways import GROUP
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_GATEWAY = ((GROUP, "Gateway"),)


@stack_check(
    "GWAPI011",
    Severity.ERROR,
    "a listener without a certificate",
)
def certificates(stack: Stack) -> Iterator[Problem]:
    """A listener for HTTPS, or for TLS that it ends itself, needs a certificate: ``tls.certificateRefs`` names its
    Secret, or ``tls.options`` what else the implementation takes. Without, no connection comes about.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: https, port: 443, protocol: HTTPS}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: public}]}}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, ListenerTLSConfig.
    """
    for gateway in stack.of_kind(GROUP, "Gateway"):
        for listener in gateways.listeners(gateway):
            tls = mapping(listener.body, "tls")
            ends = listener.protocol == "HTTPS" or (listener.protocol == "TLS" and tls.get("mode") != "Passthrough")
            if ends and not tls.get("certificateRefs") and not tls.get("options"):
                message = f"the listener {listener.name} ends TLS, and names no certificate"
                yield Problem(gateway, message, (*listener.path, "tls"), "name its Secret in tls.certificateRefs")


@object_check(
    "GWAPI012",
    Severity.ADVICE,
    "a listener that lets in routes of every namespace",
    kinds=_GATEWAY,
    fields=("allowedRoutes",),
)
def from_all(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """With ``allowedRoutes.namespaces.from: All`` whoever may write a route anywhere in the cluster can claim hosts
    of this Gateway. A selector for labels of namespaces says who may.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners:
      - name: http
        port: 80
        protocol: HTTP
        allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {public: "yes"}}}}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, RouteNamespaces.
    """
    for listener in gateways.listeners(manifest):
        if mapping(listener.body, "allowedRoutes", "namespaces").get("from") == "All":
            path = (*listener.path, "allowedRoutes", "namespaces", "from")
            message = f"the listener {listener.name} lets in routes of every namespace of the cluster"
            yield Problem(manifest, message, path, "say from: Selector, and which namespaces")


@stack_check(
    "GWAPI013",
    Severity.ADVICE,
    "a route that is served without TLS",
)
def in_clear(stack: Stack) -> Iterator[Problem]:
    """A route without ``sectionName`` is attached to every listener of its Gateway, to that for plain HTTP too: what
    was meant for HTTPS is served in clear as well. Let the route name the listener for HTTPS, and another one that
    only redirects the one for HTTP.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: default}
    spec:
      parentRefs: [{name: public}]
      hostnames: [shop.example.com]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web-redirect, namespace: default}
    spec:
      parentRefs: [{name: public, sectionName: http}]
      hostnames: [shop.example.com]
      rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Waive it where something in front of the Gateway ends TLS. Source: Gateway API guides, "HTTP redirects".
    """
    for parent in gateways.parents(stack):
        if parent.route.kind != "HTTPRoute":
            continue
        rules = [rule for _, rule in mappings(mapping(parent.route.body, "spec").get("rules"))]
        serves = any(rule.get("backendRefs") for rule in rules)
        plain = [each for each in parent.admitted if each.protocol == "HTTP"] if serves else []
        if plain:
            message = f"the listener {plain[0].name} of {parent.gateway.name} serves the route in clear"
            fix = "name the listener for HTTPS as sectionName, and redirect from the other one"
            yield Problem(parent.route, message, parent.path, fix)


@stack_check("GWAPI014", Severity.ADVICE, "one hostname and port for two Gateways", equals=("kiali KIA1501",))
def two_gateways(stack: Stack) -> Iterator[Problem]:
    """Each Gateway has an address of its own, and DNS sends a host to one of them: routes at the other one are not
    asked. Where two Gateways share an address, which some implementations do, it is not said whose listener wins.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP, hostname: shop.example.com}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: http, port: 80, protocol: HTTP, hostname: shop.example.com}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners:
      - {name: http, port: 80, protocol: HTTP, hostname: shop.example.com}
      - {name: api, port: 80, protocol: HTTP, hostname: api.example.com}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Listeners without a hostname are left out, and Gateways of different classes.
    """
    claims: dict[tuple[Any, str, str], Manifest] = {}
    for gateway in stack.of_kind(GROUP, "Gateway"):
        for listener in gateways.listeners(gateway):
            if listener.hostname:
                name = text(mapping(gateway.body, "spec").get("gatewayClassName"))
                key = (str(listener.body.get("port")), listener.hostname, name)
                owner = claims.setdefault(key, gateway)
                if owner.identity != gateway.identity:
                    message = f"{owner.identity} serves {listener.hostname} at port {key[0]} too"
                    yield Problem(gateway, message, (*listener.path, "hostname"), "keep one of the two listeners")


@stack_check("GWAPI015", Severity.WARNING, "one address for two Gateways", equals=("kiali KIA1502",))
def two_addresses(stack: Stack) -> Iterator[Problem]:
    """A Gateway asks for the addresses that it lists, and an address is given once: the second Gateway is not served,
    or the two meet in one place, and it is not said whose listener wins.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      addresses: [{value: 192.0.2.7}]
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: shop, namespace: default}
    spec:
      gatewayClassName: example
      addresses: [{value: 192.0.2.7}]
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      addresses: [{value: 192.0.2.7}]
      listeners: [{name: http, port: 80, protocol: HTTP}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Gateways whose ports differ are left out: some implementations let those share an address.
    Source: Gateway API reference, GatewaySpecAddress.
    """
    claims: dict[tuple[str, str, Any], Manifest] = {}
    for gateway in stack.of_kind(GROUP, "Gateway"):
        ports = {str(each.body.get("port")) for each in gateways.listeners(gateway)}
        for index, address in mappings(mapping(gateway.body, "spec").get("addresses")):
            value, kind = text(address.get("value")), text(address.get("type"), "IPAddress")
            owners = [claims.setdefault((kind, value, port), gateway) for port in sorted(ports)] if value else []
            other = next((each for each in owners if each.identity != gateway.identity), None)
            if other is not None:
                path: FieldPath = ("spec", "addresses", index, "value")
                yield Problem(gateway, f"{other.identity} asks for {value} at the same port", path)


@object_check(
    "GWAPI016",
    Severity.WARNING,
    "a Gateway that lets clients in without their certificates",
    kinds=_GATEWAY,
    fields=("frontend",),
)
def insecure_fallback(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Gateway that asks clients for their certificates turns away those without a valid one. With ``mode:
    AllowInsecureFallback`` it lets them in all the same: the backends have to look, and most do not.

    ```yaml bad
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      tls:
        frontend:
          default:
            validation:
              mode: AllowInsecureFallback
              caCertificateRefs: [{group: "", kind: ConfigMap, name: clients}]
      listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: public}]}}]
    ```

    ```yaml good
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: public, namespace: default}
    spec:
      gatewayClassName: example
      listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: public}]}}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: example}
    spec: {controllerName: example.com/gateway}
    ```

    Source: Gateway API reference, FrontendTLSValidation.
    """
    frontend = mapping(manifest.body, "spec", "tls", "frontend")
    found: list[tuple[FieldPath, dict[str, Any]]] = [(("default",), mapping(frontend, "default"))]
    found += [(("perPort", index, "tls"), mapping(each, "tls")) for index, each in mappings(frontend.get("perPort"))]
    for path, tls in found:
        if mapping(tls, "validation").get("mode") == "AllowInsecureFallback":
            message = "clients without a valid certificate are let in all the same"
            yield Problem(manifest, message, ("spec", "tls", "frontend", *path, "validation", "mode"))
