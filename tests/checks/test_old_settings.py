"""Which sources of its settings a workload is told of: those whose change would leave its pods with an old one."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.checks import check_stack
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.pods import hash_annotation
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys


def told(spec: dict[str, Any], *others: dict[str, Any], annotations: dict[str, str] | None = None) -> list[str]:
    template = {"metadata": {"labels": {"app": "web"}, "annotations": annotations or {}}, "spec": spec}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    manifests = [Manifest(each, Position("a.yaml", 1)) for each in (body, *others)]
    found = check_stack(Stack(somebodys("1.34"), Catalogue("1.34"), manifests))
    return [".".join(map(str, finding.path)) for finding in found if finding.code == "CFG001"]


def container(**fields: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", "image": "a:1", **fields}]}


POD = "spec.template.spec"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (container(envFrom=[{"secretRef": {"name": "s"}}]), f"{POD}.containers.0.envFrom.0.secretRef.name"),
        (
            container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]),
            f"{POD}.containers.0.env.0.valueFrom.configMapKeyRef.name",
        ),
        ({**container(), "volumes": [{"name": "v", "configMap": {"name": "c"}}]}, f"{POD}.volumes.0.configMap.name"),
        (
            {**container(), "volumes": [{"name": "v", "secret": {"secretName": "s"}}]},
            f"{POD}.volumes.0.secret.secretName",
        ),
        (
            {**container(), "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}]},
            f"{POD}.volumes.0.projected.sources.0.secret.name",
        ),
    ],
)
def test_every_way_to_read_a_source_counts(spec: dict[str, Any], field: str) -> None:
    assert told(spec) == [field]


def test_a_source_is_told_once() -> None:
    assert len(told({**container(envFrom=[{"secretRef": {"name": "s"}}] * 2)})) == 1


def test_what_never_changes_and_what_is_hashed_is_not_told() -> None:
    spec = {**container(envFrom=[{"configMapRef": {"name": "c"}}])}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
    assert told(spec, config) != []
    assert told(spec, {**config, "immutable": True}) == []
    assert told(spec, config, annotations={hash_annotation("c"): "1"}) == []
    assert told(spec, config, annotations={hash_annotation("d"): "1"}) != []
    long = "c" * 100
    assert told(container(envFrom=[{"configMapRef": {"name": long}}]), annotations={hash_annotation(long): "1"}) == []
