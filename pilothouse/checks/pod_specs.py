"""Pod specs: what the API server asks of a pod beyond its containers."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import JOBS, LISTS, judged
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.selectors import dns_subdomain, key_problem, value_problem
from pilothouse.stack import Stack


@pod_check(
    "CTR006",
    Severity.ERROR,
    "a restart policy that the kind does not take",
    equals=(
        "kube-linter restart-policy",
        "kube-score cronjob-restartpolicy",
    ),
)
def restart_policy(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The pods of a Deployment, StatefulSet, DaemonSet or ReplicaSet are always restarted, and have no deadline; those
    of a Job end, so it has to say ``OnFailure`` or ``Never``, which is not the default. The API server refuses others.

    ```yaml bad
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec: {template: {spec: {containers: [{name: migrate, image: "migrate:1"}]}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}}
    ```

    Source: Kubernetes documentation, Jobs and Deployments; reproduced on a kube-apiserver.
    """
    kind, policy = manifest.kind, pods.spec.get("restartPolicy")
    if kind in ("Pod", "PodTemplate") or not judged(manifest, stack):
        return
    if kind in JOBS:
        if policy in (None, "", "Always"):
            yield Problem(
                manifest,
                f"the restartPolicy of a {kind}'s pods is {policy or 'Always by default'}, expected OnFailure or Never",
                (*pods.path, "spec", "restartPolicy"),
                "say restartPolicy: Never, or OnFailure",
            )
        return
    if policy in ("OnFailure", "Never"):
        yield Problem(
            manifest,
            f"the restartPolicy of a {kind}'s pods is {policy}, expected Always",
            (*pods.path, "spec", "restartPolicy"),
            "remove it, or run the pods as a Job",
        )
    if isinstance(pods.spec.get("activeDeadlineSeconds"), int):
        yield Problem(
            manifest,
            f"the pods of a {kind} have no deadline, and here activeDeadlineSeconds is set",
            (*pods.path, "spec", "activeDeadlineSeconds"),
            "remove it, or run the pods as a Job",
        )


@pod_check("CTR007", Severity.ERROR, "processes shared two ways", fields=("shareProcessNamespace",))
def shared_processes(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``shareProcessNamespace`` lets the containers of a pod see each other's processes, ``hostPID`` all those of the
    node. The API server refuses both together.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {hostPID: true, shareProcessNamespace: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {shareProcessNamespace: true, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes API reference, PodSpec; reproduced on a kube-apiserver.
    """
    spec = mapping(pods.spec)
    if judged(manifest, stack) and spec.get("shareProcessNamespace") is True and spec.get("hostPID") is True:
        yield Problem(
            manifest,
            "shareProcessNamespace and hostPID are both set, expected one of them",
            (*pods.path, "spec", "shareProcessNamespace"),
            "remove one of the two",
        )


_NAMED = ("priorityClassName", "serviceAccountName")
_SOURCES = ("configMapRef", "secretRef")
_KEYS = ("configMapKeyRef", "secretKeyRef")


@pod_check("CTR008", Severity.ERROR, "a reference to a name that nothing can have", fields=(*_NAMED, *_SOURCES, *_KEYS))
def impossible_names(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A ConfigMap, a Secret, a ServiceAccount and a PriorityClass are called by DNS subdomains: lower-case letters,
    digits, ``-`` and ``.``. The API server refuses pods that name another.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "web:1", envFrom: [{configMapRef: {name: Web_Settings, optional: true}}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web-settings, namespace: default}
    immutable: true
    data: {mode: fast}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "web:1", envFrom: [{configMapRef: {name: web-settings, optional: true}}]}]}
    ```

    Source: Kubernetes documentation, Object Names and IDs; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for name, where in _names(pods):
        if isinstance(name, str) and name and not dns_subdomain(name):
            yield Problem(
                manifest,
                f"nothing can be called {name!r}: expected lower-case letters, digits, '-' and '.'",
                where,
                "name it as its object is called",
            )


def _names(pods: PodTemplate) -> Iterator[tuple[object, FieldPath]]:
    """Every name by which pods speak of an object that is not theirs, with its field."""
    for field in _NAMED:
        if field in pods.spec:
            yield pods.spec[field], (*pods.path, "spec", field)
    for path, container in pods.containers(*LISTS):
        if "envFrom" in container:
            for index, source in mappings(container["envFrom"]):
                for field in _SOURCES:
                    if field in source:
                        yield mapping(source[field]).get("name"), (*path, "envFrom", index, field, "name")
        if "env" in container:
            for index, variable in mappings(container["env"]):
                source = mapping(variable.get("valueFrom"))
                for field in _KEYS:
                    if field in source:
                        yield mapping(source[field]).get("name"), (*path, "env", index, "valueFrom", field, "name")


@pod_check("CTR009", Severity.ERROR, "a toleration that the server refuses", fields=("tolerations",))
def tolerations(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A toleration without a key tolerates everything, and says ``operator: Exists``; with ``Exists`` there is no
    value; and ``tolerationSeconds`` goes with the effect ``NoExecute`` alone. The API server refuses others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      tolerations: [{key: dedicated, operator: Exists, value: web}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      tolerations: [{key: dedicated, operator: Equal, value: web}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes API reference, Toleration; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack) or not pods.spec.get("tolerations"):
        return
    for index, toleration in mappings(pods.spec["tolerations"]):
        at = (*pods.path, "spec", "tolerations", index)
        key, operator, value = (toleration.get(field) or None for field in ("key", "operator", "value"))
        if key is None and operator != "Exists":
            yield Problem(
                manifest, "a toleration without a key says operator: Exists", at, "name the key, or say Exists"
            )
        elif wrong := key_problem(key):
            yield Problem(manifest, wrong, (*at, "key"))
        if operator == "Exists" and value is not None:
            yield Problem(manifest, f"a toleration that Exists has no value, and here it has {value}", (*at, "value"))
        elif operator in (None, "Equal") and (wrong := value_problem(value)):
            yield Problem(manifest, wrong, (*at, "value"))
        if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
            message = "tolerationSeconds goes with the effect NoExecute alone"
            yield Problem(manifest, message, (*at, "tolerationSeconds"), "say effect: NoExecute, or remove it")
