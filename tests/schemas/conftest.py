"""Fixtures of the schema catalogue's tests."""

from __future__ import annotations

from typing import Any

import pytest
from schema_objects import catalogue_of

from pilothouse.schemas import Catalogue


@pytest.fixture
def catalogue() -> Catalogue:
    """The catalogue of 1.32, the lab's version."""
    return catalogue_of("1.32")


@pytest.fixture
def deployment() -> dict[str, Any]:
    """A small valid Deployment, to be changed by the test."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    }
