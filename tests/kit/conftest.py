"""A chart around the constructs under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pilothouse import Chart, Values
from pilothouse.chart import new_app
from pilothouse.environment import ChartEnvironment, Cluster, Given

ENVIRONMENT = ChartEnvironment(
    name="test",
    kubernetes_version="1.34",
    profile="lab",
    cluster=Cluster(name="test"),
    domain="example.com",
    labels={},
    annotations={},
    image_registry=None,
    image_pull_secrets=[],
    given=Given(),
)


@pytest.fixture
def built() -> Callable[[Callable[[Any], object]], list[dict[str, Any]]]:
    """Build a chart from a function that makes its constructs; what comes back is its objects."""

    def build(make: Callable[[Any], object]) -> list[dict[str, Any]]:
        class Made(Chart[Values]):
            def build(self) -> None:
                make(self)

        chart = Made(new_app(), "made", values=Values(), environment=ENVIRONMENT, namespace="made")
        return [manifest.body for manifest in chart.manifests()]

    return build
