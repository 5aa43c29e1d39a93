"""Autoscalers by themselves: what each HorizontalPodAutoscaler may decide."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.availability import count
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_HPA = ("autoscaling", "HorizontalPodAutoscaler")


@object_check("HPA004", Severity.ERROR, "bounds of an autoscaler that the server refuses", kinds=(_HPA,))
def bounds(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``maxReplicas`` is 1 at least, and not below ``minReplicas``; ``minReplicas: 0`` needs a metric that is there
    without pods (``Object`` or ``External``). The API server refuses others.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 5, maxReplicas: 3}
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
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 5}
    ```

    Source: Kubernetes API reference, HorizontalPodAutoscalerSpec; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    smallest, largest = spec.get("minReplicas"), spec.get("maxReplicas")
    if isinstance(largest, int) and not isinstance(largest, bool) and largest < 1:
        yield Problem(manifest, f"maxReplicas is {largest}, expected 1 or more", ("spec", "maxReplicas"))
    elif isinstance(largest, int) and isinstance(smallest, int) and largest < smallest:
        yield Problem(
            manifest, f"maxReplicas is {largest}, and minReplicas is {smallest}", ("spec", "maxReplicas"), "swap them?"
        )
    external = any(metric.get("type") in ("External", "Object") for _, metric in mappings(spec.get("metrics")))
    if isinstance(smallest, int) and not isinstance(smallest, bool) and smallest == 0 and not external:
        yield Problem(
            manifest,
            "minReplicas is 0, and no Object or External metric could ever bring a pod back",
            ("spec", "minReplicas"),
            "keep one pod at least",
        )
    elif isinstance(smallest, int) and smallest < 0:
        yield Problem(manifest, f"minReplicas is {smallest}, expected 0 or more", ("spec", "minReplicas"))


@object_check(
    "HPA005",
    Severity.ADVICE,
    "an autoscaler that goes down to one pod",
    kinds=(_HPA,),
    equals=(
        "kube-linter hpa-minimum-three-replicas",
        "kube-score horizontalpodautoscaler-replicas",
        "polaris hpaMinAvailability",
    ),
)
def one(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """In quiet hours an autoscaler goes down to ``minReplicas``, which is 1 where it says nothing: then a node that
    fails takes the last pod with it.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 20}
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

    Source: Kubernetes API reference, HorizontalPodAutoscalerSpec.
    """
    smallest = mapping(manifest.body, "spec").get("minReplicas")
    if smallest is None or smallest == 1:
        told = "1" if smallest == 1 else "1 by default"
        yield Problem(manifest, f"minReplicas is {told}", ("spec", "minReplicas"), "keep two pods at least")


@object_check(
    "HPA006",
    Severity.ADVICE,
    "an autoscaler with nothing to decide",
    kinds=(_HPA,),
    equals=("polaris hpaMaxAvailability",),
)
def nothing_to_decide(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Where ``minReplicas`` and ``maxReplicas`` are the same the number of pods never changes, whatever the load.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: web, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 3}
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
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 6}
    ```

    Source: Kubernetes API reference, HorizontalPodAutoscalerSpec.
    """
    spec = mapping(manifest.body, "spec")
    smallest, largest = count(spec.get("minReplicas", 1)), count(spec.get("maxReplicas"))
    if largest and largest == smallest:
        message = f"minReplicas and maxReplicas are both {largest}"
        yield Problem(manifest, message, ("spec", "maxReplicas"), "raise maxReplicas, or do without the autoscaler")


_CANNOT_SCALE = frozenset({"CronJob", "DaemonSet", "Job", "Pod", "Service"})


@object_check("HPA007", Severity.WARNING, "an autoscaler of what cannot be scaled", kinds=(_HPA,))
def unscalable(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An autoscaler asks its target's API how many pods there are, and how many there should be. A DaemonSet, a Job, a
    CronJob and a Pod have no such number: it reports ``FailedGetScale`` and does nothing.

    ```yaml bad
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: agent, namespace: default}
    spec: {scaleTargetRef: {apiVersion: apps/v1, kind: DaemonSet, name: agent}, minReplicas: 2, maxReplicas: 20}
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

    Source: Kubernetes documentation, Horizontal Pod Autoscaling: it "does not apply to objects that can't be scaled".
    """
    target = mapping(manifest.body, "spec", "scaleTargetRef")
    group = text(target.get("apiVersion")).rpartition("/")[0]
    if text(target.get("kind")) in _CANNOT_SCALE and group in ("", "apps", "batch"):
        yield Problem(
            manifest,
            f"a {target['kind']} cannot be scaled, so this autoscaler does nothing",
            ("spec", "scaleTargetRef", "kind"),
            "scale a Deployment or a StatefulSet",
        )
