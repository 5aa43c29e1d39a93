"""The rollout lab as it stands in dist/: the course's own values in dev, and what staging and prod make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilothouse.schemas import Catalogue
from pilothouse.yamlio import load_all

DIST = Path(__file__).parent.parent.parent / "dist"
ENVIRONMENTS = ("dev", "staging", "prod")


def stack(environment: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(kind, name) -> object, for every object of the chart kubia."""
    found = {}
    for file in sorted((DIST / environment / "kubia").rglob("*.yaml")):
        for document in load_all(file.read_bytes(), file=str(file)):
            body = document.value
            if body["kind"] != "Kustomization":
                found[body["kind"], body["metadata"]["name"]] = body
    return found


def every(environment: str) -> list[dict[str, Any]]:
    """Every object of an environment, of every chart."""
    documents = [
        document
        for file in sorted((DIST / environment).rglob("*.yaml"))
        for document in load_all(file.read_bytes(), file=str(file))
    ]
    return [document.value for document in documents if document.value["kind"] != "Kustomization"]


@pytest.fixture(scope="module")
def dev() -> dict[tuple[str, str], dict[str, Any]]:
    return stack("dev")


def test_the_deployment_rolls_without_losing_a_pod(dev: dict[tuple[str, str], dict[str, Any]]) -> None:
    spec = dev["Deployment", "kubia-dp"]["spec"]
    assert spec["replicas"] == 3
    assert spec["revisionHistoryLimit"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    (container,) = spec["template"]["spec"]["containers"]
    assert container["image"] == "oliwave/kubia:v1"
    assert {port["containerPort"] for port in container["ports"]} == {8080, 8443}
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kubia", {"type": "ClusterIP"}),
        ("kubia-sticky", {"type": "ClusterIP", "sessionAffinity": "ClientIP"}),
        ("kubia-headless", {"clusterIP": "None", "publishNotReadyAddresses": True}),
        ("kubia-nodeport", {"type": "NodePort"}),
        ("kubia-nodeport-local", {"type": "NodePort", "externalTrafficPolicy": "Local"}),
        ("kubia-loadbalancer", {"type": "LoadBalancer"}),
        ("google-map", {"type": "ClusterIP"}),
        ("google-map-external", {"type": "ExternalName", "externalName": "maps.googleapis.com"}),
    ],
)
def test_a_service_of_every_type(
    dev: dict[tuple[str, str], dict[str, Any]], name: str, expected: dict[str, Any]
) -> None:
    assert expected.items() <= dev["Service", name]["spec"].items()


def test_ports_have_the_numbers_of_the_course(dev: dict[tuple[str, str], dict[str, Any]]) -> None:
    ports = {port["name"]: port for port in dev["Service", "kubia"]["spec"]["ports"]}
    assert {name: port["port"] for name, port in ports.items()} == {"http": 80, "https": 443}
    assert dev["Service", "kubia-nodeport"]["spec"]["ports"][0]["nodePort"] == 30123


def test_a_service_without_selector_has_its_addresses_beside_it(dev: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert "selector" not in dev["Service", "google-map"]["spec"]
    slice_ = dev["EndpointSlice", "google-map-1"]
    assert slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "google-map"
    assert [endpoint["addresses"] for endpoint in slice_["endpoints"]] == [["11.11.11.11"], ["22.22.22.22"]]
    assert slice_["ports"] == [{"name": "http", "port": 80}]


def test_the_ingress_routes_its_hosts(dev: dict[tuple[str, str], dict[str, Any]]) -> None:
    ingress = dev["Ingress", "kubia"]
    assert ingress["apiVersion"] == "networking.k8s.io/v1"
    first = ingress["spec"]["rules"][0]
    assert first["host"] == "kubia.example.com"
    assert first["http"]["paths"][0]["backend"]["service"] == {"name": "kubia", "port": {"name": "http"}}
    assert first["http"]["paths"][0]["pathType"] == "Prefix"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_namespaced_object_says_its_namespace(environment: str) -> None:
    catalogue = Catalogue("1.34")
    defined = {body["metadata"]["name"] for body in every(environment) if body["kind"] == "Namespace"} | {"kube-system"}
    for body in every(environment):
        namespace = body["metadata"].get("namespace")
        expected = defined if catalogue.namespaced(body["apiVersion"], body["kind"]) else {None}
        assert namespace in expected, f"{body['kind']} {body['metadata']['name']}"


def test_environments_differ_as_clusters_do() -> None:
    replicas = {name: stack(name)["Deployment", "kubia-dp"]["spec"].get("replicas") for name in ENVIRONMENTS}
    assert replicas == {"dev": 3, "staging": 2, "prod": None}
    prod = stack("prod")
    assert prod["HorizontalPodAutoscaler", "kubia"]["spec"]["minReplicas"] == 6
    pods = prod["Deployment", "kubia-dp"]["spec"]["template"]["spec"]
    assert pods["containers"][0]["image"] == "registry.example.com/oliwave/kubia:v1"
    assert pods["imagePullSecrets"] == [{"name": "registry"}]
    assert prod["Service", "kubia-loadbalancer"]["spec"]["loadBalancerClass"] == "service.example.com/external"
    assert prod["Ingress", "kubia"]["spec"]["tls"][0]["secretName"] == "kubia-tls"
    assert stack("staging")["Deployment", "kubia-dp"]["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
        ":v2"
    )
