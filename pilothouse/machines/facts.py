"""Facts: what the files for machines say of the cluster, each value with its place, whichever file says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.lenient import mappings
from pilothouse.machines.content import format_of
from pilothouse.machines.file import MachineDocument

Network = IPv4Network | IPv6Network


class Written(NamedTuple):
    """One value in one file."""

    document: MachineDocument
    path: FieldPath
    value: Any

    @property
    def place(self) -> str:
        """``networking.podSubnet of kubeadm/init-config.yaml``."""
        return f"{format_path(self.path)} of {self.document.file.path}"


class Argument(NamedTuple):
    """A step of a path: the value of one of a component's arguments, which stand as a list of names and values."""

    name: str


class Fact(NamedTuple):
    """Where one thing is said."""

    places: tuple[tuple[str, tuple[str | Argument, ...]], ...] = ()
    """The kind of a configuration, and the path in it."""
    variables: tuple[str, ...] = ()
    """The variables of Kubespray that say it."""
    of_hosts: tuple[str, ...] = ()
    """The variables of an inventory's hosts that say it."""


_ARGUMENTS = ("controllerManager", "extraArgs")

SERVICE_SUBNET = Fact((("ClusterConfiguration", ("networking", "serviceSubnet")),), ("kube_service_addresses",))
POD_SUBNET = Fact(
    (("ClusterConfiguration", ("networking", "podSubnet")), ("KubeProxyConfiguration", ("clusterCIDR",))),
    ("kube_pods_subnet",),
)
NODE_MASK = Fact(
    (
        ("ClusterConfiguration", (*_ARGUMENTS, Argument("node-cidr-mask-size"))),
        ("ClusterConfiguration", (*_ARGUMENTS, Argument("node-cidr-mask-size-ipv4"))),
    ),
    ("kube_network_node_prefix",),
)
NODE_MASK_6 = Fact(
    (("ClusterConfiguration", (*_ARGUMENTS, Argument("node-cidr-mask-size-ipv6"))),), ("kube_network_node_prefix_ipv6",)
)
MAX_PODS = Fact((("KubeletConfiguration", ("maxPods",)),), ("kubelet_max_pods",))
DNS_ADDRESS = Fact((("KubeletConfiguration", ("clusterDNS",)),), ("skydns_server",))
DNS_DOMAIN = Fact(
    (("ClusterConfiguration", ("networking", "dnsDomain")), ("KubeletConfiguration", ("clusterDomain",))),
    ("cluster_name", "dns_domain"),
)
CLUSTER_NAME = Fact((("ClusterConfiguration", ("clusterName",)),))
KUBERNETES_VERSION = Fact((("ClusterConfiguration", ("kubernetesVersion",)),), ("kube_version",))
CRI_SOCKET = Fact(
    (
        ("InitConfiguration", ("nodeRegistration", "criSocket")),
        ("JoinConfiguration", ("nodeRegistration", "criSocket")),
        ("ResetConfiguration", ("criSocket",)),
        ("KubeletConfiguration", ("containerRuntimeEndpoint",)),
    ),
    ("cri_socket",),
)
NODE_ADDRESS = Fact(
    (
        ("InitConfiguration", ("localAPIEndpoint", "advertiseAddress")),
        ("JoinConfiguration", ("controlPlane", "localAPIEndpoint", "advertiseAddress")),
    ),
    of_hosts=("ansible_host", "ip", "access_ip"),
)

HOST_GROUPS = ("kube_control_plane", "kube_node")
"""The groups of Kubespray's inventory whose hosts are nodes of the cluster."""

DEFAULT_MASK = {4: 24, 6: 64}
"""The mask of a node's pods where nothing is said. Source: kube-controller-manager, ``--node-cidr-mask-size-ipv4``."""
DEFAULT_MAX_PODS = 110
"""Source: Kubernetes documentation, "Kubelet Configuration (v1beta1)", ``maxPods``."""

# These compile where they are first needed: most stacks have no file for machines.
_VARIABLES = r"(^|/)(group_vars|host_vars)/"
_PAIR = r"([\w.-]+)=(\S+)"


def written(documents: Iterable[MachineDocument], fact: Fact) -> list[Written]:
    """Every value that says one thing, in the order of the files; lists and dual-stack pairs give each their own.

    What a template fills in later (``{{ … }}``) is left out.

    :param documents: those of one environment.
    """
    found: list[Written] = []
    for document in documents:
        for path, value in _in_document(document, fact):
            for each, below in _each(value):
                if each not in (None, "") and "{{" not in str(each):
                    found.append(Written(document, (*path, *below), each))
    return found


def _in_document(document: MachineDocument, fact: Fact) -> Iterator[tuple[FieldPath, Any]]:
    if format_of(document.file.path) == "INI":
        yield from ((path, value) for path, name, value in _host_variables(document) if name in fact.of_hosts)
    elif document.kind:
        for kind, steps in fact.places:
            if kind == document.kind:
                yield from _at(document.body, steps, ())
    elif re.search(_VARIABLES, document.file.path):
        yield from (((name,), document.body[name]) for name in fact.variables if name in document.body)


def _at(value: Any, steps: tuple[str | Argument, ...], path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    if not steps:
        yield path, value
        return
    step = steps[0]
    if isinstance(step, Argument):
        for index, pair in mappings(value):
            if pair.get("name") == step.name and "value" in pair:
                yield (*path, index, "value"), pair["value"]
    elif isinstance(value, dict) and step in value:
        yield from _at(value[step], steps[1:], (*path, step))


def _each(value: Any) -> Iterator[tuple[Any, FieldPath]]:
    if isinstance(value, list):
        yield from ((item, (index,)) for index, item in enumerate(value))
    elif isinstance(value, str) and "," in value:
        yield from ((part.strip(), ()) for part in value.split(","))
    else:
        yield value, ()


def _host_variables(document: MachineDocument) -> Iterator[tuple[FieldPath, str, str]]:
    for section, lines in document.body.items():
        if ":" not in section:
            for line in lines:
                host, *pairs = line.split()
                yield from (((section, host), name, value) for name, value in re.findall(_PAIR, " ".join(pairs)))


def hosts(documents: Iterable[MachineDocument]) -> list[Written]:
    """The nodes that the inventories name, each once."""
    found: dict[str, Written] = {}
    for document in documents:
        if format_of(document.file.path) == "INI":
            for group in HOST_GROUPS:
                for line in document.body.get(group, ()):
                    name = line.split()[0]
                    found.setdefault(name, Written(document, (group, name), name))
    return list(found.values())


def networks(values: Iterable[Written]) -> list[tuple[Written, Network]]:
    """The subnets among some values; what is none is left out."""
    found = []
    for each in values:
        network = network_of(each.value)
        if network is not None:
            found.append((each, network))
    return found


def network_of(value: Any) -> Network | None:
    """A value as a subnet, host bits dropped as Kubernetes drops them; None where it is none."""
    if not isinstance(value, str) or "/" not in value:
        return None
    try:
        return ip_network(ip_interface(value).network)
    except ValueError:
        return None


def is_address(value: Any) -> bool:
    """Whether a value is an IP address."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def number_of(value: Any) -> int | None:
    """A value as a number, written as one or as a string; None where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None
