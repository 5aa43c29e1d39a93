"""Stopping: what a pod can still do when it is told to end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import LISTS, judged
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_GRACE = 30
"""Seconds that a pod has to end. Source: Kubernetes API reference, PodSpec."""
_SLEEP = re.compile(r"(?:^|[\s;&|/])sleep\s+([0-9]{1,6})(?:s?)(?:$|[\s;&|])")


@pod_check("STOP001", Severity.WARNING, "a pod that is killed while it waits to stop", fields=("preStop",))
def too_long(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The seconds of ``terminationGracePeriodSeconds`` (30 by default) begin before the ``preStop`` hook. One that
    sleeps as long leaves nothing: the program is killed without having been told to end, with its requests and its open
    files.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", lifecycle: {preStop: {exec: {command: [sleep, "60"]}}}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      terminationGracePeriodSeconds: 90
      containers: [{name: web, image: "nginx:1.29", lifecycle: {preStop: {exec: {command: [sleep, "60"]}}}}]
    ```

    Source: Kubernetes documentation, Container Lifecycle Hooks, and Pod Lifecycle, "Termination of Pods".
    """
    grace = pods.spec.get("terminationGracePeriodSeconds")
    grace = grace if isinstance(grace, int) else _GRACE
    for path, container in pods.containers(*LISTS):
        if not container.get("lifecycle"):
            continue
        hook = mapping(container, "lifecycle", "preStop")
        seconds = mapping(hook, "sleep").get("seconds")
        if not isinstance(seconds, int):
            command = " ".join(str(word) for word in listing(mapping(hook, "exec").get("command")))
            seconds = sum(int(found) for found in _SLEEP.findall(command))
        if seconds and seconds >= grace:
            yield Problem(
                manifest,
                f"the preStop hook of {container.get('name')} sleeps {seconds} s, and its pod has {grace} s to end",
                (*path, "lifecycle", "preStop"),
                "raise terminationGracePeriodSeconds, or sleep less",
            )


@pod_check("STOP002", Severity.WARNING, "a pod that is killed at once", fields=("terminationGracePeriodSeconds",))
def killed_at_once(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``terminationGracePeriodSeconds: 0`` a pod is deleted from the API before its containers have ended:
    requests are cut off, and of a StatefulSet two pods of one name may run at once and write to one volume.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: db, namespace: default}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: db, image: "postgres:17", ports: [{containerPort: 5432}]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: db, namespace: default}
    spec:
      terminationGracePeriodSeconds: 60
      containers: [{name: db, image: "postgres:17", ports: [{containerPort: 5432}]}]
    ```

    Source: Kubernetes documentation, Force Delete StatefulSet Pods, and Pod Lifecycle.
    """
    if pods.spec.get("terminationGracePeriodSeconds") != 0:
        return
    if manifest.kind == "StatefulSet" or any(container.get("ports") for _, container in pods.containers()):
        yield Problem(
            manifest,
            "its pods are killed without a moment to end",
            (*pods.path, "spec", "terminationGracePeriodSeconds"),
            "give them some seconds, or leave it out for 30",
        )


@pod_check("STOP003", Severity.ERROR, "a hook that the server refuses", fields=("postStart", "preStop"))
def hooks(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A ``postStart`` or ``preStop`` hook does one thing: run a command, send a request, or sleep, no longer than
    ``terminationGracePeriodSeconds``. The API server refuses others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", lifecycle: {preStop: {exec: {command: []}}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", lifecycle: {preStop: {exec: {command: [drain]}}}}]}
    ```

    Source: Kubernetes API reference, LifecycleHandler; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container in pods.containers(*LISTS):
        if not container.get("lifecycle") or (
            path[-2] == "initContainers" and container.get("restartPolicy") != "Always"
        ):
            continue
        for field in ("postStart", "preStop"):
            hook = mapping(container, "lifecycle").get(field)
            if not isinstance(hook, dict):
                continue
            at = (*path, "lifecycle", field)
            given = [each for each in ("exec", "httpGet", "sleep", "tcpSocket") if isinstance(hook.get(each), dict)]
            if len(given) != 1:
                told = f"has {' and '.join(given)}" if given else "does nothing"
                yield Problem(manifest, f"the {field} hook of {container.get('name')} {told}, expected one action", at)
            elif given == ["exec"] and not listing(mapping(hook, "exec").get("command")):
                yield Problem(manifest, f"the {field} hook of {container.get('name')} runs no command", (*at, "exec"))
