"""A chart around constructs, and the objects that it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

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

Body = dict[str, Any]
Make = Callable[[Any], object]
Built = Callable[[Make], list[Body]]


def build(make: Make, **environment: Any) -> list[Body]:
    """The objects of a chart, from a function that makes its constructs.

    :param environment: what differs from ``ENVIRONMENT``.
    """

    class Made(Chart[Values]):
        def build(self) -> None:
            make(self)

    whole = msgspec.structs.replace(ENVIRONMENT, **environment)
    chart = Made(new_app(), "made", values=Values(), environment=whole, namespace="made")
    return [manifest.body for manifest in chart.manifests()]


def one(make: Make, kind: str | None = None, **environment: Any) -> Body:
    """The only object of a chart, or its only one of a kind."""
    (body,) = (body for body in build(make, **environment) if kind in (None, body["kind"]))
    return body


def pod(body: Body) -> Body:
    """The ``spec`` of the pods that a workload runs."""
    template: Body = body["spec"]["template"]["spec"]
    return template
