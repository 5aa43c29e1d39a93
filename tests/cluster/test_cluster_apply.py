"""dist/ as ops apply it: every object accepted by a real API server, without a warning, and nothing to do again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cluster.api import Body
from tests.cluster.control_plane import ControlPlane, Done
from tests.cluster.programs import ROOT
from tests.cluster.stack_objects import DIST, PAIRS, bodies, prepare, title


def synthesized(environment: str) -> str:
    """What ``pilothouse synth ENV --stdout`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse", "-C", str(ROOT), "synth", environment, "--stdout"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
    )
    return done.stdout


def apply(plane: ControlPlane, environment: str, way: str) -> Done:
    """Apply an environment in one of the ways that the README names."""
    match way:
        case "folder":
            return plane.kubectl("apply", "--server-side", "--validate=strict", "-k", str(DIST / environment))
        case "stdout":
            words = ("apply", "--server-side", "--validate=strict", "-f", "-")
            return plane.kubectl(*words, input=synthesized(environment))
        case _:
            return plane.kubectl("apply", "--validate=strict", "-k", str(DIST / environment))


STATUS_FROM_THE_FIRST = ("Gateway", "GatewayClass", "PersistentVolumeClaim")
"""Kinds that the server gives a status by default. It stores them once more at the second apply, with no field changed,
and never again: it does so for a plain manifest of these kinds too."""


def versions(plane: ControlPlane, objects: list[Body]) -> dict[str, str]:
    """Object to the version under which the server stores it."""
    return {title(body): plane.api.stored(body)["metadata"]["resourceVersion"] for body in objects}


def contents(plane: ControlPlane, objects: list[Body]) -> dict[str, Body]:
    """Object to what the server stores of it, less the version."""
    found = {title(body): plane.api.stored(body) for body in objects}
    for body in found.values():
        del body["metadata"]["resourceVersion"]
    return found


@pytest.fixture
def empty(request: pytest.FixtureRequest) -> Iterator[tuple[ControlPlane, str]]:
    """A bare cluster in which nothing stands but what the environment takes for granted."""
    environment, minor = request.param[:2]
    with ControlPlane(minor) as plane:
        prepare(plane.api, environment, minor)
        yield plane, environment


@pytest.mark.parametrize(
    "empty, way",
    [((*pair, way), way) for pair in PAIRS for way in ("folder", "stdout", "client-side")],
    indirect=["empty"],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else value,
)
def test_every_object_is_accepted_and_a_second_apply_changes_nothing(empty: tuple[ControlPlane, str], way: str) -> None:
    plane, environment = empty
    objects = bodies(environment)
    first = apply(plane, environment, way)
    assert (first.code, first.err) == (0, ""), plane.logs()
    assert len(first.out.splitlines()) == len(objects) > 0
    before, stored = versions(plane, objects), contents(plane, objects)
    for _ in range(2):
        again = apply(plane, environment, way)
        assert (again.code, again.err) == (0, ""), plane.logs()
        assert contents(plane, objects) == stored
        now = versions(plane, objects)
        changed = {name for name, version in now.items() if version != before[name]}
        assert {name.partition(" ")[0] for name in changed} <= set(STATUS_FROM_THE_FIRST)
        before = now
    assert changed == set()


def test_a_field_that_nobody_knows_is_refused_and_told() -> None:
    """What the others rely on: this server would say so."""
    service = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {prots: []}}"
    old = "{apiVersion: v1, kind: Endpoints, metadata: {name: a, namespace: default}}"
    with ControlPlane() as plane:
        refused = plane.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", input=service)
        assert refused.code == 1
        assert "prots" in refused.err
        warned = plane.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", input=old)
        assert warned.code == 0
        assert "deprecated" in warned.err
