"""Services of every type: stable names and addresses in front of pods, or of what runs outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import constructs
from pilothouse_kit.object import Fields, KubernetesObject, present
from pilothouse_kit.workloads import Deployment

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
"""How a Service is reached; ExternalName is a construct of its own."""


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
    :param publish_not_ready: whether pods are in its DNS name before they are ready.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.
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
        selects: Deployment | None = None,
        type: ServiceType = "ClusterIP",
        headless: bool = False,
        node_ports: Mapping[str, int] | None = None,
        session_affinity: bool = False,
        external_traffic: Literal["Cluster", "Local"] | None = None,
        load_balancer_class: str | None = None,
        publish_not_ready: bool = False,
        **options: Any,
    ) -> None:
        self.ports = dict(ports)
        """Port name to the Service's own number."""
        _refuse(name, self.ports, selects, type, headless, node_ports or {}, external_traffic, load_balancer_class)
        spec: Fields = {"type": type}
        if headless:
            spec["clusterIP"] = "None"
        if selects is not None:
            spec["selector"] = selects.selector
        spec["ports"] = [
            {
                "name": port,
                "port": number,
                "targetPort": port if selects is not None else number,
                **present(nodePort=(node_ports or {}).get(port)),
            }
            for port, number in self.ports.items()
        ]
        spec |= present(
            sessionAffinity="ClientIP" if session_affinity else None,
            externalTrafficPolicy=external_traffic,
            loadBalancerClass=load_balancer_class,
            publishNotReadyAddresses=True if publish_not_ready else None,
        )
        super().__init__(scope, name, {"spec": spec}, **options)


def _refuse(
    name: str,
    ports: Mapping[str, int],
    selects: Deployment | None,
    type: ServiceType,
    headless: bool,
    node_ports: Mapping[str, int],
    external_traffic: str | None,
    load_balancer_class: str | None,
) -> None:
    problems = [
        f"node_ports: {port} is {number}, expected 30000 to 32767"
        for port, number in node_ports.items()
        if not 30000 <= number <= 32767
    ]
    problems += [
        f"node_ports: {port!r} is no port of this Service ({', '.join(ports)})" for port in node_ports.keys() - ports
    ]
    if selects is not None:
        problems += [
            f"ports: {selects.name} has no port named {port!r}, it has {', '.join(selects.ports) or 'none'}"
            for port in ports
            if port not in selects.ports
        ]
    if node_ports and type == "ClusterIP":
        problems.append("node_ports: a ClusterIP Service has none, use type='NodePort'")
    if headless and type != "ClusterIP":
        problems.append(f"headless: a {type} Service has an address, only a ClusterIP one can be headless")
    if external_traffic is not None and type == "ClusterIP":
        problems.append("external_traffic: nothing from outside reaches a ClusterIP Service")
    if load_balancer_class is not None and type != "LoadBalancer":
        problems.append(f"load_balancer_class: a {type} Service has no load balancer")
    if problems:
        raise ValueError(f"Service {name}: {'; '.join(problems)}")


class ExternalName(KubernetesObject):
    """A name in the cluster for a host outside: a ``v1 Service`` of type ExternalName, which DNS answers by a CNAME.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param host: the outside host's DNS name.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

    Source: Kubernetes documentation, Service, "type: ExternalName".
    """

    api_version = "v1"
    kind = "Service"

    def __init__(self, scope: constructs.Construct, name: str, *, host: str, **options: Any) -> None:
        super().__init__(scope, name, {"spec": {"type": "ExternalName", "externalName": host}}, **options)


class EndpointSlice(KubernetesObject):
    """The addresses behind a Service that selects no pods: a ``discovery.k8s.io/v1 EndpointSlice``.

    :param scope: the chart or construct that it stands in.
    :param service: the Service that it belongs to; it takes the ports' names from there.
    :param addresses: IP addresses of one family.
    :param port: the number that is reached there, for every port of the Service; its own where it is not given.
    :param name: ``metadata.name``; the Service's with ``-1`` where it is not given.
    :param options: ``namespace``, ``labels``, ``annotations``, ``patch``: see :class:`KubernetesObject`.

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
        labels: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        belongs = {
            "kubernetes.io/service-name": service.name,
            "endpointslice.kubernetes.io/managed-by": "pilothouse",
        }
        fields: Fields = {
            "addressType": "IPv6" if all(":" in address for address in addresses) else "IPv4",
            "endpoints": [{"addresses": [address]} for address in addresses],
            "ports": [{"name": key, "port": port or number} for key, number in service.ports.items()],
        }
        super().__init__(scope, name or f"{service.name}-1", fields, labels={**belongs, **(labels or {})}, **options)
