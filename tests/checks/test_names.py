"""Which names are found fault with: those that the API server of that Kubernetes refuses, and no others."""

from __future__ import annotations

import pytest

from pilothouse.checks import check_object
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys


def faults(version: str, api_version: str, kind: str, name: str) -> list[str]:
    """What is wrong with the name of an object that has nothing else."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "default"}}
    manifest = Manifest(body, Position(file="charts/a.py", line=3))
    stack = Stack(somebodys(version), Catalogue(version), [manifest])
    return [found.message for found in check_object(manifest, stack) if found.code == "OBJ004"]


@pytest.mark.parametrize(("version", "fine"), [("1.31", False), ("1.35", False), ("1.36", True)])
def test_the_name_of_a_service_may_begin_with_a_digit_since_1_36(version: str, fine: bool) -> None:
    assert (faults(version, "v1", "Service", "8080-web") == []) is fine
    assert faults(version, "v1", "Service", "web-8080") == []
    assert faults(version, "v1", "Service", "-web")
    assert faults(version, "v1", "Service", "a" * 64)
    assert faults(version, "v1", "Service", "web.shop")


@pytest.mark.parametrize("version", ["1.31", "1.36"])
def test_the_name_of_a_disruption_budget_is_taken_as_it_is(version: str) -> None:
    for name in ("Web", "web budget", "-web"):
        assert faults(version, "policy/v1", "PodDisruptionBudget", name) == []
    for name in ("web/budget", "100%", ".."):
        assert faults(version, "policy/v1", "PodDisruptionBudget", name)
