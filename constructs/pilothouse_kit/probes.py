"""Probes: how the kubelet asks a container whether it has started, is ready, and is alive."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pilothouse_kit.object import Fields, present, single_texts


@dataclass(frozen=True, kw_only=True)
class Probe:
    """When a probe asks, and how often it must fail or succeed to count.

    :param initial_delay: seconds before the first probe (``initialDelaySeconds``); 0 where it is not given.
    :param period: seconds between probes (``periodSeconds``); 10 where it is not given.
    :param timeout: seconds to wait for an answer (``timeoutSeconds``); 1 where it is not given.
    :param failures: how many failures in a row count (``failureThreshold``); 3 where it is not given.
    :param successes: how many successes in a row count (``successThreshold``); 1 where it is not given.

    Source: Kubernetes API reference, Pod, ``Probe``.
    """

    initial_delay: int | None = None
    period: int | None = None
    timeout: int | None = None
    failures: int | None = None
    successes: int | None = None

    def handler(self) -> Fields:
        """The field that says how to ask."""
        raise NotImplementedError

    def asked_port(self) -> int | str | None:
        """The port that it asks on; None where it asks on none."""
        return None

    def fields(self) -> Fields:
        """The probe as it stands in a container."""
        return {
            **self.handler(),
            **present(
                initialDelaySeconds=self.initial_delay,
                periodSeconds=self.period,
                timeoutSeconds=self.timeout,
                failureThreshold=self.failures,
                successThreshold=self.successes,
            ),
        }

    def problems(self, argument: str, ports: Collection[str]) -> list[str]:
        """What is wrong with it in a container that has these ports.

        :param argument: the container's argument that it was given as.
        :param ports: the names of the container's ports.
        """
        found = [
            f"{argument}: {name} is {value}, expected {least} or more"
            for name, value, least in (
                ("initial_delay", self.initial_delay, 0),
                ("period", self.period, 1),
                ("timeout", self.timeout, 1),
                ("failures", self.failures, 1),
                ("successes", self.successes, 1),
            )
            if value is not None and value < least
        ]
        if argument in ("liveness", "startup") and self.successes not in (None, 1):
            found.append(f"{argument}: successes is {self.successes}, expected 1: one answer shows that it lives")
        port = self.asked_port()
        if isinstance(port, str) and port not in ports:
            found.append(f"{argument}: there is no port named {port!r}, the container has {', '.join(ports) or 'none'}")
        if isinstance(port, int) and not 1 <= port <= 65535:
            found.append(f"{argument}: port is {port}, expected 1 to 65535")
        return found


@dataclass(frozen=True)
class HttpProbe(Probe):
    """A probe that asks over HTTP; 200 to 399 is a yes.

    :param path: the path that is asked for.
    :param port: a number, or the name of one of the container's ports.
    :param scheme: ``HTTPS`` for TLS, whose certificate is not verified; plain HTTP where it is not given.
    """

    path: str = "/"
    port: int | str = "http"
    scheme: Literal["HTTP", "HTTPS"] | None = None

    def handler(self) -> Fields:
        return {"httpGet": {"path": self.path, "port": self.port, **present(scheme=self.scheme)}}

    def asked_port(self) -> int | str:
        return self.port


@dataclass(frozen=True)
class TcpProbe(Probe):
    """A probe that opens a TCP connection.

    :param port: a number, or the name of one of the container's ports.
    """

    port: int | str = "http"

    def handler(self) -> Fields:
        return {"tcpSocket": {"port": self.port}}

    def asked_port(self) -> int | str:
        return self.port


@dataclass(frozen=True)
class GrpcProbe(Probe):
    """A probe that asks the gRPC health service.

    :param port: the port's number; gRPC probes know no names.
    :param service: the name that is asked about; the server as a whole where it is not given.
    """

    port: int
    service: str | None = None

    def handler(self) -> Fields:
        return {"grpc": {"port": self.port, **present(service=self.service)}}

    def asked_port(self) -> int:
        return self.port


@dataclass(frozen=True)
class ExecProbe(Probe):
    """A probe that runs a command in the container; exit code 0 is a yes.

    :param command: the program and its arguments; no shell is involved unless it is one.
    """

    command: Sequence[str]

    def handler(self) -> Fields:
        return {"exec": {"command": list(self.command)}}

    def problems(self, argument: str, ports: Collection[str]) -> list[str]:
        command = single_texts(command=self.command)
        return [*super().problems(argument, ports), *(f"{argument}: {problem}" for problem in command)]
