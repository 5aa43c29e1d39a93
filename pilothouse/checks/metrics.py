"""Metrics: what a HorizontalPodAutoscaler looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.availability import count
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
"""A metric's type, and the field that describes it. Source: Kubernetes API reference, MetricSpec."""
_TARGETS = ("AverageValue", "Utilization", "Value")
_WANTED = {
    "containerResource": ("averageUtilization", "averageValue"),
    "external": ("averageValue", "value"),
    "object": ("averageValue", "value"),
    "pods": ("averageValue",),
    "resource": ("averageUtilization", "averageValue"),
}
"""The numbers of which a target names one at least. Source: Kubernetes API reference, the description of each
source."""


@object_check(
    "HPA009",
    Severity.ERROR,
    "a metric that the server refuses",
    kinds=(("autoscaling", "HorizontalPodAutoscaler"),),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A metric has one of five types, and the field that goes with it and no other. Its target has a type and a number:
    of a resource a utilization or an average value, not both. The API server refuses others.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 20
      metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}]
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", resources: {requests: {memory: 64Mi, cpu: 100m}}}]}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 20
      metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
    ```

    Source: Kubernetes API reference, MetricSpec and MetricTarget; reproduced on a kube-apiserver.
    """
    if manifest.api_version != "autoscaling/v2":
        return
    spec = mapping(manifest.body, "spec")
    target = mapping(spec, "scaleTargetRef")
    for field in ("kind", "name"):
        name = target.get(field)
        if "scaleTargetRef" in spec and isinstance(name, str | None):
            if not name:
                message = f"scaleTargetRef names no {field}"
                yield Problem(manifest, message, ("spec", "scaleTargetRef"), f"name the {field} of what is scaled")
            elif name in (".", "..") or "/" in name or "%" in name:
                message = f"the {field} {name!r} can be no path of the API"
                yield Problem(manifest, message, ("spec", "scaleTargetRef", field))
    for index, metric in mappings(spec.get("metrics")):
        at: FieldPath = ("spec", "metrics", index)
        kind = metric.get("type")
        if not isinstance(kind, str):
            continue
        if kind not in _SOURCES:
            message = f"the metric's type is {kind!r}, expected one of {', '.join(_SOURCES)}"
            yield Problem(manifest, message, (*at, "type"))
            continue
        wanted = _SOURCES[kind]
        given = [field for field in _WANTED if isinstance(metric.get(field), dict)]
        if wanted not in given:
            yield Problem(manifest, f"a metric of the type {kind} has no {wanted}", at, f"describe it under {wanted}")
        for field in given:
            if field == wanted:
                yield from _source(manifest, mapping(metric, field), field, (*at, field))
            else:
                yield Problem(manifest, f"a metric of the type {kind} has no {field}", (*at, field), "remove it")


def _source(manifest: Manifest, source: dict[str, Any], field: str, at: FieldPath) -> Iterator[Problem]:
    resource = field in ("containerResource", "resource")
    name = source.get("name") if resource else mapping(source, "metric").get("name")
    if name in (None, ""):
        yield Problem(manifest, "the metric has no name", at, "name it")
    elif not resource and isinstance(name, str) and (name in (".", "..") or "/" in name or "%" in name):
        yield Problem(manifest, f"the metric's name {name!r} can be no path of the API", (*at, "metric", "name"))
    target = mapping(source, "target")
    if "target" not in source:
        return
    here = (*at, "target")
    if isinstance(target.get("type"), str) and target["type"] not in _TARGETS:
        message = f"the target's type is {target['type']!r}, expected one of {', '.join(_TARGETS)}"
        yield Problem(manifest, message, (*here, "type"))
    named = [number for number in _WANTED[field] if target.get(number) is not None]
    if not named:
        yield Problem(
            manifest, f"the target has no {' and no '.join(_WANTED[field])}", here, "set the number to keep to"
        )
    elif len(named) > 1 and field != "object":
        yield Problem(manifest, f"the target has both {' and '.join(named)}", here, "remove one of them")
    share = target.get("averageUtilization")
    if isinstance(share, int) and not isinstance(share, bool) and not count(share):
        yield Problem(manifest, f"averageUtilization is {share}, expected 1 or more", (*here, "averageUtilization"))
    if text(target.get("averageValue")).startswith("-"):
        message = f"averageValue is {target['averageValue']}, expected more than 0"
        yield Problem(manifest, message, (*here, "averageValue"))
