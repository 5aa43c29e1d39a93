"""Defaults: what the API server puts where a field is missing, so that its absence and its default are one.

The schemas of custom resources say their defaults themselves. Those of Kubernetes' own kinds stand in its code alone:
this is the table of them, each seen on API servers (``make test-cluster``). A field whose default is stored where it is
said, and not where it is missing, is none of them: a template that says it makes other pods.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from pilothouse.pods import TEMPLATES
from pilothouse.references.row import GroupKind
from pilothouse.references.table import steps

_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_HANDLERS = {
    **{
        f"{probe}.{field}": value
        for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        for field, value in _PROBE.items()
    },
    **{
        f"{where}.httpGet.{field}": value
        for where in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.preStop", "lifecycle.postStart")
        for field, value in (("scheme", "HTTP"), ("path", "/"))
    },
    **{f"{probe}.grpc.service": "" for probe in ("livenessProbe", "readinessProbe", "startupProbe")},
}
_CONTAINER = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "resources": {},
    "ports[].protocol": "TCP",
    "env[].valueFrom.fieldRef.apiVersion": "v1",
    "env[].value": "",
    **_HANDLERS,
}
_PODS: dict[str, Any] = {
    "spec.restartPolicy": "Always",
    "spec.dnsPolicy": "ClusterFirst",
    "spec.schedulerName": "default-scheduler",
    "spec.securityContext": {},
    "spec.terminationGracePeriodSeconds": 30,
    "spec.hostNetwork": False,
    "spec.hostPID": False,
    "spec.hostIPC": False,
    **{
        f"spec.{containers}[].{field}": value
        for containers in ("containers", "initContainers")
        for field, value in _CONTAINER.items()
    },
    **{f"spec.volumes[].{volume}.defaultMode": 0o644 for volume in ("configMap", "secret", "downwardAPI", "projected")},
    "spec.volumes[].projected.sources[].serviceAccountToken.expirationSeconds": 3600,
    "spec.volumes[].downwardAPI.items[].fieldRef.apiVersion": "v1",
    "spec.volumes[].hostPath.type": "",
    "metadata.labels": {},
    "metadata.annotations": {},
}
"""Below a pod template."""

_JOB = {
    "backoffLimit": 6,
    "completionMode": "NonIndexed",
    "suspend": False,
    "podReplacementPolicy": "TerminatingOrFailed",
    "manualSelector": False,
}
_CLAIM = {"volumeMode": "Filesystem"}
_OWN: dict[GroupKind, dict[str, Any]] = {
    ("", "Pod"): {"spec.enableServiceLinks": True},
    ("apps", "Deployment"): {
        "spec.replicas": 1,
        "spec.revisionHistoryLimit": 10,
        "spec.progressDeadlineSeconds": 600,
        "spec.minReadySeconds": 0,
        "spec.paused": False,
        "spec.strategy": {},
        "spec.strategy.type": "RollingUpdate",
    },
    ("apps", "StatefulSet"): {
        "spec.replicas": 1,
        "spec.revisionHistoryLimit": 10,
        "spec.minReadySeconds": 0,
        "spec.podManagementPolicy": "OrderedReady",
        "spec.updateStrategy": {},
        "spec.persistentVolumeClaimRetentionPolicy": {},
        "spec.persistentVolumeClaimRetentionPolicy.whenDeleted": "Retain",
        "spec.persistentVolumeClaimRetentionPolicy.whenScaled": "Retain",
        **{f"spec.volumeClaimTemplates[].spec.{field}": value for field, value in _CLAIM.items()},
    },
    ("apps", "DaemonSet"): {
        "spec.revisionHistoryLimit": 10,
        "spec.minReadySeconds": 0,
        "spec.updateStrategy": {},
        "spec.updateStrategy.type": "RollingUpdate",
    },
    ("apps", "ReplicaSet"): {"spec.replicas": 1, "spec.minReadySeconds": 0},
    ("batch", "Job"): {f"spec.{field}": value for field, value in _JOB.items()},
    ("batch", "CronJob"): {
        "spec.concurrencyPolicy": "Allow",
        "spec.suspend": False,
        "spec.successfulJobsHistoryLimit": 3,
        "spec.failedJobsHistoryLimit": 1,
    },
    ("", "Service"): {
        "spec.type": "ClusterIP",
        "spec.sessionAffinity": "None",
        "spec.internalTrafficPolicy": "Cluster",
        "spec.externalTrafficPolicy": "Cluster",
        "spec.publishNotReadyAddresses": False,
        "spec.allocateLoadBalancerNodePorts": True,
        "spec.ports[].protocol": "TCP",
    },
    ("", "ServiceAccount"): {},
    ("", "PersistentVolumeClaim"): {f"spec.{field}": value for field, value in _CLAIM.items()},
    ("", "PersistentVolume"): {"spec.persistentVolumeReclaimPolicy": "Retain", "spec.volumeMode": "Filesystem"},
    ("", "ConfigMap"): {"data": {}, "binaryData": {}},
    ("", "Secret"): {"type": "Opaque"},
    ("storage.k8s.io", "StorageClass"): {
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    },
    ("networking.k8s.io", "NetworkPolicy"): {
        **{f"spec.{way}[].ports[].protocol": "TCP" for way in ("ingress", "egress")},
    },
    ("autoscaling", "HorizontalPodAutoscaler"): {"spec.minReplicas": 1},
    ("scheduling.k8s.io", "PriorityClass"): {"preemptionPolicy": "PreemptLowerPriority", "globalDefault": False},
    ("rbac.authorization.k8s.io", "RoleBinding"): {},
}
"""The others, from the object's root. Source: the defaults of k8s.io/kubernetes' API groups, seen on an API server."""

_METADATA: dict[str, Any] = {"metadata.labels": {}, "metadata.annotations": {}, "metadata.finalizers": []}


class Defaults:
    """The defaults at one place and below it."""

    __slots__ = ("below", "value")

    def __init__(self) -> None:
        self.value: Any = None
        """What stands here where nothing does; None where that is nothing."""
        self.below: dict[str, Defaults] = {}
        """A key, or the empty name for every item of a list, to what is below."""

    def step(self, key: object) -> Defaults | None:
        """One step on.

        :param key: a map's key; anything else stands for an item of a list.
        """
        return self.below.get(key if isinstance(key, str) else "")


@functools.cache
def of_kind(group: str, kind: str) -> Defaults:
    """The defaults of one kind."""
    root = Defaults()
    for path, value in rows(group, kind):
        node = root
        for step in path:
            node = node.below.setdefault(step, Defaults())
        node.value = value
    return root


def rows(group: str, kind: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every path of one kind with the default there."""
    for path, value in {**_METADATA, **_OWN.get((group, kind), {})}.items():
        yield steps(path), value
    template = TEMPLATES.get((group, kind))
    if template is not None:
        for path, value in _PODS.items():
            yield (*map(str, template), *steps(path)), value
