"""The networks of the nodes: subnets that hold what they shall hold, and do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import combinations
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.machines import facts
from pilothouse.machines.facts import Network, Written
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_DNS = 10
"""Which address of the service subnet kubeadm gives to the cluster's DNS."""
_MOST = 16
"""Bits that a node's mask may be longer than the pod subnet's."""


@stack_check("NODE008", Severity.ERROR, "a DNS address that is not the tenth of the service subnet")
def dns_address(stack: Stack) -> Iterator[Problem]:
    """Every pod asks the address that its kubelet writes into ``/etc/resolv.conf``, and kubeadm serves the tenth.

    kubeadm gives the tenth address of ``networking.serviceSubnet`` to the Service ``kube-dns``. A kubelet, Kubespray
    variable (``skydns_server``) or Service that says another one sends each look-up of each pod into the void.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {serviceSubnet: 10.98.0.0/24}
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    clusterDNS: [10.96.0.10]
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {serviceSubnet: 10.98.0.0/24}
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    clusterDNS: [10.98.0.10]
    ```

    Source: kubeadm, "Implementation details", Addons.
    """
    if not stack.machine_files:
        return
    subnets = facts.networks(facts.written(stack.machine_documents, facts.SERVICE_SUBNET))
    for place, subnet in subnets:
        if subnet.num_addresses <= _DNS:
            message = f"{subnet} has {subnet.num_addresses} addresses, and DNS is given the tenth"
            yield Problem(place.document, message, place.path, "make it larger: a /24 has 256")
    tenth = {str(subnet[_DNS]): subnet for _, subnet in subnets if subnet.num_addresses > _DNS}
    if not tenth:
        return
    told: list[tuple[Manifest, tuple[str | int, ...], Any]] = [
        *facts.written(stack.machine_documents, facts.DNS_ADDRESS),
        *(
            (service, ("spec", "clusterIP"), (service.body.get("spec") or {}).get("clusterIP"))
            for service in stack.of_kind("", "Service")
            if (service.namespace, service.name) == ("kube-system", "kube-dns")
        ),
    ]
    for manifest, path, value in told:
        if value not in (None, "") and _normal(value) not in tenth:
            each = " or ".join(f"{address}, the tenth of {subnet}" for address, subnet in tenth.items())
            yield Problem(manifest, f"the cluster's DNS is at {value}, expected {each}", path)


def _normal(value: Any) -> str:
    return str(ip_address(value)) if facts.is_address(value) else str(value)


@stack_check("NODE009", Severity.ERROR, "a pod subnet with too few parts for the nodes")
def nodes(stack: Stack) -> Iterator[Problem]:
    """Each node is given a part of the pod subnet for its pods; a node that comes when all are given gets none.

    A subnet of ``/21`` has 16 parts of ``/25`` (``node-cidr-mask-size``). A node without one never becomes ready.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/24}
    controllerManager:
      extraArgs: [{name: node-cidr-mask-size, value: "23"}]
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/21}
    controllerManager:
      extraArgs: [{name: node-cidr-mask-size, value: "25"}]
    ```

    Source: kube-controller-manager, ``--node-cidr-mask-size`` and ``--cluster-cidr``.
    """
    if not stack.machine_files:
        return
    known = facts.hosts(stack.machine_documents)
    for place, subnet in facts.networks(facts.written(stack.machine_documents, facts.POD_SUBNET)):
        for mask, where in _masks(stack, subnet):
            said = f"a node's /{mask} ({where.place})" if where else f"a node's /{mask}, the default,"
            if not subnet.prefixlen <= mask <= subnet.max_prefixlen:
                yield Problem(place.document, f"{said} is no part of the pod subnet {subnet}", place.path)
            elif mask - subnet.prefixlen > _MOST:
                message = f"{said} is more than {_MOST} bits longer than the mask of the pod subnet {subnet}"
                yield Problem(place.document, message, place.path)
            elif len(known) > (parts := 2 ** (mask - subnet.prefixlen)):
                message = f"{subnet} has {parts} parts for {said} and the inventory names {len(known)} nodes"
                yield Problem(place.document, message, place.path, "take a larger subnet, or smaller parts")


def _masks(stack: Stack, subnet: Network) -> list[tuple[int, Written | None]]:
    """The masks that nodes get out of a subnet, each with its place; the default one where nothing is said."""
    fact = facts.NODE_MASK if subnet.version == 4 else facts.NODE_MASK_6
    found: dict[int, Written | None] = {}
    for each in facts.written(stack.machine_documents, fact):
        mask = facts.number_of(each.value)
        if mask is not None:
            found.setdefault(mask, each)
    return list(found.items()) or [(facts.DEFAULT_MASK[subnet.version], None)]


@stack_check("NODE010", Severity.ERROR, "more pods on a node than it has addresses")
def max_pods(stack: Stack) -> Iterator[Problem]:
    """A node gives each pod an address of its own part of the pod subnet, and the last pods find none left.

    A ``/25`` has 128 addresses, of which 126 can be given: ``maxPods`` of 80 fits, and leaves room for pods that are
    replaced. Where nothing is said, a kubelet takes 110 pods and a node has a ``/24``.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/21}
    controllerManager:
      extraArgs: [{name: node-cidr-mask-size, value: "25"}]
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    maxPods: 200
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/21}
    controllerManager:
      extraArgs: [{name: node-cidr-mask-size, value: "25"}]
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    maxPods: 80
    ```

    Source: Kubernetes documentation, "Kubelet Configuration (v1beta1)", ``maxPods``.
    """
    if not stack.machine_files:
        return
    documents = stack.machine_documents
    wanted = facts.written(documents, facts.MAX_PODS)
    for _, subnet in facts.networks(facts.written(documents, facts.POD_SUBNET)):
        for mask, where in _masks(stack, subnet):
            usable = 2 ** (subnet.max_prefixlen - mask) - 2 if mask <= subnet.max_prefixlen else 0
            for each in wanted:
                pods = facts.number_of(each.value)
                if pods is not None and pods > usable:
                    message = f"{pods} pods on a node, and its /{mask} has {max(usable, 0)} addresses for them"
                    yield Problem(each.document, message, each.path, "lower it, or give each node a larger part")
            if not wanted and where is not None and usable < facts.DEFAULT_MAX_PODS:
                message = f"a kubelet takes {facts.DEFAULT_MAX_PODS} pods where nothing is said, and a /{mask} has "
                fix = "say maxPods in a KubeletConfiguration, or give each node a larger part"
                yield Problem(where.document, f"{message}{max(usable, 0)} addresses for them", where.path, fix)


@stack_check("NODE011", Severity.ERROR, "networks that meet")
def overlaps(stack: Stack) -> Iterator[Problem]:
    """An address that lies in two networks is reached in one of them only.

    Pods, Services and the machines themselves each have addresses of their own; where two of these networks share
    some, packets for the one end in the other.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    localAPIEndpoint: {advertiseAddress: 10.244.1.7}
    ---
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.244.8.0/24}
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    localAPIEndpoint: {advertiseAddress: 172.22.0.1}
    ---
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.98.0.0/24}
    ```

    Source: Kubernetes documentation, "Cluster Networking".
    """
    if not stack.machine_files:
        return
    documents = stack.machine_documents
    known: list[tuple[str, Written, Network]] = []
    for name, fact in (("the pod subnet", facts.POD_SUBNET), ("the service subnet", facts.SERVICE_SUBNET)):
        for each in facts.written(documents, fact):
            network = facts.network_of(each.value)
            if network is None:
                message = f"{each.value!r} is no subnet: expected an address and a mask, such as 10.244.0.0/16"
                yield Problem(each.document, message, each.path)
            else:
                known.append((name, each, network))
    seen: set[tuple[Network, Network]] = set()
    for (name, _, network), (other, place, subnet) in combinations(known, 2):
        if name != other and (network, subnet) not in seen and network.overlaps(subnet):
            seen.add((network, subnet))
            yield Problem(place.document, f"{other} {subnet} meets {name} {network}", place.path)
    for each in facts.written(documents, facts.NODE_ADDRESS):
        if not facts.is_address(each.value):
            continue
        address = ip_address(each.value)
        inside = {f"{name} {network}": None for name, _, network in known if address in network}
        for name in inside:
            yield Problem(each.document, f"the node's address {each.value} lies in {name}", each.path)
