"""The kit's constructs: links that cannot be mistyped, and arguments that contradict each other refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import constructs
from pilothouse.schemas import Catalogue
from pilothouse_kit import (
    ConfigMap,
    Deployment,
    EndpointSlice,
    ExternalName,
    HttpProbe,
    Ingress,
    Namespace,
    PodDisruptionBudget,
    Resources,
    Service,
    ServiceAccount,
)

Built = Callable[[Callable[[Any], object]], list[dict[str, Any]]]


def everything(chart: Any) -> None:
    """One of each construct, with every argument that has a field."""
    room = Namespace(chart, "room", pod_security="baseline", labels={"a": "b"})
    room.default_deny()
    room.allow(ports=[8080], name="allow-web")
    room.limit_containers(default={"cpu": "1"}, default_request={"cpu": "100m"})
    room.quota(hard={"pods": 5})
    ConfigMap(chart, "settings", data={"a": "1"}, immutable=True, annotations={"x": "y"})
    account = ServiceAccount(chart, "web")
    web = Deployment(
        chart,
        "web",
        image="nginx:1",
        port={"http": 8080, "metrics": 9090},
        replicas=2,
        labels={"tier": "front"},
        resources=Resources("100m", "64Mi", cpu_limit="1"),
        readiness=HttpProbe("/ready", failures=2),
        liveness=HttpProbe("/alive", port=8080, initial_delay=5, period=10, timeout=1),
        env={"MODE": "test"},
        service_account=account,
        min_ready=3,
        history=4,
    )
    PodDisruptionBudget(chart, "web", protects=web, max_unavailable="50%")
    http = Service(chart, "web", selects=web, ports={"http": 80}, session_affinity=True)
    Service(chart, "web-pods", selects=web, ports={"metrics": 9090}, headless=True, publish_not_ready=True)
    Service(
        chart,
        "web-outside",
        selects=web,
        ports={"http": 80},
        type="LoadBalancer",
        node_ports={"http": 30080},
        external_traffic="Local",
        load_balancer_class="example.com/lb",
    )
    elsewhere = Service(chart, "elsewhere", ports={"http": 80})
    EndpointSlice(chart, service=elsewhere, addresses=["10.0.0.1"], port=8080)
    ExternalName(chart, "maps", host="maps.example.com")
    Ingress(chart, "web", host="web.example.com", routes={"/": http}, ingress_class="nginx", tls="web-tls")


def test_every_construct_fits_the_schema_of_its_kind(built: Built) -> None:
    catalogue = Catalogue("1.34")
    bodies = built(everything)
    assert len(bodies) == 16
    for body in bodies:
        assert catalogue.validate(body) == [], f"{body['kind']} {body['metadata']['name']}"


def test_a_service_selects_what_its_workload_is_found_by(built: Built) -> None:
    bodies = {(body["kind"], body["metadata"]["name"]): body for body in built(everything)}
    selector = bodies["Service", "web"]["spec"]["selector"]
    deployment = bodies["Deployment", "web"]["spec"]
    assert selector == deployment["selector"]["matchLabels"] == {"app.kubernetes.io/name": "web"}
    assert bodies["PodDisruptionBudget", "web"]["spec"]["selector"]["matchLabels"] == selector
    assert "tier" in deployment["template"]["metadata"]["labels"]


def test_pods_are_restricted_unless_somebody_says_otherwise(built: Built) -> None:
    strict, root = (
        body["spec"]["template"]["spec"]
        for body in built(
            lambda c: (
                Deployment(c, "a", image="x:1"),
                Deployment(c, "b", image="x:1", user=None, read_only_root=False, capabilities=None, escalation=True),
            )
        )
    )
    assert strict["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert strict["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert root["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert root["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": True}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ports": {"htpp": 80}}, "ports: web has no port named 'htpp', it has http"),
        ({"ports": {"http": 80}, "type": "NodePort", "node_ports": {"http": 80}}, "node_ports: http is 80"),
        ({"ports": {"http": 80}, "type": "NodePort", "node_ports": {"web": 30080}}, "'web' is no port of this Service"),
        ({"ports": {"http": 80}, "node_ports": {"http": 30080}}, "node_ports: a ClusterIP Service has none"),
        ({"ports": {"http": 80}, "type": "NodePort", "headless": True}, "headless: a NodePort Service has an address"),
        ({"ports": {"http": 80}, "external_traffic": "Local"}, "external_traffic: nothing from outside"),
        ({"ports": {"http": 80}, "load_balancer_class": "x"}, "load_balancer_class: a ClusterIP Service"),
    ],
)
def test_a_service_refuses_what_contradicts_itself(built: Built, arguments: dict[str, Any], words: str) -> None:
    def make(chart: Any) -> None:
        Service(chart, "s", selects=Deployment(chart, "web", image="x:1", port=8080), **arguments)

    with pytest.raises(ValueError, match="Service s: ") as refused:
        built(make)
    assert words in str(refused.value)


def test_all_contradictions_are_said_at_once(built: Built) -> None:
    with pytest.raises(ValueError, match=r"node_ports.*;.*external_traffic"):
        built(lambda c: Service(c, "s", ports={"http": 80}, node_ports={"http": 1}, external_traffic="Local"))


def test_an_ingress_needs_hosts(built: Built) -> None:
    with pytest.raises(ValueError, match="expected host and routes, or hosts"):
        built(lambda c: Ingress(c, "i", host="a.example.com"))


def test_a_patch_reaches_what_has_no_argument(built: Built) -> None:
    patch = {
        "spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5, "containers": [{"name": "a", "tty": True}]}}}
    }
    (body,) = built(lambda c: Deployment(c, "a", image="x:1", patch=patch))
    pod = body["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 5
    assert (pod["containers"][0]["image"], pod["containers"][0]["tty"]) == ("x:1", True)


def test_one_name_may_stand_for_several_kinds_and_namespaces(built: Built) -> None:
    def make(chart: Any) -> None:
        ConfigMap(chart, "same", data={})
        ConfigMap(chart, "same", data={}, namespace="elsewhere")
        ServiceAccount(chart, "same")

    assert [(body["kind"], body["metadata"].get("namespace")) for body in built(make)] == [
        ("ConfigMap", None),
        ("ConfigMap", "elsewhere"),
        ("ServiceAccount", None),
    ]


def test_the_kit_alone_starts_no_node() -> None:
    environment = {**os.environ, "JSII_NODE": "/nowhere/node"}
    subprocess.run([sys.executable, "-c", "import pilothouse_kit"], env=environment, check=True, timeout=60)


def test_a_construct_of_the_kit_is_one_of_cdk8s(built: Built) -> None:
    def make(chart: Any) -> None:
        settings = ConfigMap(chart, "settings", data={})
        assert isinstance(settings, constructs.Construct)
        assert settings.node.path == "made/ConfigMap-settings"
        assert settings.node.id in [child.node.id for child in chart.node.children]

    built(make)
