"""What is committed under ``dist/``: what the sources give, and what Kustomize makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pilothouse.environment import names
from pilothouse.yamlio import load_all
from tests.go_program import kustomize

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = names(str(ROOT))


def pilothouse(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this repository."""
    return subprocess.run(
        [sys.executable, "-m", "pilothouse", "-C", str(ROOT), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
    )


def identity(body: dict[str, Any]) -> tuple[str, str, str, str]:
    return body["apiVersion"], body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]


def test_it_is_up_to_date() -> None:
    done = pilothouse("synth", "--check")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kustomize_builds_exactly_the_objects_that_list_names(environment: str) -> None:
    done = subprocess.run([kustomize(), "build", str(ROOT / "dist" / environment)], capture_output=True, check=True)
    built = [identity(document.value) for document in load_all(done.stdout, file="kustomize")]
    rows = json.loads(pilothouse("list", environment, "--format", "json").stdout)
    objects = [row for row in rows if row["kind"] != "NodeFile"]
    listed = [(row["apiVersion"], row["kind"], row["namespace"], row["name"]) for row in objects]
    assert sorted(built) == sorted(listed)
    assert len(set(built)) == len(built) > 0
