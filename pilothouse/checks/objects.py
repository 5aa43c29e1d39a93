"""Objects by themselves: what every Kubernetes object has to be, whatever its kind."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pilothouse.checks.catalogue import Problem, described, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack

NO_OBJECT = described(
    "OBJ001",
    Severity.ERROR,
    "no Kubernetes object",
    """
    Every object has an ``apiVersion``, a ``kind`` and a ``metadata.name``. A ``metadata.generateName`` does not do:
    an object without a name cannot be applied twice, so no file of ``dist/`` can stand for it.
    """,
    "objects",
)

NOT_JSON = described(
    "OBJ002",
    Severity.ERROR,
    "a value that no manifest can hold",
    """
    A manifest holds what JSON holds: dicts with string keys, lists, strings, numbers, booleans and None. A tuple, a
    date, bytes, NaN, or a structure that contains itself would reach the cluster as something else, or not at all.
    """,
    "objects",
)

TOO_LARGE = described(
    "OBJ005",
    Severity.ERROR,
    "larger than the API server takes",
    """
    The API server stores its objects in etcd, whose requests are limited to 1.5 MiB by default; a ConfigMap or a
    Secret may hold 1 MiB of data. A large file belongs into an image, a volume or an object store.

    Source: Kubernetes documentation, ConfigMaps, "Motivation"; etcd, "System limits".
    """,
    "objects",
)

MAX_DATA = 1024 * 1024
"""Bytes that the data of a ConfigMap or a Secret may have together."""
MAX_OBJECT = 1536 * 1024
"""Bytes of one request to etcd."""


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    longest: int
    words: str


_SUBDOMAIN = _Rule(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z"),
    253,
    "lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit",
)
_LABEL = _Rule(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z"),
    63,
    "lower-case letters, digits and '-', beginning and ending with a letter or digit",
)
_SERVICE = _Rule(
    re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z"),
    63,
    "lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit",
)
_SEGMENT = _Rule(re.compile(r"(?!\.{1,2}\Z)[^/%]+\Z"), 253, "any characters but '/' and '%', and not '.' or '..'")
_CRON_JOB = _SUBDOMAIN._replace(longest=52)

NAME_RULES: dict[tuple[str, str], _Rule] = {
    ("", "Namespace"): _LABEL,
    ("", "Service"): _SERVICE,
    ("batch", "CronJob"): _CRON_JOB,
    ("policy", "PodDisruptionBudget"): _SEGMENT,
    ("rbac.authorization.k8s.io", "ClusterRole"): _SEGMENT,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _SEGMENT,
    ("rbac.authorization.k8s.io", "Role"): _SEGMENT,
    ("rbac.authorization.k8s.io", "RoleBinding"): _SEGMENT,
}
"""(group, kind) -> the rule for its names, where it is not a DNS subdomain.

Source: Kubernetes documentation, "Object Names and IDs"; the API server's own validation for RBAC, CronJob and
PodDisruptionBudget, whose name it does not look at."""

_SERVICES_RELAXED = "1.36"
"""The minor since which a Service's name may begin with a digit. Source: KEP-5311."""

_KEY_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\Z")
_fine_labels: set[tuple[str, object]] = set()


def _are_fine(labels: Mapping[str, object]) -> bool:
    """Whether each of these labels has been found fine before."""
    try:
        return labels.items() <= _fine_labels
    except TypeError:  # one of them is a map or a list
        return False


@functools.lru_cache(maxsize=1024)
def _is_namespace(name: str) -> bool:
    return len(name) <= 63 and _LABEL.pattern.match(name) is not None


def _label_problem(key: object, value: object) -> str | None:
    """What is wrong with one label; None where Kubernetes takes it."""
    if not isinstance(key, str):
        return f"the key {key!r} is no string"
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.pattern.match(prefix)):
        return f"the key {key!r} has a prefix that is no DNS subdomain"
    if len(name) > 63 or not _KEY_NAME.match(name):
        return f"the key {key!r} is not made of letters, digits, '-', '_' and '.', 63 at most"
    if value is None:
        return None
    if not isinstance(value, str):
        return f"the value of {key!r} is {value!r}, expected a string"
    if len(value) > 63 or (value and not _KEY_NAME.match(value)):
        return f"the value {value!r} of {key!r} is not made of letters, digits, '-', '_' and '.', 63 at most"
    return None


NULL = described(
    "OBJ006",
    Severity.WARNING,
    "a label without a value",
    """
    ``kubectl apply`` stores a label that is null as an empty one, or not at all, by whether it applies on the client's
    side or the server's. A selector that counts on one of the two misses the object under the other.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default, labels: {canary: null}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default, labels: {canary: ""}}
    ```
    """,
    "objects",
)


@object_check("OBJ004", Severity.ERROR, "a name or label that Kubernetes refuses", equals=("kube-score label-values",))
def names(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Names become DNS names, paths of the API and values of labels, so Kubernetes takes few characters in them.

    Most names are DNS subdomains of at most 253 characters; a Service's and a Namespace's are DNS labels of at most
    63, and a Service's begins with a letter before Kubernetes 1.36; a CronJob's has at most 52, since its Jobs append
    to it. Labels have keys of at most 63 characters behind an optional DNS prefix, and values of at most 63.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: My_Config, namespace: default}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: my-config, namespace: default, labels: {app.kubernetes.io/name: my-config}}
    ```

    Source: Kubernetes documentation, "Object Names and IDs" and "Labels and Selectors".
    """
    rule = NAME_RULES.get((manifest.group, manifest.kind), _SUBDOMAIN)
    if rule is _SERVICE and number(stack.catalogue.minor) >= number(_SERVICES_RELAXED):
        rule = _LABEL
    name = manifest.name
    if len(name) > rule.longest:
        yield Problem(manifest, f"the name has {len(name)} characters, expected {rule.longest} at most", _NAME)
    elif not rule.pattern.match(name):
        yield Problem(manifest, f"the name {name!r} is refused: expected {rule.words}", _NAME)
    namespace = manifest.namespace
    if namespace and not _is_namespace(namespace):
        yield Problem(manifest, f"the namespace {namespace!r} is refused: expected {_LABEL.words}", _NAMESPACE)
    if not _are_fine(manifest.labels):
        yield from _labels(manifest, manifest.labels, ("metadata", "labels"))
    template = template_of(manifest)
    if template is not None and template.path and not _are_fine(template.labels):
        yield from _labels(manifest, template.labels, (*template.path, "metadata", "labels"))


_NAME: FieldPath = ("metadata", "name")
_NAMESPACE: FieldPath = ("metadata", "namespace")


def _labels(manifest: Manifest, labels: Mapping[str, object], path: FieldPath) -> Iterator[Problem]:
    for pair in labels.items():
        if not isinstance(pair[1], str) or pair not in _fine_labels:
            problem = _label_problem(*pair)
            if problem is not None:
                yield Problem(manifest, problem, (*path, pair[0]))
            elif pair[1] is None:
                message = f"the label {pair[0]!r} is null, expected a string"
                yield Problem(manifest, message, (*path, pair[0]), 'Write "" for an empty one, or remove it.', NULL)
            else:
                _fine_labels.add(pair)


@stack_check("OBJ003", Severity.ERROR, "one object twice")
def twice(stack: Stack) -> Iterator[Problem]:
    """A cluster keeps one object under each group, kind, namespace and name, whatever its version.

    Of two manifests with one identity the later would overwrite the earlier at every apply.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {colour: blue}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {colour: green}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings-blue, namespace: default}
    data: {colour: blue}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings-green, namespace: default}
    data: {colour: green}
    ```
    """
    for manifests in stack.by_identity.values():
        if len(manifests) > 1:
            first = manifests[0]
            for other in manifests[1:]:
                yield Problem(
                    other,
                    f"this object stands already at {first.position}"
                    + (f" (instance {first.instance})" if first.instance != other.instance else ""),
                    _NAME,
                    "give one of the two another name or namespace, or remove it",
                )
