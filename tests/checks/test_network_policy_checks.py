"""The checks of NetworkPolicies, in more cases than their pages hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.test_service_checks import codes, service, workload


def policy(name: str = "web", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": {}, **spec},
    }


@pytest.mark.parametrize(
    ("ingress", "told"),
    [
        ({"ports": [{"port": 80}, {"port": "http"}, {"protocol": "UDP"}]}, []),
        ({"ports": [{"port": 0}]}, ["NETPOL001"]),
        ({"ports": [{"port": "http-server-admin"}]}, ["NETPOL001"]),
        ({"ports": [{"port": 80, "endPort": 80}]}, []),
        ({"ports": [{"port": 80, "endPort": 79}]}, ["NETPOL001"]),
        ({"ports": [{"endPort": 79}]}, ["NETPOL001"]),
        ({"ports": [{"port": "http", "endPort": 79}]}, ["NETPOL001"]),
        ({"from": [{}]}, ["NETPOL002"]),
        ({"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}, ["NETPOL002"]),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}, ["NETPOL002"]),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}, ["NETPOL002"]),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/9"]}}]}, []),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/64"]}}]}, ["NETPOL002"]),
        ({"from": [{"namespaceSelector": {"matchLabels": {"a": "b c"}}}]}, ["NETPOL003"]),
        ({"from": []}, ["NETPOL006"]),
        ({}, []),
    ],
)
def test_rules(ingress: dict[str, Any], told: list[str]) -> None:
    assert codes(policy(ingress=[ingress]), family="NETPOL") == told


def test_the_directions_follow_from_the_rules_where_none_is_named() -> None:
    assert codes(policy(egress=[{}]), family="NETPOL") == []
    assert codes(policy(egress=[{}], policyTypes=["Ingress"]), family="NETPOL") == ["NETPOL005"]
    assert codes(policy(ingress=[{}], policyTypes=["Egress"]), family="NETPOL") == ["NETPOL005"]
    assert codes(policy(policyTypes=["Ingress", "Egress", "Ingress"]), family="NETPOL") == ["NETPOL004"]


WEB = workload("Deployment", "web", {"app": "web"}, [{"name": "http", "containerPort": 8080}])
OF_WEB = {"podSelector": {"matchLabels": {"app": "web"}}}


def test_a_namespace_is_told_once_and_a_gap_in_it_each_time() -> None:
    other = workload("Deployment", "api", {"app": "api"}, [])
    on_node = workload("DaemonSet", "logs", {"app": "logs"}, [], hostNetwork=True)
    assert codes(WEB, other, on_node, family="NETPOL") == ["NETPOL007"]
    assert codes(WEB, other, policy(**OF_WEB, ingress=[{}]), family="NETPOL") == ["NETPOL007"]
    assert codes(WEB, other, policy(ingress=[{}]), family="NETPOL") == []


@pytest.mark.parametrize(
    ("ingress", "told"),
    [
        ([], ["NETPOL011"]),
        ([{}], []),
        ([{"ports": [{"port": 8080}]}], []),
        ([{"ports": [{"port": "http"}]}], []),
        ([{"ports": [{"port": 8000, "endPort": 9000}]}], []),
        ([{"ports": [{"port": 80}]}], ["NETPOL011"]),
        ([{"ports": [{"port": 8080, "protocol": "UDP"}]}], ["NETPOL011"]),
        ([{"ports": [{"protocol": "TCP"}]}], []),
        ([{"ports": [{"port": 80}]}, {"ports": [{"port": 8080}]}], []),
    ],
)
@pytest.mark.parametrize("target", [8080, "http"])
def test_a_service_needs_its_port_let_in(ingress: list[dict[str, Any]], told: list[str], target: Any) -> None:
    ports = [{"port": 80, "targetPort": target}]
    held = policy(**OF_WEB, policyTypes=["Ingress"], ingress=ingress)
    assert codes(WEB, service(selector={"app": "web"}, ports=ports), held, family="NETPOL") == told


def test_what_one_policy_cuts_another_may_let_in() -> None:
    deny = policy("deny")
    let = policy("let", **OF_WEB, ingress=[{"ports": [{"port": 8080}]}])
    web = service(selector={"app": "web"}, ports=[{"port": 80, "targetPort": 8080}])
    assert codes(WEB, web, deny, family="NETPOL") == ["NETPOL011"]
    assert codes(WEB, web, deny, let, family="NETPOL") == []


@pytest.mark.parametrize(
    ("egress", "told"),
    [
        ([], []),
        ([{}], []),
        ([{"to": [OF_WEB], "ports": [{"port": 5432}]}], ["NETPOL010"]),
        ([{"to": [OF_WEB]}], ["NETPOL010"]),
        ([{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}], []),
        ([{"to": [OF_WEB]}, {"ports": [{"port": 53, "protocol": "UDP"}]}], []),
        ([{"to": [OF_WEB]}, {"to": [{"namespaceSelector": {}}]}], []),
        ([{"to": [OF_WEB]}, {"ports": [{"port": 1, "endPort": 100, "protocol": "UDP"}]}], []),
        ([{"to": [OF_WEB]}, {"ports": [{"port": "dns", "protocol": "UDP"}]}], []),
        ([{"to": [OF_WEB]}, {"ports": [{"port": 443}]}], ["NETPOL010"]),
    ],
)
def test_pods_that_send_need_names(egress: list[dict[str, Any]], told: list[str]) -> None:
    assert codes(WEB, policy(policyTypes=["Egress"], egress=egress), family="NETPOL") == told


def test_a_peer_in_a_namespace_that_is_not_defined_is_not_judged() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {"matchLabels": {"app": "x"}}}
    assert codes(WEB, policy(ingress=[{"from": [peer]}]), family="NETPOL") == []
    labelled = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"team": "a"}}}
    assert codes(WEB, labelled, policy(ingress=[{"from": [peer]}]), family="NETPOL") == ["NETPOL008"]


def test_a_named_port_is_one_of_the_pods_that_are_held() -> None:
    assert codes(WEB, policy(ingress=[{"ports": [{"port": "http"}]}]), family="NETPOL") == []
    assert codes(WEB, policy(ingress=[{"ports": [{"port": "https"}]}]), family="NETPOL") == ["NETPOL009"]
    assert codes(WEB, policy(ingress=[{"ports": [{"port": "http", "protocol": "UDP"}]}]), family="NETPOL") == [
        "NETPOL009"
    ]
