"""Strategies: how a change of a workload replaces its pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse import rollout
from pilothouse.availability import count, least, percent
from pilothouse.checks.budgets import share_problem
from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_DEPLOYMENT, _DAEMON_SET, _STATEFUL_SET = ("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet")


def _is_nothing(share: Any, default: int) -> bool:
    """Whether a share of pods comes to none before it is rounded."""
    if isinstance(share, str):
        return percent(share) == 0
    return (default if share is None else share) == 0


@object_check(
    "ROLL001",
    Severity.ERROR,
    "a roll-out that the server refuses",
    kinds=(_DEPLOYMENT, _DAEMON_SET, _STATEFUL_SET),
    fields=("rollingUpdate",),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A roll-out replaces pods by having some too many (``maxSurge``) or some too few (``maxUnavailable``): both 0 lets
    it do nothing. A DaemonSet has one of the two, and neither goes with
    ``Recreate`` or ``OnDelete``. Shares are numbers, or percentages up to ``100%``. The API server refuses others.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0%}}
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    Source: Kubernetes API reference, DeploymentStrategy and its siblings; reproduced on a kube-apiserver.
    """
    workload = manifest.kind
    field = "strategy" if workload == "Deployment" else "updateStrategy"
    strategy = mapping(manifest.body, "spec", field)
    rolling = strategy.get("rollingUpdate")
    if not isinstance(rolling, dict):
        return
    at: FieldPath = ("spec", field, "rollingUpdate")
    kind = strategy.get("type")
    if kind == "Recreate" or (kind == "OnDelete" and workload == "StatefulSet"):
        yield Problem(manifest, f"a rollingUpdate does not go with the type {kind}", at, "remove it")
    if kind not in (None, "", "RollingUpdate"):
        return
    if workload == "StatefulSet":  # its maxUnavailable is left out unless a feature is switched on
        if isinstance(partition := rolling.get("partition"), int) and partition < 0:
            yield Problem(manifest, f"partition is {partition}, expected 0 or more", (*at, "partition"))
        return
    surge, away = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    if wrong := share_problem(surge, most=None if workload == "Deployment" else 100):
        yield Problem(manifest, f"maxSurge {wrong}", (*at, "maxSurge"))
    if wrong := share_problem(away):
        yield Problem(manifest, f"maxUnavailable {wrong}", (*at, "maxUnavailable"))
    usual_surge, usual_away = (0, 1) if workload == "DaemonSet" else (25, 25)
    no_surge, none_away = _is_nothing(surge, usual_surge), _is_nothing(away, usual_away)
    if no_surge and none_away:
        message = "maxSurge and maxUnavailable are both 0: no pod could ever be replaced"
        yield Problem(manifest, message, (*at, "maxUnavailable"), "raise one of the two")
    elif workload == "DaemonSet" and not no_surge and not none_away:
        told = "is 1 by default" if away is None else "is set too"
        message = f"a DaemonSet's maxSurge does not go with maxUnavailable, which {told}"
        yield Problem(manifest, message, (*at, "maxSurge"), "set one of the two to 0")


_OF_JOBS = (
    "activeDeadlineSeconds",
    "backoffLimit",
    "backoffLimitPerIndex",
    "completions",
    "maxFailedIndexes",
    "parallelism",
    "ttlSecondsAfterFinished",
)
_NOT_NEGATIVE: dict[tuple[str, str], dict[tuple[str, ...], tuple[str, ...]]] = {
    **{
        ("apps", kind): {
            ("spec",): ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"),
            ("spec", "ordinals"): ("start",),
        }
        for kind in ("DaemonSet", "Deployment", "ReplicaSet")
    },
    ("apps", "StatefulSet"): {("spec",): ("replicas", "minReadySeconds"), ("spec", "ordinals"): ("start",)},
    ("batch", "Job"): {("spec",): _OF_JOBS},
    ("batch", "CronJob"): {
        ("spec", "jobTemplate", "spec"): _OF_JOBS,
        ("spec",): ("failedJobsHistoryLimit", "startingDeadlineSeconds", "successfulJobsHistoryLimit"),
    },
}
"""The numbers of each kind that the API server takes from 0 on: where they stand, and their names. Source: Kubernetes
API reference."""


@object_check(
    "ROLL002",
    Severity.ERROR,
    "a number of pods or seconds below zero",
    kinds=_NOT_NEGATIVE,
    fields={field for places in _NOT_NEGATIVE.values() for fields in places.values() for field in fields},
)
def negative(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Replicas, limits and deadlines are counted from 0. The API server refuses a negative one.

    ```yaml bad
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      backoffLimit: -1
      template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      backoffLimit: 0
      template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}
    ```

    Source: Kubernetes API reference; reproduced on a kube-apiserver.
    """
    for at, fields in _NOT_NEGATIVE[manifest.group, manifest.kind].items():
        holder = mapping(manifest.body, *at)
        for field in fields if holder else ():
            value = holder.get(field)
            if isinstance(value, int) and value < 0:
                yield Problem(manifest, f"{field} is {value}, expected 0 or more", (*at, field))


@object_check(
    "ROLL003",
    Severity.ERROR,
    "a deadline before the first pod counts",
    kinds=(_DEPLOYMENT,),
    fields=("minReadySeconds", "progressDeadlineSeconds"),
)
def deadline(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A new pod counts once it has been ready for ``minReadySeconds``; a roll-out that does not move on for
    ``progressDeadlineSeconds`` (600 by default) has failed. The API server refuses a deadline that is not longer.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      minReadySeconds: 600
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      minReadySeconds: 600
      progressDeadlineSeconds: 1200
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    Source: Kubernetes API reference, DeploymentSpec; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    wait, limit = count(spec.get("minReadySeconds") or 0), count(spec.get("progressDeadlineSeconds", 600))
    if spec.get("progressDeadlineSeconds") is None:
        limit = 600
    if wait is not None and limit is not None and limit <= wait:
        yield Problem(
            manifest,
            f"progressDeadlineSeconds is {limit} and minReadySeconds {wait}, expected a longer deadline",
            ("spec", "minReadySeconds") if wait else ("spec", "progressDeadlineSeconds"),
            "raise progressDeadlineSeconds, or lower minReadySeconds",
        )


@stack_check(
    "ROLL004",
    Severity.WARNING,
    "a roll-out that takes all pods away at once",
    equals=(
        "kube-linter no-rolling-update-strategy",
        "kube-score deployment-strategy",
    ),
)
def all_at_once(stack: Stack) -> Iterator[Problem]:
    """``Recreate``, and a ``maxUnavailable`` as large as the number of pods, let every change begin with no pod at all:
    until the first new one is ready the Services in front of them answer nobody. Several replicas do not help.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 2
      strategy: {type: Recreate}
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      replicas: 2
      strategy: {rollingUpdate: {maxUnavailable: 1}}
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    Source: Kubernetes documentation, Deployments, "Strategy".
    """
    told: set[int] = set()
    for service, _, pods in stack.services:
        for manifest, _ in pods:
            if manifest.kind != "Deployment" or manifest.group != "apps" or id(manifest) in told:
                continue
            told.add(id(manifest))
            if not mapping(manifest.body, "spec", "strategy") or least(manifest, stack) < 2:
                continue
            pods_away = rollout.none_ready(manifest, stack)
            if pods_away > 1:
                recreated = mapping(manifest.body, "spec", "strategy").get("type") == "Recreate"
                at = ("type",) if recreated else ("rollingUpdate", "maxUnavailable")
                yield Problem(
                    manifest,
                    f"a change of it takes all {pods_away} pods away at once, and the Service {service.name}"
                    " answers nobody",
                    ("spec", "strategy", *at),
                    "replace them one by one: type: RollingUpdate with a smaller maxUnavailable",
                )
