"""Namespaces: where objects go, and whether that place will be there."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.environment.nearest import nearest
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack


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
