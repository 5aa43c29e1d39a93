"""What routes do to requests: retries, timeouts, faults, mirrors, delegates and claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.mesh_routes import VIRTUAL_SERVICE
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import MESH, NETWORKING, SECURITY, gateways_of, namespace_of, spec
from pilothouse.stack import Stack

_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|s|us|µs|ns)")


_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def seconds(duration: Any) -> float | None:
    """The seconds of a duration such as ``1m30s``; None for what is none.

    Source: Go's ``time.ParseDuration``.
    """
    if not isinstance(duration, str) or not duration:
        return None
    total, at = 0.0, 0
    while at < len(duration):
        part = _PART.match(duration, at)
        if part is None:
            return None
        total += float(part[1]) * _SECONDS[part[2]]
        at = part.end()
    return total


def http_routes(manifest: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    for index, route in mappings(spec(manifest).get("http")):
        yield ("spec", "http", index), route


@object_check("VS018", Severity.WARNING, "retries that never happen", kinds=VIRTUAL_SERVICE, fields=("perTryTimeout",))
def retries(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``timeout`` is for the request with all its retries, ``perTryTimeout`` for one try. Where one try may take as
    long as the whole, a server that hangs uses up all the time in the first try, and no retry happens.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{timeout: 2s, retries: {attempts: 3, perTryTimeout: 2s}, route: [{destination: {host: ratings}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{timeout: 8s, retries: {attempts: 3, perTryTimeout: 2s}, route: [{destination: {host: ratings}}]}]
    ```

    Source: Istio's reference, HTTPRoute ``timeout`` and HTTPRetry ``perTryTimeout``.
    """
    for path, route in http_routes(manifest):
        said = mapping(route, "retries")
        whole, one = seconds(route.get("timeout")), seconds(said.get("perTryTimeout"))
        attempts = said.get("attempts")
        if whole and one and one >= whole and isinstance(attempts, int) and attempts > 0:
            yield Problem(
                manifest,
                f"one try may take {said['perTryTimeout']}, and the request with all its tries {route['timeout']}",
                (*path, "retries", "perTryTimeout"),
                f"let {attempts + 1} tries fit into the timeout",
            )


@object_check(
    "VS019",
    Severity.ERROR,
    "retries set up, and switched off",
    kinds=VIRTUAL_SERVICE,
    fields=("attempts",),
    equals=("istioctl IST0106",),
)
def no_retries(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``attempts: 0`` switches retries off. Istio's webhook refuses it together with other fields of retries.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{retries: {attempts: 0, retryOn: 5xx}, route: [{destination: {host: ratings}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{retries: {attempts: 0}, route: [{destination: {host: ratings}}]}]}
    ```
    """
    for path, route in http_routes(manifest):
        said = mapping(route, "retries")
        others = sorted(field for field in ("perTryTimeout", "retryOn", "retryRemoteLocalities") if said.get(field))
        if said.get("attempts") == 0 and "attempts" in said and others:
            message = f"attempts: 0 switches retries off, and {others[0]} is set"
            yield Problem(manifest, message, (*path, "retries", others[0]), "remove it, or say how many attempts")


_DEPRECATED = (
    (("mirrorPercent",), "mirrorPercentage"),
    (("fault", "delay", "percent"), "percentage"),
)
"""Fields of an HTTP route, and what counts instead."""


@object_check(
    "VS022",
    Severity.WARNING,
    "a field of Istio that is deprecated",
    kinds=[*VIRTUAL_SERVICE, (NETWORKING, "Sidecar")],
    fields=("mirrorPercent", "percent", "egressProxy"),
    equals=(
        "istioctl IST0002",
        "istioctl IST0133",
    ),
)
def deprecated(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A deprecated field goes with one of the next versions of Istio, or is not looked at any more.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{mirror: {host: ratings-b}, mirrorPercent: 50, route: [{destination: {host: ratings}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{mirror: {host: ratings-b}, mirrorPercentage: {value: 50}, route: [{destination: {host: ratings}}]}]
    ```
    """
    if manifest.kind == "Sidecar":
        if mapping(spec(manifest), "outboundTrafficPolicy").get("egressProxy"):
            field = ("spec", "outboundTrafficPolicy", "egressProxy")
            yield Problem(manifest, "egressProxy is not looked at any more", field, "remove it")
        return
    for path, route in http_routes(manifest):
        for steps, instead in _DEPRECATED:
            if mapping(route, *steps[:-1]).get(steps[-1]):
                message = f"{'.'.join(steps)} is deprecated; {instead} is what counts"
                yield Problem(manifest, message, (*path, *steps), f"write {instead}: {{value: ...}}")


def _claims(manifest: Manifest) -> Iterator[tuple[FieldPath, str]]:
    for path, route in http_routes(manifest):
        for number, match in mappings(route.get("match")):
            for field in ("headers", "withoutHeaders"):
                for key in mapping(match, field):
                    if str(key).lower().startswith(("@request.auth.claims.", "@request.auth.claims[")):
                        yield (*path, "match", number, field, key), str(key)


@stack_check(
    "VS025",
    Severity.ERROR,
    "routes by a token's claims that nobody reads",
    equals=(
        "istioctl IST0149",
        "istioctl IST0106",
    ),
)
def claims(stack: Stack) -> Iterator[Problem]:
    """A match on ``@request.auth.claims`` needs a RequestAuthentication on the gateway's pods, which reads the token:
    without one there are no claims, and the match never fits. In sidecars Istio's webhook refuses such a match.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec:
      hosts: [shop.example.com]
      http:
      - match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]
        directResponse: {status: 200}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec:
      hosts: [shop.example.com]
      gateways: [infra/shop]
      http:
      - match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]
        directResponse: {status: 200}
    ```

    Source: Istio's task "JWT claim based routing".
    """
    mesh = stack.mesh
    for service in mesh.of("VirtualService"):
        for path, claim in _claims(service):
            bound = [mesh.gateway(name, namespace_of(service)) for _, name in gateways_of(service) if name != MESH]
            if not bound:
                message = f"{claim} can be matched on gateways alone, and this VirtualService names none"
                yield Problem(service, message, path, "name the gateways")
            for where in bound:
                gateway = mesh.gateways.get(where)
                labels = mapping(spec(gateway), "selector") if gateway else {}
                for pods in mesh.meeting(labels) if labels else ():
                    if not any(pods in mesh.judged(each) for each in mesh.of("RequestAuthentication", SECURITY)):
                        message = f"no RequestAuthentication reads tokens on {pods.manifest.identity} for {claim}"
                        yield Problem(service, message, path, "add a RequestAuthentication that selects these pods")


@object_check(
    "VS026",
    Severity.ERROR,
    "a TLS route for a name that its VirtualService has not",
    kinds=VIRTUAL_SERVICE,
    fields=("sniHosts",),
    equals=("istioctl IST0106",),
)
def sni_hosts(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The server names of a TLS route are those of the VirtualService's hosts, or narrower: Istio's webhook refuses
    others.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      tls: [{match: [{sniHosts: [banks.example.com]}], route: [{destination: {host: bank.example.com}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      tls: [{match: [{sniHosts: [bank.example.com]}], route: [{destination: {host: bank.example.com}}]}]
    ```
    """
    hosts = [text(host) for host in listing(spec(manifest).get("hosts"))]
    for index, route in mappings(spec(manifest).get("tls")):
        for number, match in mappings(route.get("match")):
            for place, name in enumerate(map(text, listing(match.get("sniHosts")))):
                fits = any(host == name or (host.startswith("*") and name.endswith(host[1:])) for host in hosts)
                if name and hosts and not fits:
                    at = ("spec", "tls", index, "match", number, "sniHosts", place)
                    message = f"{name} is none of the hosts {', '.join(hosts)}"
                    yield Problem(manifest, message, at, "name one of the hosts, or add it to them")
