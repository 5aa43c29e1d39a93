"""Custom resources: the definitions that objects need are found in the pinned modules, installed, and judge."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.custom_resources import install, needed
from tests.cluster.programs import NEWEST


def custom(api_version: str, kind: str, **spec: object) -> Body:
    metadata = {"name": "a", "namespace": "default"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


OBJECTS = [
    custom(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        gatewayClassName="a",
        listeners=[{"name": "http", "port": 80, "protocol": "HTTP"}],
    ),
    custom("gateway.networking.k8s.io/v1", "HTTPRoute", hostnames=["kubia.example.com"], parentRefs=[{"name": "a"}]),
    custom("snapshot.storage.k8s.io/v1", "VolumeSnapshot", source={"persistentVolumeClaimName": "a"}),
    custom(
        "autoscaling.k8s.io/v1",
        "VerticalPodAutoscaler",
        targetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
    ),
    custom(
        "external-secrets.io/v1", "ExternalSecret", secretStoreRef={"name": "a"}, dataFrom=[{"extract": {"key": "a"}}]
    ),
    custom("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", config="{}"),
    custom(
        "argoproj.io/v1alpha1",
        "Application",
        project="default",
        destination={"namespace": "a"},
        source={"repoURL": "https://example.com/a.git"},
    ),
    custom("networking.istio.io/v1", "VirtualService", hosts=["a"], http=[{"route": [{"destination": {"host": "a"}}]}]),
    custom("monitoring.coreos.com/v1", "ServiceMonitor", selector={}, endpoints=[{"port": "http"}]),
]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A server that serves what the objects need."""
    with ControlPlane() as plane:
        install(plane.api, needed(OBJECTS, NEWEST))
        yield plane.api


@pytest.mark.parametrize("body", OBJECTS, ids=lambda body: body["kind"])
def test_its_objects_are_served_and_judged_by_their_own_schema(api: Api, body: Body) -> None:
    path = api.of(body).path("default")
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    taken = api.ask("POST", path, body, query=query)
    assert taken.status == 201, taken.message
    misspelt = copy.deepcopy(body)
    misspelt["spec"]["nobodysField"] = 1
    refused = api.ask("POST", path, misspelt, query=query)
    assert refused.status == 400
    assert "nobodysField" in refused.message


def test_only_what_is_needed_is_installed() -> None:
    assert [each["metadata"]["name"] for each in needed(OBJECTS[:1], NEWEST)] == ["gateways.gateway.networking.k8s.io"]
    assert needed([{"apiVersion": "apps/v1", "kind": "Deployment"}], NEWEST) == []
    assert needed([*OBJECTS[:1], *OBJECTS[:1]], NEWEST) == needed(OBJECTS[:1], NEWEST)
