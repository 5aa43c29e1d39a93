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
from pilothouse.schemas.lifecycle import number
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
    named = target.get("apiVersion")
    if (
        target
        and isinstance(named, str | None)
        and "/" not in (named or "")
        and number(stack.catalogue.minor) >= (1, 36)
    ):
        message = f"scaleTargetRef has the apiVersion {named or 'of nothing'}, expected one with a group"
        yield Problem(manifest, message, ("spec", "scaleTargetRef", "apiVersion"), "say apiVersion: apps/v1")
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
    named = [each for each in _WANTED[field] if target.get(each) is not None]
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


_POLICIES, _SELECTS, _LONGEST = ("Percent", "Pods"), ("Disabled", "Max", "Min"), {"window": 3600, "period": 1800}


@object_check(
    "HPA010",
    Severity.ERROR,
    "a behaviour of an autoscaler that the server refuses",
    kinds=(("autoscaling", "HorizontalPodAutoscaler"),),
    fields=("behavior",),
)
def behaviour(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """How fast an autoscaler goes up and down is said by policies: so many ``Pods`` or ``Percent``, 1 or more, within
    1 to 1800 seconds; and by a ``stabilizationWindowSeconds`` of an hour at most. The API server refuses others.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 20
      behavior: {scaleDown: {stabilizationWindowSeconds: 7200}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 2
      maxReplicas: 20
      behavior: {scaleDown: {stabilizationWindowSeconds: 600}}
    ```

    Source: Kubernetes API reference, HPAScalingRules; reproduced on a kube-apiserver.
    """
    if manifest.api_version != "autoscaling/v2":
        return
    for field in ("scaleDown", "scaleUp"):
        rules, at = mapping(manifest.body, "spec", "behavior", field), ("spec", "behavior", field)
        window = rules.get("stabilizationWindowSeconds")
        if _beyond(window, 0, _LONGEST["window"]):
            message = f"stabilizationWindowSeconds is {window}, expected 0 to {_LONGEST['window']}"
            yield Problem(manifest, message, (*at, "stabilizationWindowSeconds"))
        select = rules.get("selectPolicy")
        if isinstance(select, str) and select not in _SELECTS:
            message = f"selectPolicy is {select!r}, expected one of {', '.join(_SELECTS)}"
            yield Problem(manifest, message, (*at, "selectPolicy"))
        for index, policy in mappings(rules.get("policies")):
            here: FieldPath = (*at, "policies", index)
            kind = policy.get("type")
            if isinstance(kind, str) and kind not in _POLICIES:
                message = f"the policy's type is {kind!r}, expected one of {', '.join(_POLICIES)}"
                yield Problem(manifest, message, (*here, "type"))
            if _beyond(policy.get("value"), 1, None):
                yield Problem(manifest, f"value is {policy['value']}, expected 1 or more", (*here, "value"))
            if _beyond(policy.get("periodSeconds"), 1, _LONGEST["period"]):
                message = f"periodSeconds is {policy['periodSeconds']}, expected 1 to {_LONGEST['period']}"
                yield Problem(manifest, message, (*here, "periodSeconds"))


def _beyond(value: Any, least: int, most: int | None) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and (value < least or (most is not None and value > most))
