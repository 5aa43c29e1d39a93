"""The kit's documents for nodes: what is given stands in its place, what is not given is left to the program."""

from __future__ import annotations

import pytest

from pilothouse.schemas.node_kinds import of_minor
from pilothouse_kit.nodes import (
    ClusterConfiguration,
    ContainerdRuntime,
    InitConfiguration,
    KubeletConfiguration,
    KubeProxyConfiguration,
    KubesprayHost,
    NodeDocument,
    dns_service_address,
)

CLUSTER = ClusterConfiguration("lab", "1.32.2", "10.244.0.0/21", "10.98.0.0/24")


def test_what_is_not_given_is_not_written() -> None:
    assert InitConfiguration("a", "10.0.0.1").document() == {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": "10.0.0.1", "bindPort": 6443},
        "nodeRegistration": {"name": "a", "criSocket": "unix:///run/containerd/containerd.sock"},
    }
    assert set(CLUSTER.document()) == {"apiVersion", "kind", "clusterName", "kubernetesVersion", "networking"}
    assert set(KubeletConfiguration().document()) == {"apiVersion", "kind"}
    assert ContainerdRuntime("kata").fields() == {"runtime_type": "io.containerd.runc.v2"}


def test_no_taints_and_nothing_said_of_taints_are_two_things() -> None:
    """kubeadm keeps pods off where nothing is said, and lets them in where the list is empty."""
    assert "taints" not in InitConfiguration("a", "10.0.0.1").document()["nodeRegistration"]
    assert InitConfiguration("a", "10.0.0.1", taints=[]).document()["nodeRegistration"]["taints"] == []


def test_any_other_field_is_reached_by_more() -> None:
    extra = {"networking": {"dnsDomain": "lab.k8s"}, "apiServer": {"certSANs": ["api.example.com"]}}
    document = ClusterConfiguration("lab", "1.32.2", "10.0.0.0/16", "10.1.0.0/24", node_mask=25, more=extra).document()
    assert document["networking"] == {
        "dnsDomain": "lab.k8s",
        "podSubnet": "10.0.0.0/16",
        "serviceSubnet": "10.1.0.0/24",
    }
    assert document["apiServer"] == {"certSANs": ["api.example.com"]}
    assert document["controllerManager"] == {"extraArgs": [{"name": "node-cidr-mask-size", "value": "25"}]}


@pytest.mark.parametrize("minor", ["1.31", "1.36"])
@pytest.mark.parametrize(
    "document",
    [
        InitConfiguration(
            "a", "10.0.0.1", 443, image_pull_policy="Never", taints=[{"key": "a", "effect": "NoExecute"}]
        ),
        ClusterConfiguration(
            "lab",
            "1.32.2",
            "10.0.0.0/16",
            "10.1.0.0/24",
            node_mask=25,
            control_plane_endpoint="api.example.com:6443",
            image_repository="registry.example.com",
            certificates_dir="/etc/pki",
            etcd_data_dir="/data",
        ),
        KubeProxyConfiguration("nftables"),
        KubeletConfiguration(80, 3, "1Mi"),
    ],
    ids=lambda document: document.kind,
)
def test_each_document_fits_its_schema(document: NodeDocument, minor: str) -> None:
    kinds = of_minor(minor)
    assert kinds.unknown(document.document()) is None
    assert kinds.validate(document.document()) == []


def test_the_address_of_dns_is_the_tenth() -> None:
    assert dns_service_address("10.98.0.0/24") == "10.98.0.10"
    assert dns_service_address("fd00:10:98::/112") == "fd00:10:98::a"
    with pytest.raises(IndexError):
        dns_service_address("10.98.0.0/29")
    with pytest.raises(ValueError, match="host bits"):
        dns_service_address("10.98.0.1/24")


def test_a_host_is_one_line() -> None:
    assert KubesprayHost("a", "10.0.0.1").line == "a ansible_host=10.0.0.1 ip=10.0.0.1"
