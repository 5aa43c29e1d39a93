"""Limit ranges: what a namespace allows to its objects, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse import demand, qos, quantity
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.quotas import claims_within
from pilothouse.demand import Amounts
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.quantity import amounts
from pilothouse.stack import Stack

_RANGE = ("", "LimitRange")


@stack_check("LIM001", Severity.ERROR, "a container that its namespace's LimitRange refuses")
def within_limits(stack: Stack) -> Iterator[Problem]:
    """A LimitRange gives a limit to containers that name none. Where that is below what such a container requests, the
    API server refuses its pods: a Deployment of them is taken, and then never has any.

    ```yaml bad
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: default}
    spec: {limits: [{type: Container, default: {cpu: 500m}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: default}
    spec: {limits: [{type: Container, default: {cpu: 500m}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {cpu: "1"}, limits: {cpu: "2"}}}]}
    ```
    """
    ranges = {manifest.namespace for manifest in stack.of_kind("", "LimitRange")}
    for namespace in sorted(ranges & stack.workloads.keys()):
        given = quantity.amounts(qos.defaults(stack, namespace)[1])
        for manifest, template in stack.workloads[namespace]:
            for path, container in template.containers("containers", "initContainers"):
                named = mapping(container, "resources")
                requests, limits = quantity.amounts(named.get("requests")), quantity.amounts(named.get("limits"))
                for resource in requests.keys() & given.keys() - limits.keys():
                    if requests[resource] > given[resource]:
                        yield Problem(
                            manifest,
                            f"container {container.get('name')} requests {named['requests'][resource]} of {resource}"
                            f" and names no limit, and the LimitRange of {namespace} gives it a smaller one",
                            (*path, "resources", "requests", resource),
                            "name a limit, or give a greater one in the LimitRange",
                        )


def _items(stack: Stack, namespace: str, kind: str) -> list[dict[str, Any]]:
    """What the LimitRanges of a namespace say of one kind of thing."""
    return [
        item
        for manifest in stack.within(namespace, *_RANGE)
        for _, item in mappings(mapping(manifest.body, "spec").get("limits"))
        if item.get("type") == kind
    ]


def _outside(item: dict[str, Any], requests: Amounts, limits: Amounts) -> Iterator[tuple[str, str, str]]:
    """What of a container or pod its LimitRange refuses: (field, resource, what is wrong).

    Source: ``plugin/pkg/admission/limitranger`` of Kubernetes.
    """
    for resource, least in amounts(item.get("min")).items():
        if resource not in requests:
            yield "requests", resource, f"has no request of {resource}, and the least is {item['min'][resource]}"
        elif requests[resource] < least:
            yield "requests", resource, f"requests less {resource} than the least, {item['min'][resource]}"
    for resource, most in amounts(item.get("max")).items():
        if resource not in limits:
            yield "limits", resource, f"has no limit of {resource}, and the most is {item['max'][resource]}"
        elif limits[resource] > most:
            yield "limits", resource, f"is limited to more {resource} than the most, {item['max'][resource]}"
    for resource, ratio in amounts(item.get("maxLimitRequestRatio")).items():
        request, limit = requests.get(resource, Decimal(0)), limits.get(resource, Decimal(0))
        if limit <= 0 or request <= 0:
            yield (
                "limits",
                resource,
                f"needs a request and a limit of {resource}, for the ratio between them is bounded",
            )
        elif limit > request * ratio:
            yield "limits", resource, f"may use more than {ratio.normalize():f} times the {resource} that it requests"


@stack_check("LIM002", Severity.ERROR, "an object beyond its namespace's LimitRange")
def within_range(stack: Stack) -> Iterator[Problem]:
    """A LimitRange bounds what each container, each pod and each claim of its namespace may ask for: the least, the
    most, and how far a limit may be above its request. The API server refuses a pod or claim that is outside; a
    Deployment of such pods is taken, and then never has any.

    ```yaml bad
    apiVersion: v1
    kind: LimitRange
    metadata: {name: bounds, namespace: shop}
    spec: {limits: [{type: Container, max: {memory: 1Gi}}, {type: PersistentVolumeClaim, max: {storage: 10Gi}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {limits: {memory: 2Gi}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: LimitRange
    metadata: {name: bounds, namespace: shop}
    spec: {limits: [{type: Container, max: {memory: 1Gi}}, {type: PersistentVolumeClaim, max: {storage: 10Gi}}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29", resources: {requests: {memory: 1Gi}}}]}
    ```

    Source: Kubernetes documentation, "Limit Ranges".
    """
    namespaces = {manifest.namespace for manifest in stack.of_kind(*_RANGE)}
    for namespace in sorted(namespaces):
        of_containers, of_pods = _items(stack, namespace, "Container"), _items(stack, namespace, "Pod")
        given = tuple(amounts(each) for each in qos.defaults(stack, namespace))
        workloads = stack.workloads.get(namespace, ()) if of_containers or of_pods else ()
        for manifest, template in workloads:
            for path, container in template.containers("containers", "initContainers"):
                own = mapping(container, "resources")
                limits = {**given[1], **amounts(own.get("limits"))}
                requests = {**given[0], **amounts(own.get("limits")), **amounts(own.get("requests"))}
                for item in of_containers:
                    for field, resource, wrong in _outside(item, requests, limits):
                        at = (*path, "resources", field, resource)
                        yield Problem(manifest, f"the container {container.get('name')} {wrong}", at, _MEND_RANGE)
        for each in demand.of_namespace(stack, namespace) if of_pods else ():
            for item in of_pods:
                for _, _, wrong in _outside(item, each.requests, each.limits):
                    at = (*each.template.path, "spec", "containers")
                    yield Problem(each.manifest, f"a pod of its containers together {wrong}", at, _MEND_RANGE)
        of_claims = _items(stack, namespace, "PersistentVolumeClaim")
        for manifest, spec, at in claims_within(stack, namespace) if of_claims else ():
            requests = amounts(mapping(spec, "resources", "requests"))
            for item in of_claims:
                for bound, wrong in (("min", "less"), ("max", "more")):
                    limit = amounts(item.get(bound)).get("storage")
                    asked = requests.get("storage")
                    if limit is not None and asked is not None and (asked < limit if bound == "min" else asked > limit):
                        yield Problem(
                            manifest,
                            f"it claims {wrong} storage than the LimitRange of {namespace} allows:"
                            f" {item[bound]['storage']}",
                            (*at, "resources", "requests", "storage"),
                            _MEND_RANGE,
                        )


_MEND_RANGE = "keep to the LimitRange, or change it"


_TYPES = ("Container", "Pod", "PersistentVolumeClaim")
_ORDER = (
    ("min", "max"),
    ("min", "defaultRequest"),
    ("min", "default"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("default", "max"),
)
"""Pairs of fields of which the first may not be above the second."""


@object_check("LIM003", Severity.ERROR, "a LimitRange that contradicts itself", kinds=(_RANGE,))
def consistent(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A least above the most, a default outside the two, a kind of thing twice: the API server refuses the LimitRange.

    ```yaml bad
    apiVersion: v1
    kind: LimitRange
    metadata: {name: bounds, namespace: shop}
    spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: "1"}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: LimitRange
    metadata: {name: bounds, namespace: shop}
    spec: {limits: [{type: Container, default: {cpu: "1"}, defaultRequest: {cpu: 500m}}]}
    ```

    Source: ``ValidateLimitRange`` of Kubernetes.
    """
    seen: set[str] = set()
    for index, item in mappings(mapping(manifest.body, "spec").get("limits")):
        at, kind = ("spec", "limits", index), text(item.get("type"))
        if kind in seen:
            yield Problem(manifest, f"a second item of the type {kind}", (*at, "type"), "make them one")
        seen.add(kind)
        if kind and "/" not in kind and kind not in _TYPES:
            known = ", ".join(_TYPES)
            yield Problem(manifest, f"the type {kind} is none: expected {known}", (*at, "type"))
            continue
        if kind == "Pod":
            for field in ("default", "defaultRequest"):
                if mapping(item.get(field)):
                    yield Problem(manifest, f"a pod has no {field} of its own, only its containers have", (*at, field))
        if kind == "PersistentVolumeClaim" and not any("storage" in mapping(item.get(each)) for each in ("min", "max")):
            yield Problem(manifest, "a claim is bounded by min or max of storage, and neither is there", at)
        bounds = {field: amounts(item.get(field)) for field in ("min", "max", "default", "defaultRequest")}
        for lower, upper in _ORDER:
            for resource, amount in bounds[lower].items():
                if kind == "Pod" and "default" in f"{lower}{upper}":
                    continue
                if resource in bounds[upper] and amount > bounds[upper][resource]:
                    yield Problem(
                        manifest,
                        f"{lower} of {resource} is {item[lower][resource]}, above {upper}, {item[upper][resource]}",
                        (*at, lower, resource),
                    )
