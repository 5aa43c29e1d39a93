"""Mesh faults: requests that are made to fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.checks.mesh_routes import VIRTUAL_SERVICE
from pilothouse.checks.mesh_traffic import http_routes
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


@object_check("VS020", Severity.ADVICE, "requests that are made to fail", kinds=VIRTUAL_SERVICE, fields=("fault",))
def faults(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A fault makes requests wait or fail, so that somebody sees how the callers bear it. Left behind after the
    experiment, users bear it.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http:
      - fault: {abort: {httpStatus: 503, percentage: {value: 50}}}
        route: [{destination: {host: ratings}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{route: [{destination: {host: ratings}}]}]}
    ```
    """
    for path, route in http_routes(manifest):
        for kind in ("delay", "abort"):
            share = mapping(route, "fault", kind, "percentage").get("value")
            if isinstance(share, int | float) and share > 0:
                whose = "those that match" if route.get("match") else "all requests"
                message = f"{share:g} % of {whose} get this {kind}"
                yield Problem(manifest, message, (*path, "fault", kind), "remove it when the experiment is over")


@object_check("VS021", Severity.WARNING, "a fault that no request gets", kinds=VIRTUAL_SERVICE, fields=("fault",))
def idle_faults(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A fault without a percentage is for no request at all: the experiment seems to show that all is well.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{fault: {delay: {fixedDelay: 5s}}, route: [{destination: {host: ratings}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{fault: {delay: {fixedDelay: 5s, percentage: {value: 0}}}, route: [{destination: {host: ratings}}]}]
    ```

    Source: Istio's reference, HTTPFaultInjection: "If left unspecified, no request will be delayed".
    """
    for path, route in http_routes(manifest):
        for kind in ("delay", "abort"):
            fault = mapping(route, "fault", kind)
            if fault and "percentage" not in fault and not fault.get("percent"):
                message = f"this {kind} has no percentage, so no request gets it"
                yield Problem(manifest, message, (*path, "fault", kind), "say percentage: {value: 100}")


@object_check(
    "VS023",
    Severity.ERROR,
    "a percentage that is none",
    kinds=VIRTUAL_SERVICE,
    fields=("percentage", "mirrorPercentage"),
    equals=("istioctl IST0106",),
)
def percentages(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A percentage lies between 0 and 100; Istio's webhook refuses others.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{mirror: {host: ratings-b}, mirrorPercentage: {value: 150}, route: [{destination: {host: ratings}}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{mirror: {host: ratings-b}, mirrorPercentage: {value: 15}, route: [{destination: {host: ratings}}]}]
    ```
    """
    for path, route in http_routes(manifest):
        places: list[tuple[FieldPath, Any]] = [
            (("mirrorPercentage",), route.get("mirrorPercentage")),
            (("fault", "delay", "percentage"), mapping(route, "fault", "delay").get("percentage")),
            (("fault", "abort", "percentage"), mapping(route, "fault", "abort").get("percentage")),
        ]
        places += [(("mirrors", n, "percentage"), each.get("percentage")) for n, each in mappings(route.get("mirrors"))]
        for place, said in places:
            value = mapping(said).get("value")
            if isinstance(value, int | float) and not 0 <= value <= 100:
                yield Problem(
                    manifest, f"expected 0 to 100, got {value:g}", (*path, *place, "value"), "say a percentage"
                )
