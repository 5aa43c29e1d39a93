"""Labels: metadata beyond names, and what becomes too long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from pilothouse.checks.catalogue import Problem, described, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.resources import qualified
from pilothouse.stack import Stack

_MOST = 256 * 1024
"""Bytes of all annotations of an object. Source: ``TotalAnnotationSizeLimitB`` of k8s.io/apimachinery."""


_encode = msgspec.json.Encoder().encode

TOO_LARGE = described(
    "META002",
    Severity.WARNING,
    "too large for a client-side apply",
    """
    ``kubectl apply`` and Argo CD keep what they last applied in an annotation of the object, and annotations have
    256 KiB. A larger object is refused, unless it is applied on the server's side: ``kubectl apply --server-side``, or
    in Argo CD the annotation ``argocd.argoproj.io/sync-options: ServerSideApply=true``, with which this check is
    content.

    Source: Kubernetes documentation, "Declarative Management"; Argo CD's documentation, "Server-Side Apply".
    """,
    "labels",
)


@object_check("META001", Severity.ERROR, "annotations or finalizers that the server refuses")
def metadata(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The key of an annotation has at most 63 characters, letters, digits, ``-``, ``_`` and ``.``, behind an optional
    DNS domain and a slash, and all annotations of an object have 256 KiB together. A finalizer's name is built like a
    key.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, annotations: {owner of this: team-a}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, annotations: {example.com/owner: team-a}}
    ```

    Source: Kubernetes documentation, "Annotations"; ``ValidateAnnotations`` of k8s.io/apimachinery.
    """
    head = mapping(manifest.body, "metadata")
    annotations = mapping(head.get("annotations"))
    if annotations:
        yield from _annotations(manifest, annotations, ("metadata", "annotations"))
    for index, finalizer in enumerate(listing(head.get("finalizers"))):
        if isinstance(finalizer, str) and not qualified(finalizer):
            yield Problem(manifest, f"{finalizer!r} is no finalizer's name", ("metadata", "finalizers", index))
    template = template_of(manifest)
    if template is not None and template.path and template.annotations and manifest.group in ("", "apps", "batch"):
        yield from _annotations(manifest, template.annotations, (*template.path, "metadata", "annotations"))
    # A client-side apply keeps the whole object in an annotation.
    try:
        # MessagePack may be a sixth of JSON: a text of control characters is.
        size = len(_encode(manifest.body)) if manifest.size > _MOST // 6 else 0
    except (TypeError, ValueError, OverflowError):  # no JSON: OBJ002 says so
        return
    options = text(annotations.get("argocd.argoproj.io/sync-options")) if size > _MOST else ""
    if size > _MOST and "ServerSideApply=true" not in options and "Replace=true" not in options:
        yield Problem(
            manifest,
            f"it has {size:,} bytes, and a client-side apply keeps all of them in an annotation of {_MOST:,} at most",
            ("metadata", "name"),
            "apply it on the server's side, and say so by argocd.argoproj.io/sync-options: ServerSideApply=true",
            TOO_LARGE,
        )


def _annotations(manifest: Manifest, annotations: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    size = 0
    for key, value in annotations.items():
        size += len(str(key).encode()) + len(text(value).encode())
        if not isinstance(key, str) or not qualified(key.lower()):
            words = "is no annotation's key: at most 63 letters, digits, '-', '_' and '.', after a domain and a '/'"
            yield Problem(manifest, f"{key!r} {words}", (*at, key))
    if size > _MOST:
        yield Problem(manifest, f"its annotations have {size:,} bytes together, expected {_MOST:,} at most", at)


_WORKLOADS = (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "CronJob"))


@object_check(
    "META003",
    Severity.ADVICE,
    "a workload without the label that says what it is",
    kinds=_WORKLOADS,
)
def unlabelled(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Dashboards, cost reports and ``kubectl get -l`` go by ``app.kubernetes.io/name``, the label that Kubernetes
    recommends for what an object is part of.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: shop}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec: {containers: [{name: agent, image: "agent:1.4"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: shop, labels: {app.kubernetes.io/name: agent}}
    spec:
      selector: {matchLabels: {app: agent}}
      template:
        metadata: {labels: {app: agent}}
        spec: {containers: [{name: agent, image: "agent:1.4"}]}
    ```

    Source: Kubernetes documentation, "Recommended Labels".
    """
    if "app.kubernetes.io/name" not in manifest.labels:
        yield Problem(
            manifest,
            "it has no label app.kubernetes.io/name",
            ("metadata", "labels"),
            "add it; in the kit, labels of the environment file stand on every object",
        )


_OURS = frozenset(
    {
        "kubernetes.io/arch",
        "kubernetes.io/cluster-service",
        "kubernetes.io/hostname",
        "kubernetes.io/metadata.name",
        "kubernetes.io/minikube-addons",
        "kubernetes.io/name",
        "kubernetes.io/os",
        "kubernetes.io/bootstrapping",
        "kubernetes.io/service-name",
    }
)
"""Labels under ``kubernetes.io`` itself that Kubernetes and its add-ons use.

Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"."""


@object_check("META004", Severity.ADVICE, "a label in Kubernetes' own domain")
def reserved(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Keys under ``kubernetes.io`` and ``k8s.io`` belong to Kubernetes: one of your own may mean something else to a
    later release.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, labels: {kubernetes.io/team: shop}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, labels: {example.com/team: shop}}
    ```

    Source: Kubernetes documentation, "Labels and Selectors", "Syntax and character set".
    """
    for key in manifest.labels:
        if isinstance(key, str) and key.startswith(("kubernetes.io/", "k8s.io/")) and key not in _OURS:
            yield Problem(
                manifest,
                f"the label {key} is in a domain that belongs to Kubernetes",
                ("metadata", "labels", key),
                "take a domain of your own",
            )


_KEY = re.compile(r"(?!\.\.|\.\Z)[-._a-zA-Z0-9]{1,253}\Z")


@object_check("META005", Severity.ERROR, "a key that no setting can have", kinds=(("", "ConfigMap"), ("", "Secret")))
def keys(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The keys of a ConfigMap and of a Secret become names of files and of variables: they have at most 253 characters,
    letters, digits, ``-``, ``_`` and ``.``, and do not begin with two dots. A folder is no key.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    data: {conf.d/main.conf: "mode = fast"}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    data: {main.conf: "mode = fast"}
    ```

    Source: Kubernetes API reference, ConfigMap, ``data``; Secret, ``data``.
    """
    fields = ("data", "binaryData") if manifest.kind == "ConfigMap" else ("data", "stringData")
    for field in fields:
        for key in mapping(manifest.body.get(field)):
            if isinstance(key, str) and not _KEY.match(key):
                words = "expected letters, digits, '-', '_' and '.', 253 at most, and no '..' before them"
                yield Problem(manifest, f"the key {key!r} is refused: {words}", (field, key))
    both = mapping(manifest.body.get("data")).keys() & mapping(manifest.body.get("binaryData")).keys()
    for key in sorted(map(str, both)) if manifest.kind == "ConfigMap" else ():
        yield Problem(manifest, f"the key {key} stands in data and in binaryData", ("binaryData", key), "keep one")


_LONGEST = {("apps", "StatefulSet"): 52, ("batch", "Job"): 63}
"""How long a name may be whose pods carry it in a label: a StatefulSet's with a hash behind it."""


@object_check("META006", Severity.WARNING, "a name that is too long for its pods' labels", kinds=_LONGEST)
def too_long(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The pods of a Job carry its name as a label, and those of a StatefulSet its name with a hash of eleven
    characters. A label has 63 characters at most: a longer name is taken, and the pods of it are refused.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: a-database-with-a-name-that-says-all-that-can-be-said-of-it, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6"}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec: {clusterIP: None, selector: {app: db}}
    ```

    Source: Kubernetes documentation, "Labels and Selectors"; "StatefulSets", "Pod Name Label"; "Jobs".
    """
    longest = _LONGEST[manifest.group, manifest.kind]
    if len(manifest.name) > longest:
        yield Problem(
            manifest,
            f"the name has {len(manifest.name)} characters, and its pods' labels hold {longest} of them",
            ("metadata", "name"),
            "take a shorter name",
        )
