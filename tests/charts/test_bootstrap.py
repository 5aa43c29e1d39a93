"""The files for the machines as they stand in dist/_nodes/: the course's own values in dev, and what they derive."""

from __future__ import annotations

import configparser
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from pilothouse.environment import load, names
from pilothouse.yamlio import load_all

ROOT = Path(__file__).parents[2]
NODES = ROOT / "dist" / "_nodes"
ENVIRONMENTS = names(str(ROOT))


def documents(environment: str, path: str) -> list[dict[str, Any]]:
    return [document.value for document in load_all((NODES / environment / path).read_bytes(), file=path)]


def init_config(environment: str) -> dict[str, dict[str, Any]]:
    """kubeadm's documents, by their kinds."""
    return {each["kind"]: each for each in documents(environment, "kubeadm/init-config.yaml")}


def containerd(environment: str) -> dict[str, Any]:
    return tomllib.loads((NODES / environment / "containerd/config.toml").read_text())


def inventory(environment: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(allow_no_value=True, delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((NODES / environment / "kubespray/inventory.ini").read_text())
    return parser


def variables(environment: str) -> dict[str, Any]:
    (all_hosts,) = documents(environment, "kubespray/group_vars/all/all.yml")
    (of_cluster,) = documents(environment, "kubespray/group_vars/k8s_cluster/k8s-cluster.yml")
    return all_hosts | of_cluster


def test_the_labs_kubeadm_is_the_courses_own() -> None:
    lab = documents("dev", "kubeadm/init-config.yaml")
    assert lab == [
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": "172.22.0.1", "bindPort": 6443},
            "nodeRegistration": {
                "name": "tk8s-control-plane",
                "criSocket": "unix:///run/containerd/containerd.sock",
                "imagePullPolicy": "IfNotPresent",
                "taints": [],
            },
        },
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "clusterName": "tk8s",
            "kubernetesVersion": "1.32.2",
            "networking": {"dnsDomain": "tk8s.k8s", "podSubnet": "10.244.0.0/21", "serviceSubnet": "10.98.0.0/24"},
            "controllerManager": {"extraArgs": [{"name": "node-cidr-mask-size", "value": "25"}]},
            "imageRepository": "registry.k8s.io",
            "certificatesDir": "/etc/kubernetes/pki",
            "etcd": {"local": {"dataDir": "/var/lib/etcd"}},
        },
        {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables"},
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "maxPods": 80,
            "containerLogMaxFiles": 3,
            "containerLogMaxSize": "1Mi",
        },
    ]


def test_the_labs_containerd_is_the_courses_own() -> None:
    assert containerd("dev") == {
        "version": 2,
        "plugins": {
            "io.containerd.grpc.v1.cri": {
                "registry": {
                    "mirrors": {"dkreg.taroko:5000": {"endpoint": ["http://dkreg.taroko:5000"]}},
                    "configs": {"dkreg.taroko:5000": {"tls": {"insecure_skip_verify": True}}},
                },
                "containerd": {
                    "runtimes": {
                        "crun": {
                            "runtime_type": "io.containerd.runc.v2",
                            "base_runtime_spec": "/etc/containerd/cri-base.json",
                            "options": {"BinaryName": "/usr/bin/crun"},
                        },
                        "runsc": {
                            "runtime_type": "io.containerd.runsc.v1",
                            "options": {"BinaryName": "/usr/local/bin/runsc"},
                        },
                    }
                },
            }
        },
    }


def test_the_labs_inventory_is_the_courses_own() -> None:
    lab = inventory("dev")
    assert lab["all"] == {
        "tk8s-control-plane ansible_host": "172.22.0.1 ip=172.22.0.1",
        "tk8s-worker1 ansible_host": "172.22.0.2 ip=172.22.0.2",
        "tk8s-worker2 ansible_host": "172.22.0.3 ip=172.22.0.3",
    }
    assert list(lab["kube_control_plane"]) == list(lab["etcd"]) == ["tk8s-control-plane"]
    assert list(lab["kube_node"]) == ["tk8s-worker1", "tk8s-worker2"]
    assert list(lab["k8s_cluster:children"]) == ["kube_control_plane", "kube_node"]
    assert (variables("dev")["minimal_node_memory_mb"], variables("dev")["kube_network_plugin"]) == (1024, "canal")
    assert variables("dev")["skydns_server"] == "10.98.0.10"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubeadm_and_kubespray_set_up_the_same_cluster(environment: str) -> None:
    kubeadm, kubespray = init_config(environment), variables(environment)
    networking = kubeadm["ClusterConfiguration"]["networking"]
    assert kubespray["kube_pods_subnet"] == networking["podSubnet"]
    assert kubespray["kube_service_addresses"] == networking["serviceSubnet"]
    assert kubespray["cluster_name"] == networking["dnsDomain"]
    assert kubespray["kube_version"] == kubeadm["ClusterConfiguration"]["kubernetesVersion"]
    assert kubespray["kubelet_max_pods"] == kubeadm["KubeletConfiguration"]["maxPods"]
    (mask,) = kubeadm["ClusterConfiguration"]["controllerManager"]["extraArgs"]
    assert str(kubespray["kube_network_node_prefix"]) == mask["value"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_networks_hold_what_they_shall(environment: str) -> None:
    kubeadm, hosts = init_config(environment), inventory(environment)
    networking = kubeadm["ClusterConfiguration"]["networking"]
    pods, services = ip_network(networking["podSubnet"]), ip_network(networking["serviceSubnet"])
    mask = int(kubeadm["ClusterConfiguration"]["controllerManager"]["extraArgs"][0]["value"])
    parts = list(pods.subnets(new_prefix=mask))
    assert len(parts) >= len(hosts["all"])
    assert kubeadm["KubeletConfiguration"]["maxPods"] <= len(list(parts[0].hosts()))
    assert not pods.overlaps(services)
    assert str(services[10]) == variables(environment)["skydns_server"]
    for address in [line.partition(" ")[0] for line in hosts["all"].values()]:
        assert ip_address(address) not in pods
        assert ip_address(address) not in services
    assert len(set(hosts["all"].values())) == len(hosts["all"])


@pytest.mark.parametrize("environment", [name for name in ENVIRONMENTS if name != "dev"])
def test_beyond_the_lab_no_control_plane_stands_alone(environment: str) -> None:
    hosts, kubeadm = inventory(environment), init_config(environment)
    assert len(hosts["kube_control_plane"]) % 2 == 1
    assert len(hosts["kube_control_plane"]) >= 3
    assert kubeadm["ClusterConfiguration"]["controlPlaneEndpoint"].endswith(":6443")
    assert "taints" not in kubeadm["InitConfiguration"]["nodeRegistration"]
    assert kubeadm["InitConfiguration"]["nodeRegistration"]["name"] == next(iter(hosts["kube_control_plane"]))
    assert "registry" not in containerd(environment)["plugins"]["io.containerd.grpc.v1.cri"]


def test_no_two_environments_share_a_network() -> None:
    subnets = []
    for environment in ENVIRONMENTS:
        networking = init_config(environment)["ClusterConfiguration"]["networking"]
        subnets += [ip_network(networking["podSubnet"]), ip_network(networking["serviceSubnet"])]
    for number, one in enumerate(subnets):
        assert not any(one.overlaps(other) for other in subnets[number + 1 :])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_release_is_one_of_the_environments_minor(environment: str) -> None:
    version = init_config(environment)["ClusterConfiguration"]["kubernetesVersion"]
    assert version.rpartition(".")[0] == load(str(ROOT), environment).kubernetes_version
