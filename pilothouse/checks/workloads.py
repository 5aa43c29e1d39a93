"""Workloads: whether they run what somebody meant, and go on doing so."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import hash_annotation, template_of
from pilothouse.stack import Stack

HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
"""Annotations of what is run by a tool at a certain moment, and is not kept in the cluster otherwise."""


@object_check(
    "JOB001",
    Severity.WARNING,
    "a Job that deletes itself while Git keeps it",
    kinds=(("batch", "Job"),),
    fields=("ttlSecondsAfterFinished",),
)
def self_deleting(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A finished Job with ``ttlSecondsAfterFinished`` is deleted. Whoever keeps the cluster equal to Git, as Argo CD
    and Flux do, then creates it again, and its work is done again, for ever.

    Leave the time-to-live out, or make the Job a hook of Argo CD: ``rerun="post-sync"`` in the kit.

    ```yaml bad
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      ttlSecondsAfterFinished: 60
      template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default, annotations: {argocd.argoproj.io/hook: PostSync}}
    spec:
      ttlSecondsAfterFinished: 60
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: migrate, image: "migrate:1", resources: {requests: {cpu: 10m}}}
    ```
    """
    body = manifest.body
    annotations = body["metadata"].get("annotations")
    hooked = isinstance(annotations, dict) and any(hook in annotations for hook in HOOKS)
    spec = body.get("spec")
    if not hooked and isinstance(spec, dict) and spec.get("ttlSecondsAfterFinished") is not None:
        yield Problem(
            manifest,
            "Git keeps this Job, and its time-to-live deletes it: it will run again and again",
            ("spec", "ttlSecondsAfterFinished"),
            "remove ttlSecondsAfterFinished, or make the Job a hook",
        )


_ROLLED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout")


@stack_check("CFG001", Severity.ADVICE, "pods that keep an old setting")
def unhashed(stack: Stack) -> Iterator[Problem]:
    """A variable is read when a container starts. When the ConfigMap or Secret that it comes from changes, pods that
    run keep the old value, and those that are started later get the new one: one workload, two settings. A mounted file
    is brought up to date some time later, and few programs read it again.

    In the kit, ``env_from=[config]`` with a ConfigMap of the same chart puts a hash of its content on the pods, so that
    a change rolls them. That cannot be done for a Secret, and for what another chart writes: roll them by hand, or let
    an operator do it. An immutable one never changes.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: default}
    data: {mode: fast}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "nginx:1.29", envFrom: [{configMapRef: {name: settings}}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings-1, namespace: default}
    immutable: true
    data: {mode: fast}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: "nginx:1.29"
            resources: {requests: {cpu: 10m}}
            envFrom: [{configMapRef: {name: settings-1}}]
    ```
    """
    immutable: set[tuple[str, str, str]] | None = None
    told: set[tuple[int, Identity]] = set()
    for link in stack.links:
        manifest, target = link.source, link.target
        if not link.row.reads or manifest.kind not in _ROLLED or (id(manifest), target) in told:
            continue
        if immutable is None:
            immutable = _immutable(stack)
        template = template_of(manifest)
        hashed = target.kind == "ConfigMap" and template and hash_annotation(target.name) in template.annotations
        if hashed or (target.kind, target.namespace, target.name) in immutable:
            continue
        told.add((id(manifest), target))
        yield Problem(
            manifest,
            f"its pods read the {target.kind} {target.name}, and nothing rolls them when it changes",
            link.path,
            "roll them when it changes: in the kit, pass a ConfigMap of the same chart as an object",
        )


def _immutable(stack: Stack) -> set[tuple[str, str, str]]:
    return {
        (kind, manifest.namespace, manifest.name)
        for kind in ("ConfigMap", "Secret")
        for manifest in stack.of_kind("", kind)
        if manifest.body.get("immutable") is True
    }
