"""Workloads: what runs pods, and keeps them running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import constructs
from pilothouse_kit.configuration import ServiceAccount
from pilothouse_kit.object import Fields, KubernetesObject, present


@dataclass(frozen=True)
class Resources:
    """What a container asks for, and what it may take at most.

    :param cpu: requested processor time, such as ``100m`` (a tenth of a core).
    :param memory: requested memory, such as ``128Mi``.
    :param cpu_limit: the most processor time; none where it is not given.
    :param memory_limit: the most memory: above it the container is ended; the request where it is not given.

    Source: Kubernetes documentation, "Resource Management for Pods and Containers".
    """

    cpu: str
    memory: str
    cpu_limit: str | None = None
    memory_limit: str | None = None

    def fields(self) -> Fields:
        """``resources`` as it stands in a container."""
        limits = present(cpu=self.cpu_limit, memory=self.memory_limit or self.memory)
        return {"requests": {"cpu": self.cpu, "memory": self.memory}, "limits": limits}


@dataclass(frozen=True)
class HttpProbe:
    """A probe that asks a container over HTTP whether it is well.

    :param path: the path that answers with 200 to 399.
    :param port: a number, or the name of one of the container's ports.
    :param initial_delay: seconds before the first probe.
    :param period: seconds between probes.
    :param timeout: seconds to wait for an answer.
    :param failures: how many in a row count.

    Source: Kubernetes API reference, Pod, ``Probe``; the defaults are its own.
    """

    path: str = "/"
    port: int | str = "http"
    initial_delay: int | None = None
    period: int | None = None
    timeout: int | None = None
    failures: int | None = None

    def fields(self) -> Fields:
        """The probe as it stands in a container."""
        return {
            "httpGet": {"path": self.path, "port": self.port},
            **present(
                initialDelaySeconds=self.initial_delay,
                periodSeconds=self.period,
                timeoutSeconds=self.timeout,
                failureThreshold=self.failures,
            ),
        }


RESTRICTED: Fields = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
"""What every container of the kit gives up. Source: Pod Security Standards, "Restricted"."""


class Deployment(KubernetesObject):
    """Pods that are all alike, kept at a number and replaced a few at a time: an ``apps/v1 Deployment``.

    Its pods run as no root user, with a read-only root file system and no capabilities. Its selector is its name, so
    that it never changes by itself: a selector is immutable.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the pods carry it as ``app.kubernetes.io/name``.
    :param image: the container's image, with tag or digest.
    :param port: the port that the container listens on, named ``http``; or name to number for several.
    :param replicas: how many pods; None leaves it to an autoscaler.
    :param labels: further labels of the Deployment and its pods; they are not in the selector.
    :param selector: the labels that its pods are found by, where its name shall not do.
    :param resources: what the container asks for.
    :param readiness: when a pod gets traffic; None for as soon as it runs.
    :param liveness: when its container is restarted; None for when it ends.
    :param env: variable to value. Nothing secret: refer to a Secret by ``patch``.
    :param user: the user id that the container runs as; None for root, and a root file system that can be written.
    :param service_account: who the pods are; None for nobody in particular, without a token.
    :param max_surge: how many pods more than ``replicas`` a rollout may have, as a number or percent.
    :param max_unavailable: how many pods fewer a rollout may have ready; 0, so that no rollout loses capacity.
    :param min_ready: seconds that a new pod must be ready before the next is replaced.
    :param history: how many old ReplicaSets are kept to roll back to.
    :param options: ``namespace``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, Deployments.
    """

    api_version = "apps/v1"
    kind = "Deployment"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        image: str,
        port: int | Mapping[str, int] | None = None,
        replicas: int | None = 1,
        labels: Mapping[str, str] | None = None,
        selector: Mapping[str, str] | None = None,
        resources: Resources | None = None,
        readiness: HttpProbe | None = None,
        liveness: HttpProbe | None = None,
        env: Mapping[str, str] | None = None,
        user: int | None = 65532,
        service_account: ServiceAccount | None = None,
        max_surge: int | str = 1,
        max_unavailable: int | str = 0,
        min_ready: int | None = None,
        history: int | None = None,
        **options: Any,
    ) -> None:
        self.selector = dict(selector or {"app.kubernetes.io/name": name})
        """The labels that its pods are found by."""
        self.ports = _ports(port)
        """Port name to number."""
        container: Fields = {"name": name, "image": image}
        if self.ports:
            container["ports"] = [{"name": key, "containerPort": number} for key, number in self.ports.items()]
        if env:
            container["env"] = [{"name": key, "value": value} for key, value in env.items()]
        if resources is not None:
            container["resources"] = resources.fields()
        if readiness is not None:
            container["readinessProbe"] = readiness.fields()
        if liveness is not None:
            container["livenessProbe"] = liveness.fields()
        pod: Fields = {"containers": [container]}
        if service_account is not None:
            pod["serviceAccountName"] = service_account.name
        pod["automountServiceAccountToken"] = False
        if user is not None:
            container["securityContext"] = RESTRICTED
            pod["securityContext"] = {
                "runAsNonRoot": True,
                "runAsUser": user,
                "seccompProfile": {"type": "RuntimeDefault"},
            }
        pod_labels = {**self.selector, **(labels or {})}
        spec: Fields = {
            **present(replicas=replicas, minReadySeconds=min_ready, revisionHistoryLimit=history),
            "selector": {"matchLabels": self.selector},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": max_surge, "maxUnavailable": max_unavailable},
            },
            "template": {"metadata": {"labels": pod_labels}, "spec": pod},
        }
        super().__init__(scope, name, {"spec": spec}, labels=pod_labels, **options)


def _ports(port: int | Mapping[str, int] | None) -> dict[str, int]:
    if port is None:
        return {}
    return {"http": port} if isinstance(port, int) else dict(port)


class PodDisruptionBudget(KubernetesObject):
    """How many pods of a workload a drain may take away at a time: a ``policy/v1 PodDisruptionBudget``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param protects: the workload whose pods it counts.
    :param max_unavailable: how many may be away at a time, as a number or percent.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, "Specifying a Disruption Budget for your Application".
    """

    api_version = "policy/v1"
    kind = "PodDisruptionBudget"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        protects: Deployment,
        max_unavailable: int | str = 1,
        **options: Any,
    ) -> None:
        spec = {"maxUnavailable": max_unavailable, "selector": {"matchLabels": protects.selector}}
        super().__init__(scope, name, {"spec": spec}, **options)
