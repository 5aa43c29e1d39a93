"""Autoscaling: whether an autoscaler can work, and who else decides about its pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import qos, quantity
from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.stack import Stack


def _target(autoscaler: Manifest) -> str:
    target = mapping(autoscaler.body, "spec", "scaleTargetRef")
    return f"{target.get('kind')} {target.get('name')}"


@stack_check(
    "HPA001",
    Severity.WARNING,
    "replicas that an autoscaler and the manifest both set",
    equals=("kube-score deployment-targeted-by-hpa-does-not-have-replicas-configured",),
)
def fixed_replicas(stack: Stack) -> Iterator[Problem]:
    """An autoscaler writes ``spec.replicas``. Where the manifest says it too, every apply sets the number back, under
    load from twenty pods to three, until the autoscaler has noticed.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      minReplicas: 3
      maxReplicas: 20
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
      minReplicas: 3
      maxReplicas: 20
    ```

    Source: Kubernetes documentation, Horizontal Pod Autoscaling, "Migrating Deployments and StatefulSets".
    """
    for manifest, autoscalers in _scaled(stack):
        if mapping(manifest.body, "spec").get("replicas") is not None:
            yield Problem(
                manifest,
                f"it sets replicas, and so does the HorizontalPodAutoscaler {autoscalers[0].name}",
                ("spec", "replicas"),
                "leave spec.replicas out",
            )


def _scaled(stack: Stack) -> Iterator[tuple[Manifest, list[Manifest]]]:
    """Every workload that an autoscaler of the stack scales."""
    if not stack.autoscalers:
        return
    for group, kind in (("apps", "Deployment"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout")):
        for manifest in stack.of_kind(group, kind):
            found = stack.autoscalers.get((manifest.namespace, kind, manifest.name))
            if found:
                yield manifest, found


@stack_check("HPA002", Severity.ERROR, "two autoscalers of one workload")
def two(stack: Stack) -> Iterator[Problem]:
    """Two HorizontalPodAutoscalers that scale one workload would each undo what the other does, so neither does
    anything: both report ``AmbiguousSelector``, and the number of pods stays as it is. One autoscaler can watch several
    metrics.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: by-cpu, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 20}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: by-memory, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 20}
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
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 20}
    ```

    Source: Kubernetes documentation, Horizontal Pod Autoscaling.
    """
    for autoscalers in stack.autoscalers.values():
        for other in autoscalers[1:]:
            yield Problem(
                other,
                f"{autoscalers[0].name} scales {_target(other)} too, so neither of the two does",
                ("spec", "scaleTargetRef"),
                "give one autoscaler the metrics of both",
            )


@stack_check("HPA003", Severity.WARNING, "an autoscaler that has nothing to reckon with")
def no_requests(stack: Stack) -> Iterator[Problem]:
    """A utilization is a share of what the containers request. Where one of them requests none of the resource, and no
    LimitRange of the namespace gives it a default, the autoscaler reports ``FailedGetResourceMetric`` and never scales.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", resources: {requests: {memory: 64Mi}}}]}
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

    Source: Kubernetes documentation, Horizontal Pod Autoscaling, "Algorithm details".
    """
    for manifest, autoscalers in _scaled(stack):
        template = template_of(manifest)
        if template is None or mapping(template.spec.get("resources")).get("requests"):
            continue
        for autoscaler in autoscalers:
            for resource, only, path in _utilizations(autoscaler):
                given = qos.defaults(stack, manifest.namespace)[0]
                for _, container in template.containers():
                    name = container.get("name")
                    if (only is None or only == name) and not _requests(container, resource) and resource not in given:
                        yield Problem(
                            autoscaler,
                            f"it reckons with what containers request of {resource}, and {name} of"
                            f" {_target(autoscaler)} requests none",
                            path,
                            f"let every container request {resource}",
                        )


def _requests(container: dict[str, Any], resource: str) -> bool:
    resources = mapping(container, "resources")
    return any(resource in quantity.amounts(resources.get(field)) for field in ("requests", "limits"))


def _utilizations(autoscaler: Manifest) -> Iterator[tuple[str, str | None, FieldPath]]:
    """Each resource whose utilization decides: its name, the one container that counts, or None for all, and the
    field."""
    spec = mapping(autoscaler.body, "spec")
    if spec.get("targetCPUUtilizationPercentage") is not None:
        yield "cpu", None, ("spec", "targetCPUUtilizationPercentage")
    for index, metric in mappings(spec.get("metrics")):
        for field in ("resource", "containerResource"):
            source = mapping(metric, field)
            target = mapping(source, "target")
            if source and (target.get("type") == "Utilization" or "targetAverageUtilization" in source):
                only = text(source.get("container")) if field == "containerResource" else None
                yield text(source.get("name")), only, ("spec", "metrics", index, field, "name")


@stack_check("HPA008", Severity.WARNING, "two autoscalers that pull in two directions")
def with_vertical(stack: Stack) -> Iterator[Problem]:
    """A VerticalPodAutoscaler raises what pods request; a HorizontalPodAutoscaler of the same resource reckons the
    utilization from it, and takes pods away. The two chase each other.

    ```yaml bad
    apiVersion: autoscaling.k8s.io/v1
    kind: VerticalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
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

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: autoscaling.k8s.io/v1
    kind: VerticalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec:
      targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      updatePolicy: {updateMode: "Off"}
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

    Source: Kubernetes autoscaler project, Vertical Pod Autoscaler, "Known limitations".
    """
    for vertical in stack.of_kind("autoscaling.k8s.io", "VerticalPodAutoscaler"):
        spec = mapping(vertical.body, "spec")
        target = mapping(spec, "targetRef")
        if mapping(spec, "updatePolicy").get("updateMode") in ("Off", "Initial"):
            continue
        key = (vertical.namespace, str(target.get("kind")), str(target.get("name")))
        for horizontal in stack.autoscalers.get(key, ()):
            for resource, _, path in _utilizations(horizontal):
                if resource in _controlled(spec):
                    yield Problem(
                        horizontal,
                        f"it reckons with the {resource} that pods request, and the VerticalPodAutoscaler"
                        f" {vertical.name} changes it",
                        path,
                        f"scale by another metric, or leave {resource} out of the VerticalPodAutoscaler",
                    )


def _controlled(spec: dict[str, Any]) -> set[str]:
    """The resources that a VerticalPodAutoscaler changes, in one container or all."""
    policies = [each for _, each in mappings(mapping(spec, "resourcePolicy").get("containerPolicies"))]
    found: set[str] = set()
    for policy in policies or [{}]:
        if policy.get("mode") != "Off":
            named = policy.get("controlledResources")
            found |= {text(each) for each in named} if isinstance(named, list) else {"cpu", "memory"}
    return found
