"""Namespaces: where objects go, and whether that place will be there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.environment.nearest import nearest
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pod_security import LEVEL_LABELS
from pilothouse.pods import TEMPLATES
from pilothouse.stack import BUILT_IN_NAMESPACES, Stack


@stack_check("NS001", Severity.ERROR, "a namespace that nobody defines")
def defined(stack: Stack) -> Iterator[Problem]:
    """An object cannot be created in a namespace that is not there.

    A namespace is there if this stack defines it, if the environment file has it under ``given.namespaces``, or if
    every cluster has it (default, kube-system, kube-public, kube-node-lease).

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    ```
    """
    namespaces = stack.namespaces
    for manifest in stack:
        namespace = manifest.namespace
        if namespace and namespace not in namespaces:
            near = nearest(namespace, sorted(namespaces))
            yield Problem(
                manifest,
                f"the namespace {namespace} is neither defined in this stack nor given"
                + (f"; nearest: {near}" if near else ""),
                ("metadata", "namespace"),
                f"define it in a chart, or name it in the environment file: given: {{namespaces: [{namespace}]}}",
            )


@object_check("NS002", Severity.WARNING, "a namespace on an object that has none")
def scope(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Some kinds belong to the whole cluster: the API server drops the namespace of one without a word, and there is
    one object of that name for everybody, whoever meant to have one for themselves.

    ```yaml bad
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: reader, namespace: default}
    rules: []
    ```

    ```yaml good
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: reader}
    rules: []
    ```
    """
    if manifest.namespace and stack.catalogue.namespaced(manifest.api_version, manifest.kind) is False:
        yield Problem(
            manifest,
            f"a {manifest.kind} belongs to the whole cluster, and here it names the namespace {manifest.namespace}",
            ("metadata", "namespace"),
            "remove metadata.namespace",
        )


@object_check(
    "NS003",
    Severity.ADVICE,
    "a workload in the namespace default",
    kinds=[kind for kind in TEMPLATES if kind != ("", "PodTemplate")],
    equals=("kube-linter use-namespace",),
)
def in_default(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Rights, quotas and network policies are given by namespace. What stands in ``default`` shares them with
    everything else that somebody put there without a thought.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, "Namespaces"; CIS Kubernetes Benchmark, 5.7.4.
    """
    if manifest.namespace == "default":
        yield Problem(
            manifest,
            "it stands in the namespace default",
            ("metadata", "namespace"),
            "give it a namespace of its own",
        )


@stack_check(
    "NS004",
    Severity.ADVICE,
    "a namespace without bounds",
)
def unbounded(stack: Stack) -> Iterator[Problem]:
    """Without a ResourceQuota the pods of one namespace may take the whole cluster, and without a LimitRange a
    container that names no requests gets none.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ---
    apiVersion: v1
    kind: ReplicationController
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "nginx:1.29"}]}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ---
    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: bounds, namespace: shop}
    spec: {hard: {requests.memory: 4Gi}}
    ---
    apiVersion: v1
    kind: LimitRange
    metadata: {name: defaults, namespace: shop}
    spec: {limits: [{type: Container, defaultRequest: {memory: 64Mi}}]}
    ```

    Source: Kubernetes documentation, "Resource Quotas"; "Limit Ranges".
    """
    have = {kind: {each.namespace for each in stack.of_kind("", kind)} for kind in ("ResourceQuota", "LimitRange")}
    for namespace in stack.of_kind("", "Namespace"):
        lacking = [kind for kind, where in have.items() if namespace.name not in where]
        if lacking and namespace.name in stack.workloads:
            yield Problem(
                namespace,
                f"it has no {' and no '.join(lacking)}",
                ("metadata", "name"),
                "bound what its pods may take together, and give defaults to containers that name nothing",
            )


_POD_SECURITY = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"latest|v1\.(0|[1-9][0-9]*)\Z")


@object_check("NS005", Severity.ADVICE, "a namespace that takes pods of any kind", kinds=(("", "Namespace"),))
def unguarded(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The label ``pod-security.kubernetes.io/enforce`` says what a namespace's pods may ask of their node. Without it
    they may ask for everything, unless the cluster's own configuration says otherwise.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ```

    Source: Kubernetes documentation, "Pod Security Admission".
    """
    if f"{_POD_SECURITY}enforce" not in manifest.labels:
        yield Problem(
            manifest,
            "no label says what its pods may ask of their node",
            ("metadata", "labels"),
            "label it with pod-security.kubernetes.io/enforce: baseline, or restricted",
        )


@object_check(
    "NS006",
    Severity.ERROR,
    "a level of pod security that there is not",
    kinds=(("", "Namespace"),),
    fields=LEVEL_LABELS,
)
def levels(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """There are three levels, ``privileged``, ``baseline`` and ``restricted``, and each in the version of a release,
    ``v1.34``, or the ``latest``. The API server refuses a namespace that asks for another.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: strict}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ```

    Source: Kubernetes documentation, "Pod Security Admission".
    """
    for mode in ("enforce", "audit", "warn"):
        level = manifest.labels.get(f"{_POD_SECURITY}{mode}")
        version = manifest.labels.get(f"{_POD_SECURITY}{mode}-version")
        if isinstance(level, str) and level not in _LEVELS:
            at = ("metadata", "labels", f"{_POD_SECURITY}{mode}")
            yield Problem(manifest, f"{level!r} is no level: expected {', '.join(_LEVELS)}", at)
        if isinstance(version, str) and not _VERSION.match(version):
            at = ("metadata", "labels", f"{_POD_SECURITY}{mode}-version")
            yield Problem(manifest, f"{version!r} is no version: expected latest, or one such as v1.34", at)


@object_check("NS007", Severity.ADVICE, "a namespace that looks like Kubernetes' own", kinds=(("", "Namespace"),))
def reserved(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Names that begin with ``kube-`` are kept for Kubernetes' own namespaces.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: kube-tools, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: tools, labels: {pod-security.kubernetes.io/enforce: restricted}}
    ```

    Source: Kubernetes documentation, "Namespaces", "Working with Namespaces": it asks not to create such namespaces.
    """
    if manifest.name.startswith("kube-") and manifest.name not in BUILT_IN_NAMESPACES:
        yield Problem(manifest, "names that begin with kube- are Kubernetes' own", ("metadata", "name"))
