"""Job specs: what the API server asks of a Job, and of those that a CronJob makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.availability import count
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.checks.jobs import CRON_JOB, JOB, job_spec
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_MADE = frozenset({"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"})
"""The labels that the cluster puts into a Job's selector. Source: Kubernetes documentation, Jobs."""


@object_check(
    "JOB008",
    Severity.ERROR,
    "a Job that the server refuses",
    kinds=(JOB, CRON_JOB),
    fields=(
        "completionMode",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
        "successPolicy",
        "podFailurePolicy",
        "selector",
        "manualSelector",
    ),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An indexed Job says how many ``completions`` it has, and only an indexed one has a ``backoffLimitPerIndex``, a
    ``maxFailedIndexes`` or a ``successPolicy``. A ``podFailurePolicy`` needs ``restartPolicy: Never``. The selector is
    made by the cluster. The API server refuses others.

    ```yaml bad
    apiVersion: batch/v1
    kind: Job
    metadata: {name: render, namespace: default}
    spec:
      completionMode: Indexed
      parallelism: 4
      template: {spec: {restartPolicy: Never, containers: [{name: render, image: "render:1"}]}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: Job
    metadata: {name: render, namespace: default}
    spec:
      completionMode: Indexed
      completions: 8
      parallelism: 4
      template: {spec: {restartPolicy: Never, containers: [{name: render, image: "render:1"}]}}
    ```

    Source: Kubernetes documentation, Jobs; reproduced on a kube-apiserver.
    """
    spec, at = job_spec(manifest)
    mode = spec.get("completionMode")
    if mode == "Indexed":
        yield from _indexed(manifest, spec, at)
    elif mode in (None, "NonIndexed"):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if spec.get(field) is not None:
                yield Problem(
                    manifest,
                    f"{field} goes with an indexed Job alone",
                    (*at, field),
                    "say completionMode: Indexed, or remove it",
                )
    policy = mapping(spec, "template", "spec").get("restartPolicy")
    if isinstance(spec.get("podFailurePolicy"), dict) and policy == "OnFailure":
        yield Problem(
            manifest,
            "a podFailurePolicy needs restartPolicy: Never, and here it is OnFailure",
            (*at, "template", "spec", "restartPolicy"),
            "say Never",
        )
    own = (
        spec.get("selector") if manifest.kind == "CronJob" else mapping(spec, "selector", "matchLabels").keys() - _MADE
    )
    if own not in (None, set()) and (manifest.kind == "CronJob" or spec.get("manualSelector") is not True):
        yield Problem(manifest, "the selector of a Job is made by the cluster", (*at, "selector"), "remove it")
    elif manifest.kind == "CronJob" and spec.get("manualSelector") is True:
        yield Problem(manifest, "the Jobs of a CronJob have no manualSelector", (*at, "manualSelector"), "remove it")


def _indexed(manifest: Manifest, spec: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    completions = spec.get("completions")
    # A Job that says neither has one of each by default; the Jobs of a CronJob are judged without their defaults.
    if completions is None and (manifest.kind == "CronJob" or spec.get("parallelism") is not None):
        yield Problem(
            manifest, "an indexed Job says how many completions it has", (*at, "completionMode"), "set completions"
        )
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        message = "maxFailedIndexes needs a backoffLimitPerIndex"
        yield Problem(manifest, message, (*at, "maxFailedIndexes"), "set backoffLimitPerIndex")
    parallelism, most = count(spec.get("parallelism")), 100_000
    if parallelism is not None and parallelism > most:
        message = f"parallelism is {parallelism}, and an indexed Job has {most} at most"
        yield Problem(manifest, message, (*at, "parallelism"))
    if manifest.kind == "Job" and (number := count(completions)):
        host = f"{manifest.name}-{number - 1}"
        if len(host) > 63 or "." in host:
            yield Problem(
                manifest,
                f"its last pod would be called {host}, which is no DNS label",
                ("metadata", "name"),
                "choose a shorter name without dots",
            )


@object_check(
    "JOB009",
    Severity.ADVICE,
    "a history that is deleted under a CronJob's hands",
    kinds=(CRON_JOB,),
    fields=("ttlSecondsAfterFinished",),
    equals=("kube-linter job-ttl-seconds-after-finished",),
)
def double_limit(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A CronJob keeps its last runs by ``successfulJobsHistoryLimit`` and ``failedJobsHistoryLimit``. With a
    ``ttlSecondsAfterFinished`` in its Jobs these are deleted by the clock besides: the last failure may be gone before
    anybody has looked.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      jobTemplate:
        spec:
          ttlSecondsAfterFinished: 60
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      successfulJobsHistoryLimit: 1
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Jobs history limits", and Automatic Cleanup for Finished Jobs.
    """
    spec, at = job_spec(manifest)
    if spec.get("ttlSecondsAfterFinished") is not None:
        yield Problem(
            manifest,
            "its runs are deleted by a time-to-live besides the CronJob's own history limits",
            (*at, "ttlSecondsAfterFinished"),
            "leave it to successfulJobsHistoryLimit and failedJobsHistoryLimit",
        )
