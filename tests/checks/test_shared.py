"""What several processes find in stacks is what one finds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pilothouse import yamlio
from pilothouse.checks import check_stack, shared
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

DIST = Path(__file__).parents[2] / "dist"


def broken_stack(environment: str) -> Stack:
    """An environment of the reference stack whose references lead nowhere."""
    files = sorted((DIST / environment).rglob("*.yaml"))
    bodies = [document.value for file in files for document in yamlio.load_all(file.read_bytes(), file=file.name)]
    manifests = [
        Manifest(body, Position("a.yaml", number + 1))
        for number, body in enumerate(bodies)
        if body["kind"] not in ("ConfigMap", "ServiceAccount", "Kustomization")
    ]
    return Stack(somebodys("1.34"), Catalogue("1.34"), manifests)


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Stack]:
    monkeypatch.setattr(shared, "_FEW", 0)
    return {name: broken_stack(name) for name in ("dev", "prod")}


def expected() -> dict[str, list[Finding]]:
    return {name: check_stack(broken_stack(name)) for name in ("dev", "prod")}


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_processes_find_together_what_one_finds(stacks: dict[str, Stack], processes: int) -> None:
    found = shared.check_stacks(stacks, processes)
    assert len(found["prod"]) > 20
    assert found == expected()


def test_a_process_that_dies_hides_nothing(stacks: dict[str, Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    command = os.getpid()

    def dies(*arguments: object) -> list[Finding]:
        if os.getpid() != command:
            os.abort()
        return check_stack(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(shared, "check_stack", dies)
    assert shared.check_stacks(stacks, 2) == expected()


def test_small_stacks_start_no_process(stacks: dict[str, Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_FEW", 100_000)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a process was started"))
    assert shared.check_stacks(stacks, 2) == expected()
