"""How pods are replaced: the numbers that the workloads' controllers go by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse import rollout
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")


def told(kind: str, spec: dict[str, Any], *others: dict[str, Any], container: Any = None) -> rollout.Rollout:
    body = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {**spec, "template": {"spec": {"containers": [container or {"name": "web"}]}}},
    }
    manifests = [Manifest(each, Position("a.yaml", 1)) for each in (body, *others)]
    found = rollout.of(manifests[0], Stack(somebodys("1.34"), CATALOGUE, manifests))
    assert found is not None
    return found


def rolling(surge: Any, away: Any) -> dict[str, Any]:
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": away}}}


@pytest.mark.parametrize(
    ("replicas", "strategy", "ready", "most"),
    [
        (3, rolling(1, 0), 3, 4),
        (3, rolling(0, 1), 2, 3),
        (3, {}, 3, 4),  # 25% each: the surge is rounded up, what may be away is rounded down
        (10, {}, 8, 13),
        (4, rolling("25%", "25%"), 3, 5),
        (3, rolling(0, "25%"), 2, 3),  # both come to 0: one pod is taken away all the same
        (3, rolling(0, "100%"), 0, 3),
        (2, rolling(0, 5), 0, 2),
        (3, {"strategy": {"type": "Recreate"}}, 0, 3),
        (0, rolling(1, 0), 0, 1),
    ],
)
def test_a_deployment(replicas: int, strategy: dict[str, Any], ready: int, most: int) -> None:
    found = told("Deployment", {"replicas": replicas, **strategy})
    assert (found.pods, found.ready, found.most) == (replicas, ready, most)
    assert (found.gives_up, found.revisions) == (600, 10)


@given(st.integers(1, 60), st.integers(0, 9) | st.integers(0, 100).map("{}%".format), st.integers(0, 9))
def test_a_deployment_always_gets_on(replicas: int, surge: Any, away: int) -> None:
    found = told("Deployment", {"replicas": replicas, **rolling(surge, away)})
    assert 0 <= found.ready <= replicas <= found.most
    assert found.at_a_time == min(replicas, replicas - found.ready + found.most - replicas) >= 1


def test_a_stateful_set_replaces_one_pod_at_a_time_and_never_gives_up() -> None:
    found = told("StatefulSet", {"replicas": 3, "minReadySeconds": 10})
    assert (found.ready, found.most, found.at_a_time, found.seconds, found.gives_up) == (2, 3, 1, 30, None)


def test_it_lasts_as_long_as_probes_and_min_ready_seconds_make_it_wait() -> None:
    container = {"name": "web", "readinessProbe": {"initialDelaySeconds": 5, "successThreshold": 2, "periodSeconds": 3}}
    found = told("Deployment", {"replicas": 4, "minReadySeconds": 7, **rolling(2, 0)}, container=container)
    assert (found.at_a_time, found.seconds) == (2, 2 * (5 + 3 + 7))


def test_an_autoscaler_says_how_many_pods_there_are() -> None:
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"minReplicas": 6, "maxReplicas": 9, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
    }
    assert told("Deployment", rolling(1, 0), autoscaler).pods == 6
    assert told("Deployment", rolling(1, 0)).pods == 1
