"""File modes: numbers that are octal to those who write them, and decimal to YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack


@pod_check("POD030", Severity.WARNING, "a file mode in decimal", fields=("defaultMode", "mode"))
def file_mode(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The mode of a mounted file is a number, and people think of it in octal: ``defaultMode: 400`` is 0620 to
    Kubernetes, which the group may write and whose owner may not do what 0400 lets it. Write ``0400`` in YAML, or 256.

    What counts: 400, 440, 444 and 500. Greater ones, such as 644, the API server refuses.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: keys, secret: {secretName: keys, defaultMode: 400}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: scratch, emptyDir: {}}, {name: info, downwardAPI: {defaultMode: 0400, items: []}}]
    ```
    """
    for path, mode in _modes(pods):
        if mode in _DECIMAL:
            yield Problem(
                manifest,
                f"the mode {mode} is 0{mode:o} to Kubernetes, and 0{mode} was meant",
                path,
                f"write 0{mode}, or {int(str(mode), 8)} where the number must be decimal",
            )


_DECIMAL = (400, 440, 444, 500)


@pod_check("POD031", Severity.ERROR, "a file mode that there is not", fields=("defaultMode", "mode"))
def impossible_mode(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The API server takes modes from 0 to 0777, which is 511 in decimal: 644 and 755 without the 0 before them are
    refused.

    Source: Kubernetes API reference, ``defaultMode``; seen on API servers of 1.32 and 1.36.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: info, downwardAPI: {defaultMode: 644}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29"}]
      volumes: [{name: info, downwardAPI: {defaultMode: 0644}}]
    ```
    """
    for path, mode in _modes(pods):
        if not 0 <= mode <= 0o777:
            digits = str(mode)
            octal = len(digits) == 3 and set(digits) <= set("01234567")
            yield Problem(
                manifest,
                f"the mode {mode} is more than Kubernetes takes: expected 0 to 0777, which is 511 in decimal",
                path,
                f"write 0{digits}, or {int(digits, 8)} where the number must be decimal" if octal else "",
            )


_FILES = ("configMap", "secret", "downwardAPI", "projected")


def _modes(pods: PodTemplate) -> Iterator[tuple[FieldPath, int]]:
    """Every mode of files in the volumes."""
    for index, volume in mappings(pods.spec.get("volumes")):
        for form in _FILES:
            source = volume.get(form)
            if not isinstance(source, dict):
                continue
            at: FieldPath = (*pods.path, "spec", "volumes", index, form)
            found: list[tuple[FieldPath, Any]] = [((*at, "defaultMode"), source.get("defaultMode"))]
            holders = [(at, source)]
            holders += [
                ((*at, "sources", number, inner), mapping(part, inner))
                for number, part in mappings(source.get("sources"))
                for inner in ("configMap", "secret", "downwardAPI")
            ]
            for place, holder in holders:
                found += [((*place, "items", n, "mode"), item.get("mode")) for n, item in mappings(holder.get("items"))]
            for path, mode in found:
                if isinstance(mode, int) and not isinstance(mode, bool):
                    yield path, mode
