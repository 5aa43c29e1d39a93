"""The typed environment: what the engine and the charts see of an environment file."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any, Literal

import msgspec

from pilothouse import quantity
from pilothouse.environment.layers import Map, place
from pilothouse.environment.problem import Problem
from pilothouse.environment.values import Mistake
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position

Profile = Literal["lab", "production"]
"""Which findings stop the write."""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster that an environment is deployed to."""

    name: str
    """What the cluster is called."""
    domain: str = "cluster.local"
    """Its DNS domain: a Service is reached as ``<service>.<namespace>.svc.<domain>``."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the cluster has that the stack does not define.

    Namespaced objects stand as ``namespace/name``, or as ``name`` for one of that name in every namespace.
    """

    namespaces: list[str] = []
    storage_classes: list[str] = []
    ingress_classes: list[str] = []
    priority_classes: list[str] = []
    service_accounts: list[str] = []
    secrets: list[str] = []
    config_maps: list[str] = []
    objects: list[str] = []
    """Objects of any kind, as ``Kind namespace/name`` or ``Kind name``."""

    def has(self, kind: str, name: str, namespace: str = "") -> bool:
        """Whether an object is given.

        :param kind: the object's kind, such as ``StorageClass``.
        :param name: its name.
        :param namespace: its namespace; empty for a kind without one.
        """
        field = GIVEN_KINDS.get(kind)
        listed: list[str] = getattr(self, field) if field is not None else []
        if name in listed or (namespace != "" and f"{namespace}/{name}" in listed):
            return True
        return f"{kind} {name}" in self.objects or (namespace != "" and f"{kind} {namespace}/{name}" in self.objects)


GIVEN_KINDS = {
    "Namespace": "namespaces",
    "StorageClass": "storage_classes",
    "IngressClass": "ingress_classes",
    "PriorityClass": "priority_classes",
    "ServiceAccount": "service_accounts",
    "Secret": "secrets",
    "ConfigMap": "config_maps",
}
"""The kinds that have a list of their own, and the field of Given that is it."""


class Taint(msgspec.Struct, frozen=True, kw_only=True):
    """A taint of nodes: pods without a toleration for it stay away."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class NodePool(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Some nodes of the cluster that are alike."""

    name: str
    """What the pool is called."""
    count: int
    """How many nodes; where an autoscaler adds some, the most."""
    cpu: str | int
    """What pods may have of each node, as a quantity of cores."""
    memory: str | int
    """What pods may have of each node, as a quantity of bytes."""
    resources: dict[str, str | int] = {}
    """What else pods may have of each node: resource to quantity."""
    labels: dict[str, str] = {}
    """The labels of each node."""
    taints: list[Taint] = []
    """The taints of each node."""
    max_pods: int = 110
    """How many pods a node runs at most. Source: KubeletConfiguration, ``maxPods``."""

    @property
    def allocatable(self) -> dict[str, Decimal]:
        """What pods may have of each node: resource to amount."""
        return quantity.amounts({**self.resources, "cpu": self.cpu, "memory": self.memory, "pods": self.max_pods})


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that somebody decided to live with."""

    code: str
    """The check's code, such as ``SVC001``."""
    object: str = ""
    """The object as ``Kind namespace/name`` or ``Kind name``; empty, in an instance's waiver, for all its objects."""
    reason: str
    """Why; never empty."""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One chart, deployed once."""

    name: str
    """The instance's name: its key under ``charts``."""
    chart: str
    """The chart's module in ``charts/``."""
    namespace: str
    """Where its namespaced objects live unless they say otherwise."""
    values: dict[str, Any] = {}
    """What the environment says to the chart, as written: the chart's own type judges it (``value_problems``)."""
    waivers: list[Waiver] = []
    """The findings about this instance's objects that are waived."""


class ChartEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart sees of its environment: all but the other charts in it, because an instance builds alone."""

    name: str
    """The environment's name: its file's, without ``.yaml``."""
    kubernetes_version: str
    """Which schemas and which deprecations count, such as ``1.32``."""
    profile: Profile
    """Which findings stop the write."""
    cluster: Cluster
    """The cluster it is deployed to."""
    domain: str | None
    """The domain of public names; None if the environment has none."""
    labels: dict[str, str]
    """Labels on every object."""
    annotations: dict[str, str]
    """Annotations on every object."""
    image_registry: str | None
    """The registry that images come from; None for the one that each image names."""
    image_pull_secrets: list[str]
    """The names of the Secrets that pods pull images with."""
    given: Given
    """What the cluster has that the stack does not define."""

    def encoded(self) -> bytes:
        """The whole view as bytes, for the key of a kept result: MessagePack, the same on every machine.

        Maps stay in the order of the file: a chart may read them in that order, so it may decide what is built.
        """
        return msgspec.msgpack.encode(self)


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, its layers merged, every value checked but those of the charts."""

    name: str
    """The environment's name: its file's, without ``.yaml``."""
    kubernetes_version: str
    """Which schemas and which deprecations count, such as ``1.32``."""
    profile: Profile = "lab"
    """Which findings stop the write."""
    cluster: Cluster
    """The cluster it is deployed to."""
    domain: str | None = None
    """The domain of public names; None if the environment has none."""
    labels: dict[str, str] = {}
    """Labels on every object."""
    annotations: dict[str, str] = {}
    """Annotations on every object."""
    image_registry: str | None = None
    """The registry that images come from; None for the one that each image names."""
    image_pull_secrets: list[str] = []
    """The names of the Secrets that pods pull images with."""
    given: Given = msgspec.field(default_factory=Given)
    """What the cluster has that the stack does not define."""
    nodes: list[NodePool] = []
    """The nodes that pods run on; empty where nothing is said of them."""
    waivers: list[Waiver] = []
    """The findings that this environment lives with."""
    charts: dict[str, Instance] = {}
    """What is deployed here: the instances, by name, in the order of the file (a layer's first)."""
    files: list[str] = []
    """The files it was read from, relative to the repository: the lowest layer first, its own file last."""
    provenance: Map
    """The merged file with the place of each value."""

    def for_charts(self) -> ChartEnvironment:
        """What a chart sees of it.

        :returns: a copy of its own for each call, so that nothing which one chart does to it reaches another.
        """
        return ChartEnvironment(
            name=self.name,
            kubernetes_version=self.kubernetes_version,
            profile=self.profile,
            cluster=self.cluster,
            domain=self.domain,
            labels=dict(self.labels),
            annotations=dict(self.annotations),
            image_registry=self.image_registry,
            image_pull_secrets=list(self.image_pull_secrets),
            given=copy.deepcopy(self.given),
        )

    def position_of(self, path: FieldPath, *, key: bool = False) -> Position:
        """The place in the file, or in a layer, that set a value.

        :param path: from the root of the file, in the file's own words: ``("charts", "kubia", "values", "image")``.
        :param key: the place of the key instead of that of its value.
        :returns: the value's place, a map's or a list's own key; for a value that stands nowhere, the place of the
            nearest map that would hold it; for one that was removed, the ``null`` that did it.
        """
        return place(self.provenance, path, key=key)

    def problems(self, instance: str, mistakes: list[Mistake]) -> list[Problem]:
        """Turn what is wrong with one instance's values into problems of the environment file.

        :param instance: the instance's name.
        :param mistakes: what ``value_problems`` found.
        :returns: the same with the full path and its place.
        """
        found = []
        for mistake in mistakes:
            path = ("charts", instance, "values", *mistake.path)
            found.append(Problem(self.position_of(path, key=mistake.at_key), path, mistake.message))
        return found
