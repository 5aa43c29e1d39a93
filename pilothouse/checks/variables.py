"""Variables: what containers are told by their environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import LISTS, judged
from pilothouse.finding import Severity
from pilothouse.lenient import mappings, text
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_SOURCES = ("configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef")
"""What a variable is taken from; a file too in some clusters, and others leave ``fileKeyRef`` out."""
_REFUSED_IN_NAME = re.compile(r"[^\x20-\x7e]|=")
_FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
        "spec.host",
    }
)
"""What ``fieldRef`` of a variable may name, beside one label or annotation.

Source: Kubernetes documentation, Downward API; the last one is what an early version called ``spec.nodeName``."""
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['.*'\]\Z", re.DOTALL)
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][-._A-Za-z0-9]*)\)")
_OF_SERVICES = re.compile(r"[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_[A-Z0-9_]+)?)\Z")
"""Variables that each Service of the namespace gives to its pods. Source: Kubernetes documentation, Service."""


@pod_check(
    "ENV001",
    Severity.WARNING,
    "a variable that is set twice",
    fields=("env",),
    equals=(
        "kube-linter duplicate-env-var",
        "kube-score environment-variable-key-duplication",
    ),
)
def twice(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Of two variables of one name in a container the last one counts. The API server takes both; a later
    ``kubectl apply`` merges variables by name, so it changes one of the two, and not always the one that counts.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "web:1", env: [{name: MODE, value: a}, {name: MODE, value: b}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "web:1", env: [{name: MODE, value: b}]}]}
    ```

    Source: Kubernetes API reference, Container (``env`` is merged by ``name``).
    """
    for path, container in pods.containers(*LISTS):
        if not container.get("env"):
            continue
        seen: set[str] = set()
        for index, variable in mappings(container["env"]):
            name = variable.get("name")
            if isinstance(name, str) and name in seen:
                yield Problem(
                    manifest,
                    f"the container {container.get('name')} sets {name} twice, and the last one counts",
                    (*path, "env", index, "name"),
                    "remove one of the two",
                )
            elif isinstance(name, str):
                seen.add(name)


@pod_check("ENV002", Severity.ERROR, "a variable that the server refuses", fields=("env",))
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A variable has a name without ``=``, and either a ``value`` or one source in ``valueFrom``. What ``fieldRef`` may
    name is a short list. The API server refuses all others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: NODE, value: "", valueFrom: {fieldRef: {fieldPath: spec.node}}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
    ```

    Source: Kubernetes API reference, EnvVar; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container in pods.containers(*LISTS):
        for index, variable in mappings(container.get("env")) if container.get("env") else ():
            at = (*path, "env", index)
            name = variable.get("name")
            if not name:
                yield Problem(manifest, "the variable has no name", at, "give it a name")
            elif isinstance(name, str) and _REFUSED_IN_NAME.search(name):
                message = f"the variable's name {name!r} holds '=' or what is no printable ASCII"
                yield Problem(manifest, message, (*at, "name"))
            source = variable.get("valueFrom")
            if not isinstance(source, dict):
                continue
            given = [field for field in _SOURCES if source.get(field) is not None]
            if text(variable.get("value")) and given:
                message = f"the variable {name} has both a value and a valueFrom, expected one of them"
                yield Problem(manifest, message, at, "remove one of the two")
            if len(given) != 1 and source.keys() <= set(_SOURCES):
                told = f"names {' and '.join(given)}" if given else "names no source"
                yield Problem(manifest, f"valueFrom of {name} {told}, expected one source", (*at, "valueFrom"))
            yield from _field(manifest, source, (*at, "valueFrom"))


def _field(manifest: Manifest, source: dict[str, Any], at: tuple[str | int, ...]) -> Iterator[Problem]:
    reference = source.get("fieldRef")
    if not isinstance(reference, dict) or reference.get("apiVersion") not in (None, "", "v1"):
        return
    field = reference.get("fieldPath")
    if not field or (isinstance(field, str) and field not in _FIELDS and not _SUBSCRIPT.match(field)):
        yield Problem(
            manifest,
            f"no variable can be taken from the field {field}",
            (*at, "fieldRef", "fieldPath"),
            "name one of " + ", ".join(sorted(_FIELDS - {"spec.host"})) + ", or one label or annotation",
        )


@pod_check("ENV003", Severity.WARNING, "a reference to a variable that is not set", fields=("env",))
def undefined(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``$(NAME)`` in a variable's value stands for a variable that the container was given before it: in ``envFrom``,
    or further up in ``env``. Where there is none, the text stays as it is, ``$(NAME)`` with all its signs, and nobody
    reports it. ``$$(NAME)`` means the text itself.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: URL, value: "http://$(HOST):80"}, {name: HOST, value: db}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: HOST, value: db}, {name: URL, value: "http://$(HOST):80"}]
    ```

    Source: Kubernetes documentation, Define Dependent Environment Variables.
    """
    for path, container in pods.containers(*LISTS):
        if not container.get("env") or container.get("envFrom"):
            continue  # of what envFrom gives, only the cluster knows the names
        variables = mappings(container["env"])
        before: set[Any] = set()
        for index, variable in variables:
            value = variable.get("value")
            if isinstance(value, str) and "$(" in value:
                for name in _REFERENCE.findall(value):
                    if name and name not in before and not _OF_SERVICES.match(name):
                        later = any(other.get("name") == name for _, other in variables)
                        yield Problem(
                            manifest,
                            f"$({name}) is not replaced: {name} is "
                            + ("set further down" if later else f"no variable of {container.get('name')}"),
                            (*path, "env", index, "value"),
                            f"set {name} further up" if later else f"set {name}, or write $$({name}) for the text",
                        )
            if isinstance(variable.get("name"), str):
                before.add(variable["name"])
