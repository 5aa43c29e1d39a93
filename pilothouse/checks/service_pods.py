"""Services and pods: which pods stand behind a Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, scalar
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.service import SERVICE, is_headless, spec_of, type_of
from pilothouse.stack import POD_NAME, Stack

Pods = list[tuple[Manifest, PodTemplate]]

LASTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "ReplicationController")
"""Kinds whose pods are there to answer for as long as they live."""
_BATCH = ("Job", "CronJob")
_APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
"""The labels that say which app a pod belongs to; the first that both carry counts."""


_OFTEN_IDLE = frozenset({"externalName", "loadBalancerIP", "sessionAffinity", "sessionAffinityConfig"})
"""What does nothing in Services of several types."""


@object_check(
    "SVC022",
    Severity.ADVICE,
    "a field of a Service that does nothing",
    kinds=SERVICE,
    fields={"type", *_OFTEN_IDLE},
)
def idle(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server keeps fields that mean nothing to a Service of its type, and nobody reads them: a selector or
    ports of an ExternalName, which is an alias in DNS; an ``externalName`` of any other. It looks as if it worked.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {type: ExternalName, externalName: db.svc.cluster.local, selector: {app: database}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {type: ExternalName, externalName: db.svc.cluster.local}
    ```

    Source: Kubernetes API reference, ServiceSpec.
    """
    spec = spec_of(manifest)
    kind = type_of(spec)
    alias = kind == "ExternalName"
    if not alias and _OFTEN_IDLE.isdisjoint(spec):
        return
    sticky = spec.get("sessionAffinity") == "ClientIP"
    for field, read, why in (
        ("selector", not alias, "an ExternalName is an alias in DNS, and selects nothing"),
        ("ports", not alias, "an ExternalName is an alias in DNS, and has no ports"),
        ("externalName", alias, f"the type is {kind}, and only an ExternalName has one"),
        ("loadBalancerIP", kind == "LoadBalancer", f"the type is {kind}, and only a LoadBalancer has one"),
        ("sessionAffinityConfig", sticky, "sessionAffinity is not ClientIP"),
        (
            "sessionAffinity",
            not (sticky and is_headless(spec)),
            "clients of a headless Service choose the pod themselves",
        ),
    ):
        if not read and spec.get(field):
            yield Problem(manifest, f"{field} does nothing here: {why}", ("spec", field), "remove it")


@stack_check("SVC023", Severity.ADVICE, "pods of several workloads behind one Service")
def several(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels, so that clients meet now one workload and now the other:
    that is how a canary is shipped, and how a forgotten copy goes on answering.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: stable}}
      template:
        metadata: {labels: {app: web, track: stable}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web-next, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: next}}
      template:
        metadata: {labels: {app: web, track: next}}
        spec: {containers: [{name: web, image: "web:2", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: stable}}
      template:
        metadata: {labels: {app: web, track: stable}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web, track: stable}, ports: [{port: 80}]}
    ```
    """
    for service, _, pods in stack.services:
        lasting = [each for each in pods if each[0].kind in LASTING]
        names = list(dict.fromkeys(f"{manifest.kind} {manifest.name}" for manifest, _ in lasting))
        if len(names) > 1 and not is_headless(spec_of(service)) and _odd_app(lasting) is None:
            message = f"{len(names)} workloads stand behind it: {' and '.join(names[:4])}"
            yield Problem(
                service, message, ("spec", "selector"), "add a label that only one of them carries, if one is meant"
            )


@stack_check("SVC024", Severity.WARNING, "pods of different apps behind one Service")
def apps(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels. Where these are too few, pods of another app answer some of
    the requests: ``tier: backend`` meets every back end of the namespace.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: orders, namespace: default}
    spec:
      selector: {matchLabels: {app: orders}}
      template:
        metadata: {labels: {app: orders, tier: backend}}
        spec: {containers: [{name: orders, image: "orders:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: prices, namespace: default}
    spec:
      selector: {matchLabels: {app: prices}}
      template:
        metadata: {labels: {app: prices, tier: backend}}
        spec: {containers: [{name: prices, image: "prices:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: default}
    spec: {selector: {tier: backend}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: orders, namespace: default}
    spec:
      selector: {matchLabels: {app: orders}}
      template:
        metadata: {labels: {app: orders, tier: backend}}
        spec: {containers: [{name: orders, image: "orders:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: default}
    spec: {selector: {app: orders, tier: backend}, ports: [{port: 80}]}
    ```

    Headless Services are left out: their clients know the pods one by one.
    """
    for service, _, pods in stack.services:
        lasting = [each for each in pods if each[0].kind in LASTING]
        odd = _odd_app(lasting) if len(lasting) > 1 and not is_headless(spec_of(service)) else None
        if odd is not None:
            label, one, other = odd
            message = f"it takes pods of {one[0].kind} {one[0].name} ({label}={one[1]}) and of {other[0].kind} "
            message += f"{other[0].name} ({label}={other[1]}), expected one app"
            yield Problem(service, message, ("spec", "selector"), "add a label that only the pods of one app carry")


def _odd_app(pods: Pods) -> tuple[str, tuple[Manifest, Any], tuple[Manifest, Any]] | None:
    """The first two workloads that say that they are different apps, and the label that they say it with."""
    first, template = pods[0]
    label = next((each for each in _APP_LABELS if each in template.labels), None)
    for manifest, other in pods[1:] if label else ():
        if label in other.labels and other.labels[label] != template.labels[label]:
            return label, (first, template.labels[label]), (manifest, other.labels[label])
    return None


@stack_check("SVC025", Severity.WARNING, "a Service that sends requests to a Job's pods")
def batch(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels, those of a Job too. While one runs, it gets its share of the
    requests, and nothing in it answers: a migration with the labels of its app fails every other request.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec: {restartPolicy: Never, containers: [{name: migrate, image: "web:1", args: [migrate]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      template:
        metadata: {labels: {app: web-migrate}}
        spec: {restartPolicy: Never, containers: [{name: migrate, image: "web:1", args: [migrate]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    A port that is looked up by name goes to pods alone that have one of that name. A Job that declares the port is one
    that answers.
    """
    for service, _, pods in stack.services:
        jobs = [each for each in pods if each[0].kind in _BATCH]
        if not jobs or not any(manifest.kind in LASTING for manifest, _ in pods):
            continue
        targets = _targets(service)
        for manifest, template in jobs:
            offered = list(_ports(template))
            names, numbers = ({port.get(field) for port in offered} for field in ("name", "containerPort"))
            if any(target in names if isinstance(target, str) else target not in numbers for target in targets):
                message = f"while {manifest.kind} {manifest.name} runs, its pods get a share of the requests"
                fix = "give the Job's pods other labels, or add one to the selector that they lack"
                yield Problem(service, message, ("spec", "selector"), fix)


def _targets(service: Manifest) -> list[Any]:
    return [scalar(port.get("targetPort") or port.get("port")) for _, port in mappings(spec_of(service).get("ports"))]


def _ports(template: PodTemplate) -> Iterator[dict[str, Any]]:
    for _, container in template.containers("containers", "initContainers"):
        for _, port in mappings(container.get("ports")):
            yield port


@object_check(
    "SVC026",
    Severity.WARNING,
    "a Service that sends requests to pods that are not ready",
    kinds=SERVICE,
    fields=("publishNotReadyAddresses",),
)
def not_ready(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``publishNotReadyAddresses`` is for the headless Service of a StatefulSet, whose pods have to find each other
    before they are ready. A Service with an address of its own sends requests to pods that start, or that say they
    are ill: every rollout fails some.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {publishNotReadyAddresses: true, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {publishNotReadyAddresses: true, clusterIP: None, ports: [{port: 80}]}
    ```

    A Service for one pod of a StatefulSet, whose selector names the pod, is left out.
    Source: Kubernetes API reference, ServiceSpec, ``publishNotReadyAddresses``.
    """
    spec = spec_of(manifest)
    meant = is_headless(spec) or POD_NAME in mapping(spec, "selector") or type_of(spec) == "ExternalName"
    if spec.get("publishNotReadyAddresses") is True and not meant:
        message = "requests go to pods that are not ready: publishNotReadyAddresses is for headless Services"
        yield Problem(manifest, message, ("spec", "publishNotReadyAddresses"), "remove it, or say clusterIP: None")
