"""Classes: what pods name to say how they run and how much they matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import constructs
from pilothouse import quantity
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, at_least, present, refuse, single_texts


class RuntimeClass(KubernetesObject):
    """A container runtime that pods can ask for: a ``node.k8s.io/v1 RuntimeClass``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which pods name.
    :param handler: the runtime's name in the nodes' own configuration, such as ``crun`` or ``runsc``.
    :param overhead: what the runtime itself takes for each pod, such as ``{"memory": "64Mi"}``: it is counted.
    :param node_selector: the labels of the nodes that have it; every node where it is not given.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Runtime Class.
    """

    api_version = "node.k8s.io/v1"
    kind = "RuntimeClass"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        handler: str,
        overhead: Mapping[str, str] | None = None,
        node_selector: Mapping[str, str] | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        refuse(self.kind, name, quantity.problems("overhead", overhead or {}))
        fields: Fields = {
            "handler": handler,
            **present(
                overhead={"podFixed": dict(overhead)} if overhead else None,
                scheduling={"nodeSelector": dict(node_selector)} if node_selector else None,
            ),
        }
        super().__init__(scope, name, fields, **options)


class PriorityClass(KubernetesObject):
    """How much pods matter when there is no room for all: a ``scheduling.k8s.io/v1 PriorityClass``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which pods name.
    :param value: the higher, the more; 1,000,000,000 at most.
    :param description: when to use it, for people.
    :param default: whether pods that name none get it: one class of a cluster at most.
    :param preempts: whether its pods may drive others out to get their place.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Pod Priority and Preemption.
    """

    api_version = "scheduling.k8s.io/v1"
    kind = "PriorityClass"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        value: int,
        description: str | None = None,
        default: bool = False,
        preempts: bool = True,
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = []
        if not -2147483648 <= value <= 1000000000:
            problems.append(f"value: {value} is out of range, expected -2147483648 to 1000000000")
        if name.startswith("system-"):
            problems.append("name: 'system-' is Kubernetes' own")
        refuse(self.kind, name, problems)
        policy: Literal["Never"] | None = None if preempts else "Never"
        fields = {
            "value": value,
            **present(globalDefault=default or None, description=description, preemptionPolicy=policy),
        }
        super().__init__(scope, name, fields, **options)


class DeviceClass(KubernetesObject):
    """A sort of device that pods can claim: a ``resource.k8s.io/v1 DeviceClass``, from Kubernetes 1.34 on.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which claims name.
    :param select: CEL expressions that all hold for its devices, such as ``device.driver == "gpu.example.com"``.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Dynamic Resource Allocation.
    """

    api_version = "resource.k8s.io/v1"
    kind = "DeviceClass"

    def __init__(
        self, scope: constructs.Construct, name: str, *, select: Sequence[str], **options: Unpack[ObjectFields]
    ) -> None:
        refuse(self.kind, name, single_texts(select=select))
        spec = {"selectors": [{"cel": {"expression": expression}} for expression in select]}
        super().__init__(scope, name, {"spec": spec}, **options)


class ResourceClaimTemplate(KubernetesObject):
    """Devices that each pod of a workload gets for itself: a ``resource.k8s.io/v1 ResourceClaimTemplate``.

    From Kubernetes 1.34 on.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param device_class: the sort of device.
    :param count: how many of them.
    :param select: CEL expressions that all hold for each, such as
        ``device.attributes["gpu.example.com"].model == "a100"``.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, Dynamic Resource Allocation.
    """

    api_version = "resource.k8s.io/v1"
    kind = "ResourceClaimTemplate"
    request = "device"
    """What the claim calls its only request."""

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        device_class: DeviceClass | str,
        count: int = 1,
        select: Sequence[str] = (),
        **options: Unpack[ObjectFields],
    ) -> None:
        refuse(self.kind, name, at_least(1, count=count) + single_texts(select=select))
        exactly: dict[str, Any] = {
            "deviceClassName": device_class if isinstance(device_class, str) else device_class.name,
            "count": count,
            **present(selectors=[{"cel": {"expression": expression}} for expression in select] or None),
        }
        spec = {"spec": {"devices": {"requests": [{"name": self.request, "exactly": exactly}]}}}
        super().__init__(scope, name, {"spec": spec}, **options)
