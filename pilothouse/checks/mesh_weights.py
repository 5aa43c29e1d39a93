"""Mesh weights: how a route shares its requests out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.checks.mesh_routes import VIRTUAL_SERVICE, routes
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


def _weight(destination: dict[str, Any]) -> int:
    weight = destination.get("weight")
    return weight if isinstance(weight, int) else 0


@object_check(
    "VS012",
    Severity.ERROR,
    "several destinations, none of which has a weight",
    kinds=VIRTUAL_SERVICE,
    equals=("istioctl IST0106",),
)
def no_weight(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A destination without a weight has the weight 0. Istio's webhook refuses a route to several destinations whose
    weights come to 0.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{route: [{destination: {host: ratings}}, {destination: {host: ratings-b}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}, weight: 90}, {destination: {host: ratings-b}, weight: 10}]}]
    ```
    """
    for path, _, weighted in routes(manifest):
        if len(weighted) > 1 and not any(_weight(each) for _, each in weighted):
            message = f"{len(weighted)} destinations, and their weights come to 0"
            yield Problem(manifest, message, (*path, "route"), "give each destination a weight")


@object_check(
    "VS013",
    Severity.ADVICE,
    "weights that are no percentages",
    kinds=VIRTUAL_SERVICE,
    fields=("weight",),
    equals=("kiali KIA1104",),
)
def weights(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Weights are shares of their sum: of 10 and 10 each destination gets half. Who reads 10 expects 10 %, so let them
    come to 100. One destination gets everything, whatever its weight.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}, weight: 80}, {destination: {host: ratings-b}, weight: 10}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}, weight: 90}, {destination: {host: ratings-b}, weight: 10}]}]
    ```

    Source: Istio's reference, VirtualService, ``weight``: "weight/(sum of all weights)".
    """
    for path, _, weighted in routes(manifest):
        total = sum(_weight(each) for _, each in weighted)
        if total in (0, 100):
            continue
        if len(weighted) == 1:
            message = f"the only destination has the weight {total}, and gets every request"
            yield Problem(manifest, message, (*path, "route", 0, "weight"), "leave the weight out, or say 100")
        else:
            message = f"the weights come to {total}, so each stands for weight/{total} of the requests"
            yield Problem(manifest, message, (*path, "route"), "let them come to 100")


@object_check(
    "VS014",
    Severity.ADVICE,
    "one destination twice in a route",
    kinds=VIRTUAL_SERVICE,
    equals=("kiali KIA1105",),
)
def repeated(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Two weighted destinations of a route that are the same are one with both weights: most often one of them was to
    be another subset.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}, weight: 90}, {destination: {host: ratings}, weight: 10}]}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}, weight: 90}, {destination: {host: ratings-b}, weight: 10}]}]
    ```
    """
    for path, _, weighted in routes(manifest):
        said: dict[str, int] = {}
        for number, each in weighted if len(weighted) > 1 else ():
            key = json.dumps(mapping(each, "destination"), sort_keys=True, default=str)
            if key in said and key != "{}":
                message = f"destination {said[key]} of this route is the same"
                yield Problem(manifest, message, (*path, "route", number, "destination"), "name another subset or host")
            said.setdefault(key, number)
