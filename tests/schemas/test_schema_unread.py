"""What the API server takes although its schema says otherwise; a real server says the same in ``tests/cluster``."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.checks import check_object
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys


def codes(version: str, api_version: str, kind: str, **rest: Any) -> set[str]:
    """What is said of an object by the checks of schemas."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "default"}, **rest}
    stack = Stack(somebodys(version), Catalogue(version), [])
    found = check_object(Manifest(body, Position("a.yaml", 1)), stack)
    return {each.code for each in found if each.code.startswith("SCHEMA")}


@pytest.mark.parametrize(("storage", "code"), [("Gi", "SCHEMA003"), ("G i", "SCHEMA001"), (True, "SCHEMA001")])
def test_a_quantity_without_a_number_is_read_as_zero(storage: object, code: str) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    assert codes("1.34", "v1", "PersistentVolumeClaim", spec=spec) == {code}


def test_a_custom_resource_is_held_to_its_schema() -> None:
    policy = {"containerPolicies": [{"containerName": "a", "maxAllowed": {"cpu": "m"}}]}
    spec = {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}, "resourcePolicy": policy}
    assert codes("1.34", "autoscaling.k8s.io/v1", "VerticalPodAutoscaler", spec=spec) == {"SCHEMA001"}


@pytest.mark.parametrize(("version", "code"), [("1.33", "SCHEMA003"), ("1.34", "SCHEMA001")])
def test_a_server_before_1_34_does_not_look_into_the_templates_of_a_stateful_set(version: str, code: str) -> None:
    volume = {"name": "data", "persistentVolumeClaim": {}}
    template = {
        "metadata": {"labels": {"app": "a"}},
        "spec": {"containers": [{"name": "a", "image": "a"}], "volumes": [volume]},
    }
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": "a"}}, "serviceName": "a", "template": template}
    assert codes(version, "apps/v1", "StatefulSet", spec=spec) == {code}
    volume["persistentVolumeClaim"] = {"claimName": 5}
    assert codes(version, "apps/v1", "StatefulSet", spec=spec) == {"SCHEMA001"}, "a wrong type cannot be read at all"


@pytest.mark.parametrize(("data", "code"), [([104, 105], "SCHEMA003"), (["hi"], "SCHEMA001"), ([256], "SCHEMA001")])
def test_a_list_of_bytes_is_read_where_base64_belongs(data: object, code: str) -> None:
    assert codes("1.34", "v1", "ConfigMap", binaryData={"a.bin": data}) == {code}
