"""Availability: whether a workload survives the loss of a pod, a node or a moment."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.availability import least
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.workloads import HOOKS
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


@object_check("AVAIL001", Severity.WARNING, "a Pod that nobody brings back", kinds=(("", "Pod"),))
def naked(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Pod by itself ends with its node, is evicted for good, and cannot be changed: nothing makes it anew. A
    Deployment, a StatefulSet, a DaemonSet or a Job does. A Pod that is to run once (``restartPolicy: Never``), and a
    hook, are left alone.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, Configuration Best Practices, '"Naked" Pods'.
    """
    metadata = mapping(manifest.body, "metadata")
    if listing(metadata.get("ownerReferences")) or any(hook in mapping(metadata, "annotations") for hook in HOOKS):
        return
    if mapping(manifest.body, "spec").get("restartPolicy") not in ("Never", "OnFailure"):
        yield Problem(
            manifest,
            "this Pod ends with its node, and nothing makes it anew",
            ("kind",),
            "run it as a Deployment with one replica, or say restartPolicy: Never where it is to run once",
        )


@stack_check(
    "AVAIL002",
    Severity.ADVICE,
    "a Service with one pod behind it",
    equals=(
        "kube-linter minimum-three-replicas",
        "kube-score deployment-replicas",
        "polaris deploymentMissingReplicas",
    ),
)
def one_replica(stack: Stack) -> Iterator[Problem]:
    """With one replica, a node that fails, or is emptied for an upgrade, takes the Service away until the pod runs
    elsewhere.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Disruptions.
    """
    told: set[int] = set()
    for service, _, pods in stack.services:
        if len(pods) > 1:
            continue
        for manifest, _ in pods:
            autoscaled = stack.autoscaler(manifest) is not None
            if manifest.kind not in ("Deployment", "Rollout") or id(manifest) in told or autoscaled:
                continue
            told.add(id(manifest))
            if least(manifest, stack) == 1:
                yield Problem(
                    manifest,
                    f"it has one replica, and the Service {service.name} has no other pods",
                    ("spec", "replicas"),
                    "run two at least, if it can run more than once",
                )
