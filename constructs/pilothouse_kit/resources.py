"""Resources: what a container asks for, and what it may take at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilothouse import quantity
from pilothouse_kit.object import Fields, present


@dataclass(frozen=True)
class Resources:
    """What a container asks for, and what it may take at most.

    :param cpu: requested processor time, such as ``100m`` (a tenth of a core).
    :param memory: requested memory, such as ``128Mi``.
    :param cpu_limit: the most processor time; none where it is not given, since a container at its limit waits although
        the processor is idle.
    :param memory_limit: the most memory: above it the container is ended. The request where it is not given; ``none``
        for no limit.
    :param further: further requests that are limits too, such as ``{"nvidia.com/gpu": "1"}``.
    :raises ValueError: where one is no quantity, or a request is above its limit.

    Source: Kubernetes documentation, "Resource Management for Pods and Containers".
    """

    cpu: str
    memory: str
    cpu_limit: str | None = None
    memory_limit: str | None = None
    further: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        memory_limit = None if self.memory_limit == "none" else self.memory_limit
        requests = {"cpu": self.cpu, "memory": self.memory, **dict(self.further)}
        limits = present(cpu=self.cpu_limit, memory=memory_limit)
        problems = quantity.problems("request", requests) + quantity.problems("limit", limits)
        if not problems:
            negative = [name for name, each in (requests | limits).items() if quantity.parse(each) < 0]
            problems = [f"{name}: less than nothing cannot be asked for" for name in negative] + [
                f"{name}: the request of {requests[name]} is above the limit of {limit}"
                for name, limit in limits.items()
                if quantity.parse(requests[name]) > quantity.parse(limit)
            ]
        if problems:
            raise ValueError(f"Resources: {'; '.join(problems)}")

    def fields(self) -> Fields:
        """``resources`` as it stands in a container."""
        memory = None if self.memory_limit == "none" else self.memory_limit or self.memory
        limits = present(cpu=self.cpu_limit, memory=memory) | dict(self.further)
        requests = {"cpu": self.cpu, "memory": self.memory, **dict(self.further)}
        return {"requests": requests, **present(limits=limits or None)}


DEFAULT = Resources("50m", "64Mi", memory_limit="none")
"""What a container asks for where its author says nothing: little, so that it is scheduled with something in mind."""
