"""Stateful sets: whether their pods keep the names and the volumes that they are for."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.containers import LISTS
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import template_of
from pilothouse.schemas.lifecycle import number
from pilothouse.selectors import dns_label
from pilothouse.stack import Stack

_STATEFUL_SET = ("apps", "StatefulSet")


@stack_check(
    "STS001", Severity.WARNING, "stable names that no DNS has", equals=("kube-score statefulset-has-servicename",)
)
def headless(stack: Stack) -> Iterator[Problem]:
    """The pods of a StatefulSet are found by name (``db-0.db``) through the Service that ``serviceName`` names, and
    only if that Service is headless (``clusterIP: None``) and selects them. Otherwise those names do not resolve.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: default}
    spec: {selector: {app: db}, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: default}
    spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
    ```

    Source: Kubernetes documentation, StatefulSets, "Stable Network ID".
    """
    for manifest in stack.of_kind(*_STATEFUL_SET):
        name = mapping(manifest.body, "spec").get("serviceName")
        if not isinstance(name, str) or not name:
            continue
        for service in stack.by_identity.get(Identity("", "Service", manifest.namespace, name), ()):
            spec, template = mapping(service.body, "spec"), template_of(manifest)
            selector = mapping(spec, "selector")
            if spec.get("clusterIP") != "None":
                wrong = "is not headless"
            elif template is not None and any(template.labels.get(key) != value for key, value in selector.items()):
                wrong = "does not select them"
            else:
                continue
            yield Problem(
                manifest,
                f"its pods have no names of their own in DNS: the Service {name} {wrong}",
                ("spec", "serviceName"),
                "name a Service with clusterIP: None that selects these pods",
            )


@object_check("STS002", Severity.ERROR, "a StatefulSet that the server refuses", kinds=(_STATEFUL_SET,))
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The name of a StatefulSet and its ``serviceName`` are DNS labels, for they become its pods' host names; and its
    claims are retained or deleted, nothing else. The API server refuses others.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db.shop, namespace: default}
    spec:
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db-shop, namespace: default}
    spec:
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
    ```

    Source: Kubernetes API reference, StatefulSetSpec; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    minor = number(stack.catalogue.minor)
    for value, path, since in (
        (manifest.name, ("metadata", "name"), (1, 0)),
        (spec.get("serviceName"), ("spec", "serviceName"), (1, 33)),
    ):
        if minor >= since and isinstance(value, str) and value and not dns_label(value):
            message = f"{value!r} is no DNS label: 63 lower-case letters, digits and '-' at most"
            yield Problem(manifest, message, path)
    for field in ("whenDeleted", "whenScaled"):
        policy = mapping(spec, "persistentVolumeClaimRetentionPolicy").get(field)
        if isinstance(policy, str) and policy not in ("", "Delete", "Retain"):
            at: FieldPath = ("spec", "persistentVolumeClaimRetentionPolicy", field)
            yield Problem(manifest, f"{field} is {policy!r}, expected Retain or Delete", at)


@object_check(
    "STS003",
    Severity.ADVICE,
    "a claim that no container mounts",
    kinds=(_STATEFUL_SET,),
    fields=("volumeClaimTemplates",),
)
def unmounted(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Each pod of a StatefulSet gets a volume for each of its ``volumeClaimTemplates``, and keeps it after it is
    deleted. One that no container mounts costs storage and holds nothing.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      selector: {matchLabels: {app: db}}
      template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "db:1", volumeMounts: [{name: data, mountPath: /data}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
    ```

    Source: Kubernetes documentation, StatefulSets, "Stable Storage".
    """
    claims = mappings(mapping(manifest.body, "spec").get("volumeClaimTemplates"))
    template = template_of(manifest)
    if not claims or template is None:
        return
    used = [
        mount.get("name")
        for _, container in template.containers(*LISTS)
        for field in ("volumeMounts", "volumeDevices")
        for _, mount in mappings(container.get(field))
    ]
    for index, claim in claims:
        name = mapping(claim, "metadata").get("name")
        if name not in used:
            at = ("spec", "volumeClaimTemplates", index)
            yield Problem(manifest, f"no container mounts the claim {name}", at, "mount it, or remove it")
