"""Ports: what a container listens on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pilothouse_kit.object import Fields, present

Protocol = Literal["TCP", "UDP", "SCTP"]
"""The transport below a port."""

_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Port:
    """A port that a container listens on.

    :param number: its number, 1 to 65535 (``containerPort``).
    :param protocol: the transport below it.
    :param host_port: the port of the node that leads to it: at most one such pod fits a node.

    Source: Kubernetes API reference, Pod, ``ContainerPort``.
    """

    number: int
    protocol: Protocol = "TCP"
    host_port: int | None = None

    def fields(self, name: str) -> Fields:
        """The port as it stands in a container."""
        protocol = None if self.protocol == "TCP" else self.protocol
        return {"name": name, "containerPort": self.number, **present(protocol=protocol, hostPort=self.host_port)}


Ports = int | Mapping[str, int | Port]
"""One port, which gets the name ``http``; or name to number, or to :class:`Port`."""


def named(ports: Ports | None) -> dict[str, Port]:
    """Every port by its name."""
    if ports is None:
        return {}
    if isinstance(ports, int):
        return {"http": Port(ports)}
    return {name: port if isinstance(port, Port) else Port(port) for name, port in ports.items()}


def problems(ports: Mapping[str, Port]) -> list[str]:
    """What is wrong with the ports of one container."""
    found = []
    for name, port in ports.items():
        if not _NAME.fullmatch(name) or len(name) > 15:
            found.append(
                f"port: {name!r} is no name of a port: up to 15 of a-z, 0-9 and single '-', with a letter among them"
            )
        found += [
            f"port: {name} is {number}, expected 1 to 65535"
            for number in (port.number, port.host_port)
            if number is not None and not 1 <= number <= 65535
        ]
    numbers = [(port.number, port.protocol) for port in ports.values()]
    return found + [f"port: two ports are {number}/{protocol}" for number, protocol in _twice(numbers)]


def _twice(numbers: list[tuple[int, Protocol]]) -> list[tuple[int, Protocol]]:
    return sorted({each for each in numbers if numbers.count(each) > 1})
