"""Network policies: who may talk to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

import constructs
from pilothouse.chart import chart_of
from pilothouse_kit.addresses import network
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse, single_texts
from pilothouse_kit.ports import Port
from pilothouse_kit.workloads import Selected


@dataclass(frozen=True)
class Pods:
    """Pods as the other end of a connection.

    :param labels: labels that they carry; every pod where none is given.
    :param namespace: the namespace that they are in; the policy's own where it is not given.

    Source: Kubernetes documentation, Network Policies, "Behavior of to and from selectors".
    """

    labels: Mapping[str, str] | None = None
    namespace: str | None = None

    def fields(self) -> Fields:
        """The pods as a ``NetworkPolicyPeer``."""
        where = None
        if self.namespace is not None:
            where = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        labels = {"matchLabels": dict(self.labels)} if self.labels else None
        if where is None and labels is None:
            labels = {}
        return present(namespaceSelector=where, podSelector=labels)


@dataclass(frozen=True)
class Network:
    """Addresses as the other end of a connection.

    :param cidr: such as ``10.0.0.0/8``.
    :param excluding: parts of it that are not meant.
    :raises ValueError: where one is no network, or no part of it.
    """

    cidr: str
    excluding: Sequence[str] = ()

    def __post_init__(self) -> None:
        refuse("Network", self.cidr, single_texts(excluding=self.excluding))
        try:
            whole = network(self.cidr)
            parts = [network(part) for part in self.excluding]
        except ValueError as error:
            raise ValueError(f"Network: {error}") from None
        outside = [
            str(part)
            for part in parts
            if part.version != whole.version or part == whole or not part.subnet_of(whole)  # type: ignore[arg-type]
        ]
        refuse("Network", self.cidr, [f"excluding: {part} is no part of it" for part in outside])

    def fields(self) -> Fields:
        """The addresses as a ``NetworkPolicyPeer``."""
        return {"ipBlock": {"cidr": self.cidr, **present(**{"except": list(self.excluding) or None})}}


Peer = Selected | Pods | Network
"""The other end of a connection: a workload's pods, pods by their labels, or addresses."""


@dataclass(frozen=True)
class Allow:
    """Connections that a policy allows.

    :param peers: the other end; anyone where none is given.
    :param ports: numbers, or names of the pods' ports; every port where none is given.
    """

    peers: Sequence[Peer] = ()
    ports: Sequence[int | str | Port] = ()

    def problems(self) -> list[str]:
        """What is wrong with it."""
        numbers = [port.number if isinstance(port, Port) else port for port in self.ports]
        return single_texts(peers=self.peers, ports=self.ports) + [
            f"port {number} is out of range, expected 1 to 65535"
            for number in numbers
            if isinstance(number, int) and not 1 <= number <= 65535
        ]

    def fields(self, direction: str, namespace: str) -> Fields:
        """The rule as it stands in a policy.

        :param direction: ``from`` or ``to``.
        :param namespace: the policy's own.
        """
        peers = [_peer(peer, namespace) for peer in self.peers]
        return present(**{direction: peers or None, "ports": [_port(port) for port in self.ports] or None})


def _peer(peer: Peer, namespace: str) -> Fields:
    if isinstance(peer, Pods | Network):
        return peer.fields()
    return Pods(peer.selector, None if peer.namespace == namespace else peer.namespace).fields()


def _port(port: int | str | Port) -> Fields:
    if isinstance(port, Port):
        return {"protocol": port.protocol, "port": port.number}
    return {"protocol": "TCP", "port": port}


DNS = Allow([Pods(namespace="kube-system")], [Port(53, "UDP"), Port(53)])
"""Name look-ups: what nearly every pod needs."""


class NetworkPolicy(KubernetesObject):
    """Who may talk to some pods, and whom they may talk to: a ``networking.k8s.io/v1 NetworkPolicy``.

    Policies add up: what one of them allows is allowed. A direction that a policy speaks of is otherwise closed.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param pods: the workload that it is about, or labels; every pod of the namespace where it is not given.
    :param ingress: what may come in: an empty list for nothing; None says nothing about it.
    :param egress: what may go out: an empty list for nothing; None says nothing about it.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where it says nothing at all.

    Source: Kubernetes documentation, Network Policies.
    """

    api_version = "networking.k8s.io/v1"
    kind = "NetworkPolicy"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        pods: Selected | Mapping[str, str] | None = None,
        ingress: Sequence[Allow] | None = None,
        egress: Sequence[Allow] | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = [
            f"{direction}: {problem}"
            for direction, rules in (("ingress", ingress), ("egress", egress))
            for rule in rules or ()
            for problem in rule.problems()
        ]
        if ingress is None and egress is None:
            problems.append("ingress, egress: expected one of them, an empty list to close it")
        own = options.get("namespace") or chart_of(scope).namespace
        if pods is not None and not isinstance(pods, Mapping) and pods.namespace != own:
            problems.append(f"pods: {pods.name} is in namespace {pods.namespace}, and the policy in {own}")
        refuse(self.kind, name, problems)
        labels = pods if isinstance(pods, Mapping) or pods is None else pods.selector
        spec: Fields = {
            "podSelector": {"matchLabels": dict(labels)} if labels else {},
            "policyTypes": [*(["Ingress"] if ingress is not None else []), *(["Egress"] if egress is not None else [])],
            **present(
                ingress=[rule.fields("from", own) for rule in ingress or ()] or None,
                egress=[rule.fields("to", own) for rule in egress or ()] or None,
            ),
        }
        super().__init__(scope, name, {"spec": spec}, **options)
