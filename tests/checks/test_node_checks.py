"""The checks of files for machines, in more cases than their pages hold."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.checks import check_stack
from pilothouse.environment import Cluster
from pilothouse.finding import Position
from pilothouse.machines.content import write
from pilothouse.machines.file import MachineFile
from pilothouse.machines.ini import Ini
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.32")
ENVIRONMENT = msgspec.structs.replace(somebodys("1.32"), cluster=Cluster(name="tk8s", domain="tk8s.k8s"))
VARIABLES = "kubespray/group_vars/k8s_cluster/k8s-cluster.yml"


def kubeadm(kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "kubeadm.k8s.io/v1beta4", "kind": kind, **fields}


def cluster(pods: str = "", services: str = "", mask: object = None, **fields: Any) -> dict[str, Any]:
    networking = {"podSubnet": pods, "serviceSubnet": services}
    if mask is not None:
        fields["controllerManager"] = {"extraArgs": [{"name": "node-cidr-mask-size", "value": str(mask)}]}
    return kubeadm("ClusterConfiguration", networking={k: v for k, v in networking.items() if v}, **fields)


def kubelet(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", **fields}


def found(*documents: dict[str, Any], objects: tuple[dict[str, Any], ...] = (), **files: Any) -> list[tuple[str, str]]:
    """The code and message of each finding.

    :param documents: those of ``init.yaml``.
    :param files: further ones: ``inventory`` (groups and hosts), ``variables``, ``containerd``.
    """
    contents: dict[str, Any] = {"init.yaml": list(documents)} if documents else {}
    if "inventory" in files:
        contents["inventory.ini"] = Ini(files["inventory"])
    if "variables" in files:
        contents[VARIABLES] = [files["variables"]]
    if "containerd" in files:
        contents["config.toml"] = files["containerd"]
    made = [MachineFile(path, write(path, content), Position(path, 1)) for path, content in contents.items()]
    manifests = [Manifest(body, Position("charts/a.py", 1)) for body in objects]
    return [(each.code, each.message) for each in check_stack(Stack(ENVIRONMENT, CATALOGUE, manifests, made))]


def codes(*documents: dict[str, Any], **rest: Any) -> list[str]:
    return [code for code, _ in found(*documents, **rest)]


def nodes(count: int) -> dict[str, list[str]]:
    return {
        "all": [],
        "kube_node": [f"node{number} ip=172.22.{number // 256}.{number % 256}" for number in range(count)],
    }


def test_the_lab_is_right() -> None:
    lab = cluster("10.244.0.0/21", "10.98.0.0/24", 25, clusterName="tk8s", kubernetesVersion="1.32.2")
    variables = {"skydns_server": "10.98.0.10", "kube_service_addresses": "10.98.0.0/24", "kubelet_max_pods": 80}
    assert found(lab, kubelet(maxPods=80), inventory=nodes(16), variables=variables) == []


@settings(deadline=None)
@given(st.integers(8, 30), st.integers(8, 30), st.integers(0, 40))
def test_the_subnet_has_room_for_the_nodes_or_it_is_told(prefix: int, mask: int, count: int) -> None:
    subnet = IPv4Network((10 << 24, prefix))
    told = "NODE009" in codes(cluster(str(subnet), mask=mask), kubelet(maxPods=0), inventory=nodes(count))
    room = subnet.num_addresses // IPv4Network((0, mask)).num_addresses if prefix <= mask <= prefix + 16 else 0
    assert told == (room < count or room == 0)


@settings(deadline=None)
@given(st.integers(16, 30), st.integers(1, 600))
def test_a_nodes_part_has_room_for_its_pods_or_it_is_told(mask: int, pods: int) -> None:
    usable = IPv4Network((10 << 24, mask)).num_addresses - 2  # without the network's own and that of broadcasts
    told = "NODE010" in codes(cluster("10.0.0.0/16", mask=mask), kubelet(maxPods=pods))
    assert told == (pods > usable)


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.integers(1, 32), st.ip_addresses(v=4), st.integers(1, 32))
def test_subnets_that_share_an_address_are_told(one: Any, first: int, other: Any, second: int) -> None:
    pods, services = IPv4Network((one, first), strict=False), IPv4Network((other, second), strict=False)
    told = "NODE011" in codes(cluster(str(pods), str(services)))
    shared = pods.network_address <= services.broadcast_address and services.network_address <= pods.broadcast_address
    assert told == shared


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.integers(8, 28), st.integers(0, 20))
def test_dns_is_the_tenth_address(base: Any, prefix: int, at: int) -> None:
    subnet = IPv4Network((base, prefix), strict=False)
    address = str(subnet.network_address + at) if int(subnet.network_address) + at < 2**32 else "0.0.0.1"
    assert ("NODE008" in codes(cluster(services=str(subnet)), kubelet(clusterDNS=[address]))) == (at != 10)


def test_dns_is_compared_wherever_it_stands() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"clusterIP": "10.98.0.2"},
    }
    told = found(cluster(services="10.98.0.0/24"), objects=(service,), variables={"skydns_server": "10.98.0.3"})
    assert [message for code, message in told if code == "NODE008"] == [
        "the cluster's DNS is at 10.98.0.3, expected 10.98.0.10, the tenth of 10.98.0.0/24",
        "the cluster's DNS is at 10.98.0.2, expected 10.98.0.10, the tenth of 10.98.0.0/24",
    ]
    assert "NODE008" in codes(cluster(services="10.98.0.0/29"))


def test_both_families_of_addresses_count() -> None:
    both = cluster("10.244.0.0/16,fd00:10:244::/56", "10.98.0.0/24,fd00:10:98::/112")
    assert codes(both, kubelet(clusterDNS=["10.98.0.10", "fd00:10:98::a"])) == []
    assert codes(both, kubelet(clusterDNS=["fd00:10:98::b"])) == ["NODE008"]
    assert codes(cluster("fd00::/80")) == ["NODE009"]


def test_templates_and_foreign_files_are_not_judged() -> None:
    assert codes(cluster(services="10.98.0.0/24"), variables={"skydns_server": "{{ dns }}"}) == []
    assert codes(variables={"kube_pods_subnet": "10.98.0.0/16", "kube_service_addresses": "10.98.0.0/24"}) == [
        "NODE011"
    ]


def test_a_machine_in_the_pods_network_is_told() -> None:
    inventory = {"all": ["a ansible_host=10.244.0.7"], "kube_node": ["a"]}
    ((code, message),) = found(cluster("10.244.0.0/16"), inventory=inventory)
    assert (code, message) == ("NODE011", "the node's address 10.244.0.7 lies in the pod subnet 10.244.0.0/16")
    assert codes(cluster("everything")) == ["NODE011"]


def test_without_a_mask_the_defaults_count() -> None:
    assert codes(cluster("10.244.0.0/24"), inventory=nodes(2)) == ["NODE009"]
    assert codes(cluster("10.244.0.0/16"), kubelet(maxPods=255)) == ["NODE010"]
    assert codes(cluster("10.244.0.0/16", mask=26)) == ["NODE010"]


@pytest.mark.parametrize(
    ("version", "told"),
    [("1.32.9", False), ("v1.32.2", False), ("stable-1.32", False), ("v1.33.0", True), ("1.3.2", True)],
)
def test_the_version_is_the_environments(version: str, told: bool) -> None:
    assert codes(cluster(kubernetesVersion=version)) == ["NODE012"] * told


def test_names_are_the_environments() -> None:
    assert codes(cluster(clusterName="kubernetes"), kubelet(clusterDomain="cluster.local")) == ["NODE013", "NODE013"]
    assert codes(kubelet(clusterDomain="tk8s.k8s"), variables={"cluster_name": "tk8s.k8s"}) == []


@pytest.mark.parametrize(
    ("socket", "told"),
    [
        ("unix:///run/containerd/containerd.sock", False),
        ("npipe:////./pipe/containerd-containerd", False),
        ("/run/containerd/containerd.sock", True),
        ("unix://run/containerd.sock", True),
        ("unix:///", True),
        ("tcp://127.0.0.1:1", True),
    ],
)
def test_a_socket_has_its_scheme_and_whole_path(socket: str, told: bool) -> None:
    init = kubeadm("InitConfiguration", nodeRegistration={"criSocket": socket})
    assert codes(init) == ["NODE014"] * told
    assert codes(kubelet(containerRuntimeEndpoint=socket)) == ["NODE014"] * told


def test_files_agree() -> None:
    lab = cluster("10.244.0.0/21", "10.98.0.0/24", 25, kubernetesVersion="v1.32.2")
    agreed = {"kube_pods_subnet": "10.244.0.0/21", "kube_network_node_prefix": 25, "kube_version": "1.32.2"}
    assert codes(lab, kubelet(maxPods=80), variables=agreed) == []
    told = found(lab, kubelet(maxPods=80), variables={"kube_network_node_prefix": 24, "kubelet_max_pods": 90})
    assert told == [
        (
            "NODE015",
            "the mask of a node's pods is 24 here, and 25 in controllerManager.extraArgs[0].value of init.yaml",
        ),
        ("NODE015", "the number of pods on a node is 90 here, and 80 in maxPods of init.yaml"),
    ]


def runtime_class(handler: str) -> dict[str, Any]:
    return {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": handler}, "handler": handler}


@pytest.mark.parametrize("plugin", ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"])
def test_handlers_and_runtimes_agree(plugin: str) -> None:
    containerd = {"plugins": {plugin: {"containerd": {"runtimes": {"crun": {}, "runsc": {}}}}}}
    both = (runtime_class("crun"), runtime_class("runsc"))
    assert codes(containerd=containerd, objects=both) == []
    assert codes(containerd=containerd, objects=both[:1]) == ["NODE017"]
    assert codes(containerd=containerd, objects=(*both, runtime_class("kata"))) == ["NODE016"]
    assert codes(containerd=containerd, objects=(*both, runtime_class("runc"))) == []
    assert codes(containerd=containerd) == []
    assert codes(objects=both) == []
