"""EnvoyFilters, Telemetries and WasmPlugins: whether what they add is there, and in its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import EXTENSIONS, NETWORKING, TELEMETRY, aimed_twice, namespace_of, spec
from pilothouse.stack import Stack

_ENVOY_FILTER = [(NETWORKING, "EnvoyFilter")]
_RELATIVE = ("INSERT_BEFORE", "INSERT_AFTER", "REPLACE", "REMOVE")
_NO_LIST = ("ROUTE_CONFIGURATION", "HTTP_ROUTE")
_REPLACED = ("HTTP_FILTER", "NETWORK_FILTER", "VIRTUAL_HOST")


def _patches(manifest: Manifest) -> Iterator[tuple[int, dict[str, Any], str, str]]:
    """Every patch with its index, its operation, and what it is applied to."""
    for index, patch in mappings(spec(manifest).get("configPatches")):
        yield index, patch, text(mapping(patch, "patch").get("operation")), text(patch.get("applyTo"))


def _impossible(operation: str, target: str) -> bool:
    if operation in ("ADD", "REMOVE"):
        return target in _NO_LIST
    return operation == "REPLACE" and target not in _REPLACED


@object_check(
    "ENVOY001",
    Severity.ADVICE,
    "a patch whose place hangs on the order of filters",
    kinds=_ENVOY_FILTER,
    equals=(
        "istioctl IST0151",
        "istioctl IST0155",
    ),
)
def relative(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A patch that goes before or after another filter, or replaces one, does nothing where that filter is not there
    yet. Filters without a priority are applied by their age, which another cluster and an upgrade change.

    ```yaml bad
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: lua, namespace: default}
    spec:
      configPatches:
      - applyTo: HTTP_FILTER
        match: {context: SIDECAR_INBOUND}
        patch:
          operation: INSERT_BEFORE
          value:
            name: lua
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: lua, namespace: default}
    spec:
      priority: 10
      configPatches:
      - applyTo: HTTP_FILTER
        match: {context: SIDECAR_INBOUND}
        patch:
          operation: INSERT_BEFORE
          value:
            name: lua
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}
    ```

    Source: Istio's reference, EnvoyFilter, ``priority``.
    """
    if spec(manifest).get("priority"):
        return
    for index, _, operation, target in _patches(manifest):
        if operation in _RELATIVE and not _impossible(operation, target):
            path = ("spec", "configPatches", index, "patch", "operation")
            yield Problem(manifest, f"{operation} without a priority", path, "set spec.priority")
            return


@object_check(
    "ENVOY002",
    Severity.ERROR,
    "a patch that does nothing",
    kinds=_ENVOY_FILTER,
    equals=(
        "istioctl IST0152",
        "istioctl IST0153",
        "istioctl IST0154",
    ),
)
def impossible(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``REPLACE`` is for filters and virtual hosts; ``ADD`` and ``REMOVE`` are not for route configurations and routes.
    Elsewhere the patch is left out, and nothing says so.

    ```yaml bad
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: cluster, namespace: default}
    spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: REPLACE, value: {connect_timeout: 5s}}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: cluster, namespace: default}
    spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {connect_timeout: 5s}}}]}
    ```

    Source: Istio's reference, EnvoyFilter, Patch Operation.
    """
    for index, _, operation, target in _patches(manifest):
        if _impossible(operation, target):
            path = ("spec", "configPatches", index, "patch", "operation")
            instead = "MERGE" if operation == "REPLACE" else "MERGE, or apply it to a VIRTUAL_HOST"
            yield Problem(manifest, f"{operation} does nothing for {target}", path, f"write {instead}")


_ADDING = ("ADD", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST")


@stack_check("ENVOY003", Severity.WARNING, "one filter added twice")
def added_twice(stack: Stack) -> Iterator[Problem]:
    """Two EnvoyFilters that add the same filter at the same place put it there twice: a rate limit counts each request
    twice, and Envoy refuses two filters of one name in some places.

    ```yaml bad
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: lua, namespace: default}
    spec:
      configPatches:
      - applyTo: HTTP_FILTER
        match: {context: SIDECAR_INBOUND}
        patch: {operation: INSERT_FIRST, value: {name: lua}}
    ---
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: lua-too, namespace: default}
    spec:
      configPatches:
      - applyTo: HTTP_FILTER
        match: {context: SIDECAR_INBOUND}
        patch: {operation: INSERT_FIRST, value: {name: lua}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: lua, namespace: default}
    spec:
      configPatches:
      - applyTo: HTTP_FILTER
        match: {context: SIDECAR_INBOUND}
        patch: {operation: INSERT_FIRST, value: {name: lua}}
    ```
    """
    first: dict[str, Manifest] = {}
    for manifest in stack.mesh.of("EnvoyFilter"):
        selects = [spec(manifest).get(field) for field in ("workloadSelector", "targetRefs")]
        for index, patch, operation, target in _patches(manifest):
            value = mapping(patch, "patch", "value")
            if operation not in _ADDING or not value.get("name"):
                continue
            said = [namespace_of(manifest), selects, target, patch.get("match"), value]
            other = first.setdefault(json.dumps(said, sort_keys=True, default=str), manifest)
            if other.identity != manifest.identity:
                message = f"{other.identity} adds the same {text(value.get('name'))} at the same place"
                yield Problem(manifest, message, ("spec", "configPatches", index), "keep one of the two")


@object_check(
    "ENVOY004",
    Severity.ERROR,
    "a patch that says not what to add",
    kinds=_ENVOY_FILTER,
    equals=("istioctl IST0106",),
)
def without_value(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Every operation but ``REMOVE`` needs a value, and every patch an operation: Istio's webhook refuses the rest.

    ```yaml bad
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: cluster, namespace: default}
    spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: cluster, namespace: default}
    spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {connect_timeout: 5s}}}]}
    ```
    """
    for index, patch, operation, _ in _patches(manifest):
        path = ("spec", "configPatches", index)
        if operation in ("", "INVALID"):
            yield Problem(manifest, "a patch without an operation", path, "say MERGE, ADD or another operation")
        elif operation != "REMOVE" and not mapping(patch, "patch", "value"):
            yield Problem(manifest, f"{operation} without a value", (*path, "patch"), "add the value")


@object_check(
    "TELEMETRY001",
    Severity.ADVICE,
    "an access log that nobody is named for",
    kinds=[(TELEMETRY, "Telemetry")],
    fields=("accessLogging",),
    equals=("istioctl IST0157",),
)
def no_provider(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Access logging without providers goes to the mesh's default ones. Where the mesh has none, as Istio is set up by
    itself, nothing is logged.

    ```yaml bad
    apiVersion: telemetry.istio.io/v1
    kind: Telemetry
    metadata: {name: default, namespace: default}
    spec: {accessLogging: [{filter: {expression: "response.code >= 400"}}]}
    ```

    ```yaml good
    apiVersion: telemetry.istio.io/v1
    kind: Telemetry
    metadata: {name: default, namespace: default}
    spec: {accessLogging: [{providers: [{name: envoy}], filter: {expression: "response.code >= 400"}}]}
    ```

    Source: Istio's reference, Telemetry, AccessLogging.
    """
    for index, logging in mappings(spec(manifest).get("accessLogging")):
        if not mappings(logging.get("providers")) and logging.get("disabled") is not True:
            path = ("spec", "accessLogging", index)
            yield Problem(manifest, "accessLogging without providers", path, "name one, such as envoy")


@object_check(
    "TELEMETRY002",
    Severity.ERROR,
    "a Telemetry that Istio refuses",
    kinds=[(TELEMETRY, "Telemetry")],
    fields=("randomSamplingPercentage", "tagOverrides", "targetRefs", "targetRef"),
    equals=(
        "istioctl IST0106",
        "istioctl IST0133",
    ),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A tag that is set needs a value, and one that is removed has none; a share of requests lies between 0 and 100.
    A selector and ``targetRefs`` exclude each other. Istio's webhook refuses the rest.

    ```yaml bad
    apiVersion: telemetry.istio.io/v1
    kind: Telemetry
    metadata: {name: default, namespace: default}
    spec:
      metrics: [{providers: [{name: prometheus}], overrides: [{tagOverrides: {team: {operation: UPSERT}}}]}]
    ```

    ```yaml good
    apiVersion: telemetry.istio.io/v1
    kind: Telemetry
    metadata: {name: default, namespace: default}
    spec:
      metrics:
      - providers: [{name: prometheus}]
        overrides: [{tagOverrides: {team: {operation: UPSERT, value: "'shop'"}}}]
    ```

    Source: Istio's reference, Telemetry, TagOverride.
    """
    if aimed_twice(manifest):
        yield Problem(manifest, "both a selector and targetRefs", ("spec", "selector"), "keep one of the two")
    for index, tracing in mappings(spec(manifest).get("tracing")):
        share = tracing.get("randomSamplingPercentage")
        if isinstance(share, int | float) and not 0 <= share <= 100:
            path = ("spec", "tracing", index, "randomSamplingPercentage")
            yield Problem(manifest, f"expected 0 to 100, got {share:g}", path, "say a percentage")
    for index, metrics in mappings(spec(manifest).get("metrics")):
        for number, override in mappings(metrics.get("overrides")):
            for tag, said in mapping(override, "tagOverrides").items():
                tags, where = mapping(said), ("spec", "metrics", index, "overrides", number, "tagOverrides", tag)
                sets = text(tags.get("operation"), "UPSERT") == "UPSERT"
                if sets and not tags.get("value"):
                    yield Problem(manifest, f"the tag {tag} is set to nothing", where, "add value, or say REMOVE")
                elif not sets and tags.get("value"):
                    yield Problem(manifest, f"the tag {tag} is removed, and has a value", where, "remove the value")


@object_check(
    "WASM001",
    Severity.ERROR,
    "a plugin that Istio refuses",
    kinds=[(EXTENSIONS, "WasmPlugin")],
    equals=("istioctl IST0106",),
)
def plugin(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A plugin comes from a registry (``oci://``, or no scheme), a server or a file; its ``sha256`` has 64 digits.
    A selector and ``targetRefs`` exclude each other. Istio's webhook refuses others.

    ```yaml bad
    apiVersion: extensions.istio.io/v1alpha1
    kind: WasmPlugin
    metadata: {name: auth, namespace: default}
    spec: {url: "s3://plugins/auth.wasm"}
    ```

    ```yaml good
    apiVersion: extensions.istio.io/v1alpha1
    kind: WasmPlugin
    metadata: {name: auth, namespace: default}
    spec: {url: "oci://registry.example.com/auth:1.0"}
    ```

    Source: Istio's reference, WasmPlugin, ``url``.
    """
    if aimed_twice(manifest):
        yield Problem(manifest, "both a selector and targetRefs", ("spec", "selector"), "keep one of the two")
    url, digest = text(spec(manifest).get("url")), text(spec(manifest).get("sha256"))
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme and scheme not in ("oci", "http", "https", "file"):
        yield Problem(manifest, f"Istio fetches no {scheme}://", ("spec", "url"), "write oci://, https:// or file://")
    if digest and (len(digest) != 64 or digest.strip("0123456789abcdef")):
        yield Problem(manifest, f"expected 64 digits, got {digest}", ("spec", "sha256"), "write the SHA-256 in hex")
