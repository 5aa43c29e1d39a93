"""Services of every type: stable names and addresses in front of pods, or of what runs outside the cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

import constructs
from pilothouse_kit.addresses import endpoint_family, host_problems, is_host, network
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse, single_texts
from pilothouse_kit.workloads import Selected

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
"""How a Service is reached; ExternalName is a construct of its own."""

_PORT = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Service(KubernetesObject):
    """One name and address for the pods of a workload: a ``v1 Service``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, which is its DNS name in its namespace too.
    :param ports: port name to the Service's own number; the target is the workload's port of the same name. Without
        a workload, the target is the same number.
    :param selects: the workload whose pods it sends to; None for one whose endpoints somebody else writes.
    :param type: how it is reached.
    :param headless: whether its name resolves to the pods' own addresses (``clusterIP: None``).
    :param node_ports: port name to the number on every node, 30000 to 32767, for NodePort and LoadBalancer.
    :param session_affinity: whether each client keeps to one pod (``ClientIP``).
    :param external_traffic: ``Local`` keeps the client's address and stays on the node that was reached.
    :param load_balancer_class: which controller provides the load balancer.
    :param source_ranges: CIDRs that the load balancer takes clients from; all where none is given.
    :param publish_not_ready: whether pods are in its DNS name before they are ready.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, Service.
    """

    api_version = "v1"
    kind = "Service"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        ports: Mapping[str, int],
        selects: Selected | None = None,
        type: ServiceType = "ClusterIP",
        headless: bool = False,
        node_ports: Mapping[str, int] | None = None,
        session_affinity: bool = False,
        external_traffic: Literal["Cluster", "Local"] | None = None,
        load_balancer_class: str | None = None,
        source_ranges: Sequence[str] = (),
        publish_not_ready: bool = False,
        **options: Unpack[ObjectFields],
    ) -> None:
        self.ports = dict(ports)
        """Port name to the Service's own number."""
        on_nodes = dict(node_ports or {})
        problems = _port_problems(self.ports, selects) + _node_port_problems(self.ports, on_nodes, type)
        problems += single_texts(source_ranges=source_ranges) or _range_problems(source_ranges)
        if not ports and not headless:
            problems.append("ports: expected one or more")
        if headless and type != "ClusterIP":
            problems.append(f"headless: a {type} Service has an address, only a ClusterIP one can be headless")
        if external_traffic is not None and type == "ClusterIP":
            problems.append("external_traffic: nothing from outside reaches a ClusterIP Service")
        for argument, given in (("load_balancer_class", load_balancer_class), ("source_ranges", source_ranges)):
            if given and type != "LoadBalancer":
                problems.append(f"{argument}: a {type} Service has no load balancer")
        refuse(self.kind, name, problems)
        spec: Fields = {"type": type}
        if headless:
            spec["clusterIP"] = "None"
        if selects is not None:
            spec["selector"] = dict(selects.selector)
        spec["ports"] = [_port(port, number, selects, on_nodes.get(port)) for port, number in self.ports.items()]
        spec |= present(
            sessionAffinity="ClientIP" if session_affinity else None,
            externalTrafficPolicy=external_traffic,
            loadBalancerClass=load_balancer_class,
            loadBalancerSourceRanges=list(source_ranges) or None,
            publishNotReadyAddresses=True if publish_not_ready else None,
        )
        super().__init__(scope, name, {"spec": spec}, **options)


def _port(name: str, number: int, selects: Selected | None, node_port: int | None) -> Fields:
    protocol = selects.ports[name].protocol if selects is not None else "TCP"
    return {
        "name": name,
        **present(protocol=None if protocol == "TCP" else protocol),
        "port": number,
        "targetPort": name if selects is not None else number,
        **present(nodePort=node_port),
    }


def _port_problems(ports: Mapping[str, int], selects: Selected | None) -> list[str]:
    problems = [
        f"ports: {name!r} is no name of a port: up to 63 of a-z, 0-9 and '-' inside"
        for name in ports
        if not _PORT.fullmatch(name)
    ]
    problems += [
        f"ports: {name} is {number}, expected 1 to 65535" for name, number in ports.items() if not 1 <= number <= 65535
    ]
    known = {} if selects is None else selects.ports
    taken: dict[tuple[int, str], str] = {}
    for name, number in ports.items():
        first = taken.setdefault((number, known[name].protocol if name in known else "TCP"), name)
        if first != name:
            problems.append(f"ports: {first} and {name} are both {number}")
    if selects is not None:
        problems += [
            f"ports: {selects.name} has no port named {port!r}, it has {', '.join(selects.ports) or 'none'}"
            for port in ports
            if port not in selects.ports
        ]
    return problems


def _node_port_problems(ports: Mapping[str, int], node_ports: Mapping[str, int], type: ServiceType) -> list[str]:
    problems = [
        f"node_ports: {port} is {number}, expected 30000 to 32767"
        for port, number in node_ports.items()
        if not 30000 <= number <= 32767
    ]
    problems += [
        f"node_ports: {port!r} is no port of this Service ({', '.join(ports)})"
        for port in node_ports
        if port not in ports
    ]
    if len({*node_ports.values()}) < len(node_ports):
        problems.append("node_ports: two ports have one number")
    if node_ports and type == "ClusterIP":
        problems.append("node_ports: a ClusterIP Service has none, use type='NodePort'")
    return problems


def _range_problems(ranges: Sequence[str]) -> list[str]:
    problems = []
    for each in ranges:
        try:
            network(each)
        except ValueError as error:
            problems.append(f"source_ranges: {error}")
    return problems


class ExternalName(KubernetesObject):
    """A name in the cluster for a host outside: a ``v1 Service`` of type ExternalName, which DNS answers by a CNAME.

    It has no selector and no endpoints: clients go on by themselves, and TLS sees the name that they asked for.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param host: the outside host's DNS name; an address needs a Service without selector and an EndpointSlice.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where the host is no DNS name.

    Source: Kubernetes documentation, Service, "type: ExternalName".
    """

    api_version = "v1"
    kind = "Service"

    def __init__(self, scope: constructs.Construct, name: str, *, host: str, **options: Unpack[ObjectFields]) -> None:
        # The only name that may end with a dot.
        if not is_host(host.removesuffix(".")):
            address = host.replace(".", "").isdecimal() or ":" in host
            what = "host: an address needs a Service without selects and an EndpointSlice"
            refuse("ExternalName", name, [what] if address else host_problems("host", host, wildcard=False))
        super().__init__(scope, name, {"spec": {"type": "ExternalName", "externalName": host}}, **options)


class EndpointSlice(KubernetesObject):
    """The addresses behind a Service that selects no pods: a ``discovery.k8s.io/v1 EndpointSlice``.

    :param scope: the chart or construct that it stands in.
    :param service: the Service that it belongs to; it takes the ports' names from there.
    :param addresses: IP addresses of one family.
    :param port: the number that is reached there, for every port of the Service; its own where it is not given.
    :param name: ``metadata.name``; the Service's with ``-1`` where it is not given.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where the addresses are none, or of both families, or the Service selects pods.

    Source: Kubernetes documentation, Service, "Services without selectors".
    """

    api_version = "discovery.k8s.io/v1"
    kind = "EndpointSlice"

    def __init__(
        self,
        scope: constructs.Construct,
        *,
        service: Service,
        addresses: Sequence[str],
        port: int | None = None,
        name: str | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        name = name or f"{service.name}-1"
        families, problems = set(), single_texts(addresses=addresses)
        for address in () if problems else addresses:
            try:
                families.add(endpoint_family(address))
            except ValueError as error:
                problems.append(f"addresses: {error}")
        if port is not None and not 1 <= port <= 65535:
            problems.append(f"port: {port}, expected 1 to 65535")
        if len(families) > 1:
            problems.append("addresses: IPv4 and IPv6 together, expected an EndpointSlice for each")
        if not addresses:
            problems.append("addresses: expected one or more")
        if "selector" in service.manifest.body["spec"]:
            problems.append(f"service: {service.name} selects pods, and its endpoints are written by the cluster")
        refuse(self.kind, name, problems)
        belongs = {
            "kubernetes.io/service-name": service.name,
            "endpointslice.kubernetes.io/managed-by": "pilothouse",
        }
        fields: Fields = {
            "addressType": "IPv6" if families == {6} else "IPv4",
            "endpoints": [{"addresses": [address]} for address in addresses],
            "ports": [{"name": key, "port": port or number} for key, number in service.ports.items()],
        }
        options["labels"] = {**belongs, **options.get("labels", {})}
        super().__init__(scope, name, fields, **options)
