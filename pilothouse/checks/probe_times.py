"""Probe times: whether the seconds that a container's probes wait fit each other."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import JOBS
from pilothouse.checks.probes import LIVENESS, READINESS, STARTUP, each_probe, number_of, patience
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_SLOW = 30
"""Seconds of ``initialDelaySeconds`` from which a container counts as one that starts slowly."""


@pod_check("PROBE007", Severity.ADVICE, "a probe that waits longer than its period", fields=("timeoutSeconds",))
def overlapping(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A node asks again only when the answer is there or the time is up. Where ``timeoutSeconds`` is longer than
    ``periodSeconds``, a container that hangs is asked less often than the period says, and it takes longer than
    ``periodSeconds`` × ``failureThreshold`` until anything is done.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5, timeoutSeconds: 10}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 5, timeoutSeconds: 3}}
    ```

    Source: Kubernetes API reference, Probe.
    """
    for path, container, field, probe in each_probe(pods):
        timeout, period = number_of(probe, "timeoutSeconds"), number_of(probe, "periodSeconds")
        if timeout > period:
            yield Problem(
                manifest,
                f"the {field} of {container.get('name')} waits {timeout} s for an answer and asks every {period} s",
                (*path, "timeoutSeconds"),
                f"wait {period} s at most, or ask less often",
            )


@pod_check("PROBE008", Severity.WARNING, "a container killed before it can be ready", fields=("initialDelaySeconds",))
def killed_early(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A readiness probe that waits before it asks says how long a container takes to start. Where the liveness probe
    has given up by then, and no startup probe holds it back, a container that takes its time is killed and starts anew,
    for ever.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        readinessProbe: {httpGet: {path: /ready, port: 8080}, initialDelaySeconds: 60}
        livenessProbe: {httpGet: {path: /alive, port: 8080}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        startupProbe: {httpGet: {path: /alive, port: 8080}, failureThreshold: 30}
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
        livenessProbe: {httpGet: {path: /alive, port: 8080}}
    ```

    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes.
    """
    for path, container in pods.containers():
        liveness, readiness = container.get(LIVENESS), container.get(READINESS)
        if not isinstance(liveness, dict) or not isinstance(readiness, dict) or container.get(STARTUP):
            continue
        begins = number_of(readiness, "initialDelaySeconds")
        given_up = number_of(liveness, "initialDelaySeconds") + patience(liveness)
        if given_up <= begins:
            yield Problem(
                manifest,
                f"the container {container.get('name')} is asked whether it is ready after {begins} s,"
                f" and its livenessProbe has given it up after {given_up} s",
                (*path, LIVENESS),
                "add a startupProbe, which holds the others back until the container has started",
            )


@pod_check("PROBE009", Severity.ADVICE, "a command that has one second to answer", fields=("exec",))
def short_exec(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A probe waits one second where it does not say otherwise. For a command, which is a process to be started in the
    container, that is short: on a busy node it is over before the command has begun, and the container is killed or
    taken out of service.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: db, namespace: default}
    spec: {containers: [{name: db, image: "postgres:17", livenessProbe: {exec: {command: [pg_isready]}}}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: db, namespace: default}
    spec:
      containers:
      - {name: db, image: "postgres:17", livenessProbe: {exec: {command: [pg_isready]}, timeoutSeconds: 5}}
    ```

    Source: Kubernetes API reference, Probe; Kubernetes documentation, Configure Liveness, Readiness and Startup Probes.
    """
    for path, container, field, probe in each_probe(pods):
        if probe.get("exec") and number_of(probe, "timeoutSeconds") == 1:
            yield Problem(
                manifest,
                f"the {field} of {container.get('name')} gives its command one second",
                (*path, "timeoutSeconds") if "timeoutSeconds" in probe else path,
                "give it more with timeoutSeconds",
            )


@pod_check("PROBE010", Severity.ADVICE, "a slow start without a startup probe", fields=("initialDelaySeconds",))
def slow_start(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A liveness probe that begins after half a minute and more is there for a container that starts slowly: too early
    for the slowest start, which is killed, and too late for all others, which hang unseen for so long. A startup probe
    asks until the container has started, and only then the others begin.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        livenessProbe: {httpGet: {path: /alive, port: 8080}, initialDelaySeconds: 120}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: web:1
        startupProbe: {httpGet: {path: /alive, port: 8080}, failureThreshold: 30}
        livenessProbe: {httpGet: {path: /alive, port: 8080}}
    ```

    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes.
    """
    if manifest.kind in JOBS:
        return
    for path, container in pods.containers():
        liveness = container.get(LIVENESS)
        if isinstance(liveness, dict) and not container.get(STARTUP):
            wait = number_of(liveness, "initialDelaySeconds")
            if wait >= _SLOW:
                yield Problem(
                    manifest,
                    f"the livenessProbe of {container.get('name')} begins after {wait} s, and there is no startupProbe",
                    (*path, LIVENESS, "initialDelaySeconds"),
                    "add a startupProbe, and leave initialDelaySeconds out",
                )
