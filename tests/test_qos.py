"""The QoS class of pods, by Kubernetes' rules."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse import qos
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

BOTH = {"cpu": "1", "memory": "1Gi"}
HALF = {"cpu": "500m", "memory": "512Mi"}


def pods(*containers: dict[str, Any], **spec: Any) -> PodTemplate:
    listed = [{"name": f"c{number}", "resources": resources} for number, resources in enumerate(containers)]
    return PodTemplate((), {"spec": {"containers": listed, **spec}})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (pods({}), "BestEffort"),
        (pods({}, {}), "BestEffort"),
        (pods({"requests": {"ephemeral-storage": "1Gi"}}), "BestEffort"),
        (pods({"requests": {"cpu": 0}}), "BestEffort"),
        (pods({"limits": BOTH}), "Guaranteed"),
        (pods({"limits": BOTH, "requests": {"cpu": "1000m", "memory": "1024Mi"}}), "Guaranteed"),
        (pods({"limits": BOTH}, {"limits": BOTH}), "Guaranteed"),
        (pods({"limits": BOTH}, {}), "Burstable"),
        (pods({"limits": BOTH, "requests": HALF}), "Burstable"),
        (pods({"limits": {"cpu": "1"}}), "Burstable"),
        (pods({"requests": BOTH}), "Burstable"),
        (pods({"limits": BOTH}, initContainers=[{"name": "i"}]), "Burstable"),
        (pods({"limits": BOTH}, initContainers=[{"name": "i", "resources": {"limits": HALF}}]), "Guaranteed"),
        (pods({}, resources={"limits": BOTH}), "Guaranteed"),
        (pods({"limits": BOTH}, resources={"limits": BOTH, "requests": HALF}), "Burstable"),
        (pods({}, resources={"requests": {"cpu": "1"}}), "Burstable"),
    ],
)
def test_the_class_is_kubernetes_own(template: PodTemplate, expected: str) -> None:
    assert qos.qos_class(template, {}, {}) == expected


@pytest.mark.parametrize(
    ("item", "resources", "expected"),
    [
        ({"default": BOTH}, {}, "Guaranteed"),
        ({"default": BOTH, "defaultRequest": HALF}, {}, "Burstable"),
        ({"defaultRequest": HALF}, {}, "Burstable"),
        ({"max": BOTH}, {}, "Guaranteed"),
        ({"min": HALF}, {}, "Burstable"),
        ({"default": BOTH, "defaultRequest": HALF}, {"limits": HALF}, "Guaranteed"),
        ({"default": BOTH}, {"requests": HALF}, "Burstable"),
        ({"type": "Pod", "max": BOTH}, {}, "BestEffort"),
    ],
)
def test_a_limit_range_speaks_for_containers_that_say_nothing(
    item: dict[str, Any], resources: dict[str, Any], expected: str
) -> None:
    for namespace, wanted in (("shop", expected), ("other", None)):
        body = {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "l", "namespace": namespace},
            "spec": {"limits": [{"type": "Container", **item}]},
        }
        stack = Stack(somebodys("1.34"), Catalogue("1.34"), [Manifest(body, Position("f", 1))])
        found = qos.qos_class(pods(resources), *qos.defaults(stack, "shop"))
        assert found == (wanted or qos.qos_class(pods(resources), {}, {}))
