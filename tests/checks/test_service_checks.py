"""The checks of Services, their pods and their endpoints, in more cases than their pages hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pilothouse.finding import Finding
from tests.checks.test_pages import judge


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def workload(kind: str, name: str, labels: dict[str, str], ports: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    pods = {"containers": [{"name": "main", "image": "a:1", "ports": ports}], **spec}
    template = {"metadata": {"labels": labels}, "spec": pods}
    group = "batch/v1" if kind == "Job" else "apps/v1"
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": {"template": template}}


def found(*bodies: dict[str, Any], version: str = "1.36") -> list[Finding]:
    return judge(version, {"a.yaml": "\n---\n".join(json.dumps(body) for body in bodies)})


def codes(*bodies: dict[str, Any], version: str = "1.36", family: str = "SVC") -> list[str]:
    return [each.code for each in found(*bodies, version=version) if each.code.startswith(family)]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"clusterIP": "None"}, []),
        ({"clusterIPs": ["None"], "clusterIP": "None"}, []),
        ({"type": "ExternalName", "externalName": "db.svc.cluster.local"}, []),
        ({"type": "ExternalName", "externalName": "db.svc."}, []),
        ({}, ["SVC004"]),
        ({"ports": [{"port": 80, "targetPort": 0}, {"name": "a", "port": 81}]}, ["SVC005"]),
        ({"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]}, ["SVC005"]),
        ({"ports": [{"name": "a.b", "port": 80}]}, ["SVC005"]),
        ({"ports": [{"port": 80, "targetPort": ""}]}, []),
        ({"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]}, []),
        ({"ports": [{"port": 80, "appProtocol": "a/b/c"}]}, ["SVC007"]),
        ({"ports": [{"port": 80, "nodePort": 30080}]}, ["SVC008"]),
        ({"ports": [{"port": 80}], "externalIPs": ["192.0.2.7"], "externalTrafficPolicy": "Local"}, ["SVC019"]),
        ({"ports": [{"port": 80}], "allocateLoadBalancerNodePorts": False}, ["SVC008"]),
        ({"ports": [{"port": 80}], "externalIPs": ["127.0.0.1"]}, ["SVC012", "SVC019"]),
        ({"ports": [{"port": 80}], "clusterIP": "10.0.0.300"}, ["SVC012"]),
        ({"ports": [{"port": 80}], "sessionAffinity": "None", "sessionAffinityConfig": {"clientIP": {}}}, ["SVC022"]),
        ({"ports": [{"port": 80}], "trafficDistribution": "PreferFar"}, ["SVC013"]),
    ],
)
def test_fields(spec: dict[str, Any], told: list[str]) -> None:
    assert codes(service(**spec)) == told


def test_what_a_release_takes() -> None:
    local = service(ports=[{"port": 80}], trafficDistribution="PreferSameNode")
    assert codes(local, version="1.34") == []
    assert codes(local, version="1.32") == ["SVC013"]
    octal = service(type="LoadBalancer", loadBalancerSourceRanges=["010.0.0.0/8"], ports=[{"port": 80}])
    assert codes(octal, version="1.34") == []
    assert codes(octal, version="1.36") == ["SVC012"]


def test_a_port_of_the_nodes_is_one_services_whatever_it_speaks() -> None:
    first = service("a", type="NodePort", ports=[{"port": 53, "nodePort": 30053}])
    other = service("b", type="NodePort", ports=[{"port": 53, "protocol": "UDP", "nodePort": 30053}])
    both = service(
        "c",
        type="NodePort",
        ports=[
            {"name": "u", "port": 53, "protocol": "UDP", "nodePort": 30054},
            {"name": "t", "port": 53, "nodePort": 30054},
        ],
    )
    assert "SVC015" in codes(first, other)
    assert "SVC015" not in codes(first, both)


def test_the_range_of_ports_is_what_the_machines_say() -> None:
    low = service(type="NodePort", ports=[{"port": 80, "nodePort": 80}])
    arguments = [{"name": "service-node-port-range", "value": "80-32767"}]
    kubeadm = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "apiServer": {"extraArgs": arguments},
    }
    assert "SVC016" in codes(low)
    assert "SVC016" not in codes(low, kubeadm)


WEB = workload("Deployment", "web", {"app": "web"}, [{"containerPort": 80, "name": "http"}])


def test_a_canary_is_told_and_another_app_is_warned_of() -> None:
    canary = workload("Deployment", "canary", {"app": "web", "track": "next"}, [{"containerPort": 80}])
    one = service(selector={"app": "web"}, ports=[{"port": 80}])
    assert codes(WEB, one) == []
    assert codes(WEB, canary, one) == ["SVC023"]
    first = workload("Deployment", "a", {"app": "a", "tier": "b"}, [{"containerPort": 80}])
    other = workload("Deployment", "b", {"app": "b", "tier": "b"}, [{"containerPort": 80}])
    assert codes(first, other, service(selector={"tier": "b"}, ports=[{"port": 80}])) == ["SVC024"]
    assert codes(first, other, service(selector={"tier": "b"}, clusterIP="None", ports=[{"port": 80}])) == []


def test_the_pods_of_a_job_get_no_requests() -> None:
    job = workload("Job", "migrate", {"app": "web"}, [])
    assert codes(WEB, job, service(selector={"app": "web"}, ports=[{"port": 80}])) == ["SVC025"]
    assert codes(WEB, job, service(selector={"app": "web"}, ports=[{"port": 80, "targetPort": "http"}])) == []
    assert codes(job, service(selector={"app": "web"}, ports=[{"port": 80}])) == []


def test_labels_that_controllers_add_are_not_looked_for() -> None:
    database = workload("StatefulSet", "db", {"app": "db"}, [{"containerPort": 5432}])
    label = "statefulset.kubernetes.io/pod-name"
    port = [{"port": 5432}]
    for selector in ({"app": "db", label: "db-0"}, {label: "db-0"}):
        assert codes(database, service(selector=selector, ports=port)) == []
        assert codes(database, service(selector=selector, ports=port, publishNotReadyAddresses=True)) == []
    assert codes(database, service(selector={label: "other-0"}, ports=port)) == ["SVC001"]
    assert codes(database, service(selector={"app": "x", label: "db-0"}, ports=port)) == ["SVC001"]


def test_daemon_sets_for_other_nodes_may_share_a_port() -> None:
    port = [{"containerPort": 9100}]
    one = workload("DaemonSet", "a", {"app": "a"}, port, hostNetwork=True)
    other = workload("DaemonSet", "b", {"app": "b"}, [{"containerPort": 1, "hostPort": 9100}])
    apart = workload("DaemonSet", "b", {"app": "b"}, port, hostNetwork=True, nodeSelector={"gpu": "yes"})
    udp = workload("DaemonSet", "b", {"app": "b"}, [{"containerPort": 9100, "protocol": "UDP"}], hostNetwork=True)
    assert codes(one, other) == ["SVC028"]
    assert codes(one, apart) == codes(one, udp) == []


def endpoint_slice(name: str = "web-1", of: str = "web", **fields: Any) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": of} if of else {}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.2.3"]}],
        "ports": [{"port": 80}],
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, []),
        ({"endpoints": [{"addresses": []}]}, ["EP001"]),
        ({"endpoints": [{"addresses": ["fd00::1"]}]}, ["EP001"]),
        ({"addressType": "IPv6", "endpoints": [{"addresses": ["fd00::1"]}]}, []),
        ({"addressType": "FQDN", "endpoints": [{"addresses": ["example.com"]}]}, []),
        ({"addressType": "FQDN", "endpoints": [{"addresses": ["example"]}]}, ["EP001"]),
        ({"endpoints": [{"addresses": ["169.254.1.1"]}]}, ["EP001"]),
        ({"ports": [{"port": 80}, {"port": 81}]}, ["EP001"]),
        ({"ports": [{"port": 80, "protocol": "UDP"}]}, ["EP003"]),
        ({"ports": []}, ["EP003"]),
    ],
)
def test_slices(fields: dict[str, Any], told: list[str]) -> None:
    assert codes(service(ports=[{"port": 80}]), endpoint_slice(**fields), family="EP0") == told


def test_a_port_of_any_slice_counts() -> None:
    two = service(ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}])
    one = endpoint_slice(ports=[{"name": "a", "port": 80}])
    other = endpoint_slice("web-2", ports=[{"name": "b", "port": 9}])
    assert codes(two, one, family="EP0") == ["EP003"]
    assert codes(two, one, other, family="EP0") == []
    assert codes(service(ports=[{"port": 80}]), endpoint_slice(of=""), family="EP0") == ["EP004"]
