"""Changes: whether what is written into a workload reaches its pods, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.availability import count
from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_DEPLOYMENT, _DAEMON_SET, _STATEFUL_SET = ("apps", "Deployment"), ("apps", "DaemonSet"), ("apps", "StatefulSet")


@object_check(
    "ROLL005",
    Severity.ADVICE,
    "a workload that cannot go back",
    kinds=(_DEPLOYMENT, _DAEMON_SET, _STATEFUL_SET),
    fields=("revisionHistoryLimit",),
)
def no_history(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """With ``revisionHistoryLimit: 0`` no earlier revision is kept: ``kubectl rollout undo`` has nowhere to go back to
    when a release fails.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      revisionHistoryLimit: 0
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      revisionHistoryLimit: 3
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    Source: Kubernetes documentation, Deployments, "Clean up Policy".
    """
    if mapping(manifest.body, "spec").get("revisionHistoryLimit") == 0:
        at = ("spec", "revisionHistoryLimit")
        yield Problem(manifest, "no earlier revision of it is kept to go back to", at, "keep a few, such as 3")


@object_check(
    "ROLL006",
    Severity.ADVICE,
    "a change that waits until pods are deleted",
    kinds=(_DAEMON_SET, _STATEFUL_SET),
    fields=("updateStrategy",),
)
def on_delete(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """With the update strategy ``OnDelete``, or a ``partition`` as high as the number of replicas, a change is taken
    and nothing happens: pods get it when somebody deletes them, or when their node fails.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      updateStrategy: {type: OnDelete}
      selector: {matchLabels: {app: agent}}
      template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "agent:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: agent, namespace: default}
    spec:
      updateStrategy: {type: RollingUpdate}
      selector: {matchLabels: {app: agent}}
      template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "agent:1"}]}}
    ```

    Source: Kubernetes documentation, StatefulSets and DaemonSets, "Update Strategy".
    """
    update = mapping(manifest.body, "spec", "updateStrategy")
    if update.get("type") == "OnDelete":
        told = "with OnDelete, its pods get a change when somebody deletes them"
        yield Problem(manifest, told, ("spec", "updateStrategy", "type"), "say RollingUpdate")
        return
    partition = count(mapping(update, "rollingUpdate").get("partition"))
    replicas = mapping(manifest.body, "spec").get("replicas", 1)
    if manifest.kind == "StatefulSet" and partition and isinstance(replicas, int) and partition >= replicas > 0:
        yield Problem(
            manifest,
            f"its partition is {partition} and it has {replicas} pods: none gets a change",
            ("spec", "updateStrategy", "rollingUpdate", "partition"),
            "lower the partition when the change may go on",
        )


_PAUSED = {_DEPLOYMENT: "paused", ("batch", "CronJob"): "suspend", ("batch", "Job"): "suspend"}


@object_check("ROLL007", Severity.ADVICE, "a workload that stands still", kinds=_PAUSED, fields=("paused", "suspend"))
def paused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Deployment that is ``paused`` takes changes and does not roll them out; a CronJob or Job with ``suspend: true``
    does not run. Both are switches for an hour: kept in Git they are forgotten, and nothing reports them.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      paused: true
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1"}]}}
    ```

    Source: Kubernetes documentation, Deployments, "Pausing and Resuming a rollout", and CronJob, "Schedule suspension".
    """
    field = _PAUSED[manifest.group, manifest.kind]
    if mapping(manifest.body, "spec").get(field) is True:
        told = "it takes changes and does not roll them out" if field == "paused" else "it does not run"
        yield Problem(manifest, f"{field} is set: {told}", ("spec", field), f"remove {field} when it may go on")
