"""Probe fields: what the API server asks of a probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import judged, port_problem
from pilothouse.checks.probes import HANDLERS, PROBES, READINESS, each_probe
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold", "successThreshold")


@pod_check("PROBE006", Severity.ERROR, "a probe that the server refuses", fields=PROBES)
def refused(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A probe has one of ``exec`` (with a command), ``httpGet``, ``tcpSocket`` and ``grpc``, numbers that are not
    negative, and a port between 1 and 65535 or a port's name. A liveness or startup probe succeeds at the first
    success; a readiness probe ends nothing, so it has no ``terminationGracePeriodSeconds``. The API server refuses
    others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", livenessProbe: {tcpSocket: {port: 8080}, successThreshold: 2}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "nginx:1.29", livenessProbe: {tcpSocket: {port: 8080}, failureThreshold: 2}}
    ```

    Source: Kubernetes API reference, Probe; reproduced on a kube-apiserver.
    """
    if not judged(manifest, stack):
        return
    for path, container, field, probe in each_probe(pods):
        if path[-3] == "initContainers" and container.get("restartPolicy") != "Always":
            continue  # CTR005 says enough
        for at, message in _wrong(field, probe):
            yield Problem(manifest, f"the {field} of {container.get('name')} {message}", (*path, *at))


def _wrong(field: str, probe: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    handlers = [handler for handler in HANDLERS if handler in probe and isinstance(probe[handler], dict)]
    if len(handlers) != 1 and not any(isinstance(probe.get(each), list | str | int | float) for each in HANDLERS):
        told = f"has {' and '.join(handlers)}" if handlers else "asks nothing"
        yield (), f"{told}, expected one of {', '.join(HANDLERS)}"
    if handlers == ["exec"] and probe["exec"].get("command") in (None, []):
        yield ("exec",), "runs no command"
    if handlers and handlers[0] != "exec" and (wrong := port_problem(probe[handlers[0]].get("port"))):
        yield (handlers[0], "port"), f"asks in vain: {wrong}"
    for number in _NUMBERS:
        if number in probe and isinstance(probe[number], int) and probe[number] < 0:
            yield (number,), f"has {number} {probe[number]}, expected 0 or more"
    successes, grace = probe.get("successThreshold"), probe.get("terminationGracePeriodSeconds")
    if field != READINESS and isinstance(successes, int) and successes > 1:
        yield ("successThreshold",), f"has successThreshold {successes}, expected 1"
    if isinstance(grace, int) and not isinstance(grace, bool):
        if field == READINESS:
            yield ("terminationGracePeriodSeconds",), "has terminationGracePeriodSeconds, and ends nothing"
        elif grace <= 0:
            yield ("terminationGracePeriodSeconds",), f"gives {grace} seconds to end, expected 1 or more"
