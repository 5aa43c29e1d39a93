"""Jobs: pods that run until their work is done, once or again and again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Unpack

import constructs
from pilothouse.chart import chart_of
from pilothouse.finish import finish_pods
from pilothouse_kit import cron
from pilothouse_kit.object import Fields, KubernetesObject, at_least, present
from pilothouse_kit.patch import patched
from pilothouse_kit.pods import PodTemplate, WorkloadFields
from pilothouse_kit.sources import hash_of

Rerun = Literal["on-change", "never", "pre-sync", "sync", "post-sync"]
"""How a Job that Git keeps is run again. ``on-change``: whenever what its pods run changes, as a new Job, with a hash
of it in its name. ``never``: it runs once, and a change of its template is refused by the API server. ``pre-sync``,
``sync``, ``post-sync``: by Argo CD, each time it brings the cluster up to date, before, with or after the other
objects."""

_CHANGEABLE = frozenset({"activeDeadlineSeconds", "backoffLimit", "parallelism", "suspend", "ttlSecondsAfterFinished"})
"""What the API server lets change in the ``spec`` of a Job that is there. Source: Kubernetes documentation, Jobs."""

_HOOKS = {"pre-sync": "PreSync", "sync": "Sync", "post-sync": "PostSync"}

_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_+-]*(/[A-Za-z0-9_+-]+)+")


def _work(
    scope: constructs.Construct,
    kind: str,
    name: str,
    options: WorkloadFields,
    problems: Sequence[str],
    *,
    restart: Literal["OnFailure", "Never"],
    completions: int | None,
    parallelism: int | None,
    retries: int | None,
    time_limit: int | None,
    indexed: bool = False,
    keep: int | None = None,
) -> tuple[PodTemplate, Fields]:
    """What a Job and a CronJob have in common: the pods, and how their work is shared and bounded."""
    problems = [
        *problems,
        *at_least(0, completions=completions, parallelism=parallelism, retries=retries, keep=keep),
        *at_least(1, time_limit=time_limit),
    ]
    if indexed and completions is None:
        problems.append("indexed: expected completions too, the number of indexes")
    # Probes are for what serves: what ends by itself needs none.
    unprobed: WorkloadFields = {**options, "readiness": options.get("readiness"), "liveness": options.get("liveness")}
    template = PodTemplate(scope, kind, name, {}, unprobed, restart=restart, problems=problems)
    spec: Fields = {
        **present(
            completions=completions,
            parallelism=parallelism,
            completionMode="Indexed" if indexed else None,
            backoffLimit=retries,
            activeDeadlineSeconds=time_limit,
            ttlSecondsAfterFinished=keep,
        ),
        "template": template.fields(),
    }
    return template, spec


class Job(KubernetesObject):
    """Pods that run until their work is done: a ``batch/v1 Job``.

    A Job's template never changes, so say how it is run again: see ``rerun``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the beginning of it where it is run again on each change.
    :param rerun: ``on-change``, ``never``, or by Argo CD ``pre-sync``, ``sync``, ``post-sync``.
    :param completions: how many pods must succeed; 1 where neither it nor ``parallelism`` is given.
    :param parallelism: how many of them run at a time.
    :param indexed: whether each pod gets a number of its own, from 0, in ``JOB_COMPLETION_INDEX``.
    :param retries: how many failures of pods it bears (``backoffLimit``); 6 where it is not given.
    :param time_limit: seconds after which it is ended as failed (``activeDeadlineSeconds``).
    :param keep: seconds after its end when it is deleted (``ttlSecondsAfterFinished``). Whoever keeps the cluster equal
        to Git would then run it again, so it goes with a hook alone.
    :param restart: whether a container that failed is started anew in its pod, or a new pod is.
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, Jobs; Argo CD documentation, Resource Hooks.
    """

    api_version = "batch/v1"
    kind = "Job"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        rerun: Rerun,
        completions: int | None = None,
        parallelism: int | None = None,
        indexed: bool = False,
        retries: int | None = None,
        time_limit: int | None = None,
        keep: int | None = None,
        restart: Literal["OnFailure", "Never"] = "Never",
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = _length(
            name, 63 - len("-0123456789") if rerun == "on-change" else 63, "a label of its pods holds it"
        )
        if keep is not None and rerun not in _HOOKS:
            problems.append("keep: Git keeps this Job, so that it would run again as soon as it is deleted")
        template, spec = _work(
            scope,
            self.kind,
            name,
            options,
            problems,
            restart=restart,
            completions=completions,
            parallelism=parallelism,
            indexed=indexed,
            retries=retries,
            time_limit=time_limit,
            keep=keep,
        )
        fields = template.object_fields()
        if rerun == "on-change":
            name = f"{name}-{self._hash(scope, spec, options)}"
        elif rerun in _HOOKS:
            hook = {
                "argocd.argoproj.io/hook": _HOOKS[rerun],
                "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
            }
            fields["annotations"] = {**hook, **fields.get("annotations", {})}
        super().__init__(scope, name, {"spec": spec}, **fields)

    def _hash(self, scope: constructs.Construct, spec: Fields, options: WorkloadFields) -> str:
        """What comes to stand in the cluster and never changes there: patched, with what the environment adds."""
        environment = chart_of(scope).environment
        body: Fields = {"apiVersion": self.api_version, "kind": self.kind, "spec": spec}
        body = patched(body, options.get("patch", {}), environment.kubernetes_version)
        final = finish_pods(body, environment)["spec"]
        return hash_of({field: value for field, value in final.items() if field not in _CHANGEABLE})


def _length(name: str, most: int, why: str) -> list[str]:
    return [f"name: it has {len(name)} characters, expected {most} at most: {why}"] if len(name) > most else []


class CronJob(KubernetesObject):
    """A Job that is run by the clock: a ``batch/v1 CronJob``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, 52 characters at most: its Jobs' names are longer by eleven.
    :param schedule: minute, hour, day of month, month, day of week, such as ``30 2 * * *``; or ``@daily`` and its like.
    :param time_zone: whose clock, such as ``Europe/Vienna``; that of the cluster's controllers where it is not given.
    :param concurrency: what happens when the last run has not ended: both run, the new one is left out, or the old one
        is replaced.
    :param start_within: seconds after its time within which a run that was missed is still started
        (``startingDeadlineSeconds``).
    :param suspended: whether it is not run for now.
    :param keep_successful: how many Jobs that succeeded are kept to look at.
    :param keep_failed: how many Jobs that failed are kept to look at.
    :param completions: how many pods must succeed in each run.
    :param parallelism: how many of them run at a time.
    :param retries: how many failures of pods a run bears (``backoffLimit``).
    :param time_limit: seconds after which a run is ended as failed (``activeDeadlineSeconds``).
    :param restart: whether a container that failed is started anew in its pod, or a new pod is.
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other, or the schedule is none.

    Source: Kubernetes documentation, CronJob.
    """

    api_version = "batch/v1"
    kind = "CronJob"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        schedule: str,
        time_zone: str | None = None,
        concurrency: Literal["Allow", "Forbid", "Replace"] = "Forbid",
        start_within: int | None = None,
        suspended: bool = False,
        keep_successful: int = 3,
        keep_failed: int = 1,
        completions: int | None = None,
        parallelism: int | None = None,
        retries: int | None = None,
        time_limit: int | None = None,
        restart: Literal["OnFailure", "Never"] = "Never",
        **options: Unpack[WorkloadFields],
    ) -> None:
        problems = [f"schedule: {problem}" for problem in cron.problems(schedule)]
        if time_zone is not None and not _ZONE.fullmatch(time_zone):
            problems.append(f"time_zone: expected a name such as Europe/Vienna or UTC, got {time_zone!r}")
        problems += _length(name, 52, "its Jobs' names are longer by eleven")
        problems += at_least(0, keep_successful=keep_successful, keep_failed=keep_failed)
        if start_within is not None and start_within < 10:
            problems.append(
                f"start_within: {start_within} s, and the controller looks every 10 s: runs would be missed"
            )
        template, work = _work(
            scope,
            self.kind,
            name,
            options,
            problems,
            restart=restart,
            completions=completions,
            parallelism=parallelism,
            retries=retries,
            time_limit=time_limit,
        )
        spec: Fields = {
            "schedule": schedule,
            **present(timeZone=time_zone),
            "concurrencyPolicy": concurrency,
            **present(startingDeadlineSeconds=start_within, suspend=suspended or None),
            "successfulJobsHistoryLimit": keep_successful,
            "failedJobsHistoryLimit": keep_failed,
            "jobTemplate": {"metadata": {"labels": template.labels}, "spec": work},
        }
        super().__init__(scope, name, {"spec": spec}, **template.object_fields())
