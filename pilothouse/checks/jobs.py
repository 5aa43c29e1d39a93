"""Jobs: whether what is to run once, or at certain times, does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse import cron
from pilothouse.availability import count
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

CRON_JOB, JOB = ("batch", "CronJob"), ("batch", "Job")
_ZONE = re.compile(r"(?!.*(?:^|/)(?:\.{1,2}(?:/|\Z)|-))[-A-Za-z._0-9+]{1,14}(?:/[-A-Za-z._0-9+]{1,14})*\Z", re.DOTALL)
_EVERY = 10
"""Seconds between two looks of the CronJob controller. Source: Kubernetes documentation, CronJob."""


def job_spec(manifest: Manifest) -> tuple[dict[str, Any], FieldPath]:
    """The spec of a Job, or of the Jobs that a CronJob makes, and its place."""
    if manifest.kind == "Job":
        return mapping(manifest.body, "spec"), ("spec",)
    return mapping(manifest.body, "spec", "jobTemplate", "spec"), ("spec", "jobTemplate", "spec")


@object_check("JOB002", Severity.ERROR, "a schedule that the server refuses", kinds=(CRON_JOB,))
def schedule(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A schedule has five fields, or is a word such as ``@daily``: minutes 0-59, hours 0-23, days 1-31, months 1-12 and
    days of the week 0-6, where Sunday is 0 and not 7. Its time zone stands in ``timeZone``. The API server refuses
    others.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * 7"
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * 0"
      timeZone: Europe/Vienna
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Schedule syntax"; reproduced on a kube-apiserver.
    """
    spec = mapping(manifest.body, "spec")
    written, zone = spec.get("schedule"), spec.get("timeZone")
    if isinstance(written, str):
        try:
            cron.parse(written)
        except ValueError as error:
            yield Problem(manifest, f"the schedule {written!r} is refused: {error}", ("spec", "schedule"))
    if isinstance(zone, str) and (not _ZONE.match(zone) or zone.lower() == "local"):
        yield Problem(
            manifest, f"{zone!r} is no time zone", ("spec", "timeZone"), "name one as IANA does, such as Europe/Vienna"
        )


@object_check("JOB003", Severity.WARNING, "a schedule that is never due", kinds=(CRON_JOB,))
def never(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server takes a day that no month has. Such a CronJob never runs, and nothing reports it.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 31 2 *"
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 28 2 *"
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Schedule syntax".
    """
    written = mapping(manifest.body, "spec").get("schedule")
    if not isinstance(written, str):
        return
    try:
        due = cron.parse(written)
    except ValueError:
        return  # JOB002 says so
    if due is not None and due.never:
        yield Problem(
            manifest, f"no date fits the schedule {written!r}", ("spec", "schedule"), "name a day that there is"
        )


@object_check(
    "JOB004",
    Severity.WARNING,
    "a deadline too short for a run to begin",
    kinds=(CRON_JOB,),
    fields=("startingDeadlineSeconds",),
)
def too_short(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The controller looks at its CronJobs every 10 seconds. A run that has to start within fewer seconds of its time
    may never start at all.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      startingDeadlineSeconds: 5
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Deadline for delayed Job start".
    """
    seconds = count(mapping(manifest.body, "spec").get("startingDeadlineSeconds"))
    if seconds is not None and seconds < _EVERY:
        yield Problem(
            manifest,
            f"startingDeadlineSeconds is {seconds}, and the controller looks every {_EVERY} s: it may never run",
            ("spec", "startingDeadlineSeconds"),
            "give it a minute or more",
        )


@object_check(
    "JOB005",
    Severity.ADVICE,
    "runs that start however late",
    kinds=(CRON_JOB,),
    equals=("kube-score cronjob-has-deadline",),
)
def no_deadline(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """After the control plane was away, a CronJob without ``startingDeadlineSeconds`` makes up for its last missed run,
    however late: the backup of three in the morning runs at noon.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Deadline for delayed Job start".
    """
    if mapping(manifest.body, "spec").get("startingDeadlineSeconds") is None:
        told = "it has no startingDeadlineSeconds: a missed run starts however late"
        yield Problem(manifest, told, ("spec",), "say how late a run may still start")


@object_check(
    "JOB006", Severity.ADVICE, "runs that nothing keeps apart, or that can block all others", kinds=(CRON_JOB,)
)
def overlapping(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Where ``concurrencyPolicy`` is left out, a run that takes longer than expected goes on beside the next one. With
    ``Forbid`` the next one waits instead; but a run that hangs, and has no ``activeDeadlineSeconds``, then holds up all
    that follow.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      startingDeadlineSeconds: 600
      concurrencyPolicy: Forbid
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      startingDeadlineSeconds: 600
      concurrencyPolicy: Forbid
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Concurrency policy", and Jobs, "Job termination and cleanup".
    """
    policy = mapping(manifest.body, "spec").get("concurrencyPolicy")
    job, _ = job_spec(manifest)
    pods = mapping(job, "template", "spec")
    if policy is None:
        told = "it does not say whether two runs may overlap"
        yield Problem(manifest, told, ("spec",), "say concurrencyPolicy: Forbid, or Allow where they may")
    elif policy == "Forbid" and job.get("activeDeadlineSeconds") is None and pods.get("activeDeadlineSeconds") is None:
        yield Problem(
            manifest,
            "a run that hangs holds up all that follow: it has no activeDeadlineSeconds",
            ("spec", "concurrencyPolicy"),
            "set spec.jobTemplate.spec.activeDeadlineSeconds",
        )


@object_check(
    "JOB007", Severity.ADVICE, "failures that leave no trace", kinds=(CRON_JOB,), fields=("failedJobsHistoryLimit",)
)
def no_trace(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``failedJobsHistoryLimit: 0`` deletes a run as soon as it has failed, with its pods and their logs: nobody can
    see why.

    ```yaml bad
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      failedJobsHistoryLimit: 0
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup, namespace: default}
    spec:
      schedule: "0 3 * * *"
      failedJobsHistoryLimit: 1
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      jobTemplate:
        spec:
          activeDeadlineSeconds: 3600
          template: {spec: {restartPolicy: Never, containers: [{name: backup, image: "backup:1"}]}}
    ```

    Source: Kubernetes documentation, CronJob, "Jobs history limits".
    """
    if mapping(manifest.body, "spec").get("failedJobsHistoryLimit") == 0:
        at = ("spec", "failedJobsHistoryLimit")
        yield Problem(manifest, "a failed run is deleted at once, with its logs", at, "keep one at least")
