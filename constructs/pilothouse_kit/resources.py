"""Resources: what a container asks for, and what it may take at most."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.quantity import parse
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
    further: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        problems = []
        for name, request, limit in (
            ("cpu", self.cpu, self.cpu_limit),
            ("memory", self.memory, None if self.memory_limit == "none" else self.memory_limit),
        ):
            try:
                if limit is not None and parse(request) > parse(limit):
                    problems.append(f"{name}: the request of {request} is above the limit of {limit}")
                parse(request)
            except ValueError as error:
                problems.append(f"{name}: {error}")
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
