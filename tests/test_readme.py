"""The README's walk, followed word by word: whoever reads it alone can add a chart and environments."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WALK = re.search(
    r"^## A chart and two environments.*?(?=^## )", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
STEP = re.compile(
    r"^`(?P<file>[\w./-]+)`\n\n```(?:python|yaml)\n(?P<text>.*?)^```|^```console\n(?P<commands>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """A checkout of what the reader has before the walk."""
    folder = tmp_path / "reader"
    for name in ("charts", "constructs", "environments", "dist"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = command.split()
    assert words[0] == "pilothouse"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def test_every_step_of_the_walk_does_what_it_says(reader: Path) -> None:
    assert WALK is not None
    commands = 0
    for step in STEP.finditer(WALK.group()):
        if step["file"]:
            path = reader / step["file"]
            assert not path.exists(), f"{step['file']} is there already: the walk would overwrite it"
            path.write_text(step["text"])
            continue
        # A layer is written down after the environment that extends it: both stand before the commands run.
        for line in step["commands"].splitlines():
            result = run(line.removeprefix("$ "), reader)
            assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
            commands += 1
    assert commands >= 5
    demo, large = (
        {row["kind"]: row["name"] for row in json.loads(run(f"pilothouse list {name} --format json", reader).stdout)}
        for name in ("demo", "demo-large")
    )
    assert demo == large == {"Namespace": "echo", "Deployment": "echo", "Service": "echo", "Ingress": "echo"}
    deployment = (reader / "dist/demo-large/echo/echo/deployment-echo.yaml").read_text()
    assert "replicas: 4\n" in deployment
    assert "team: demo\n" in deployment


def test_the_mistake_is_reported_in_the_words_of_the_walk(reader: Path) -> None:
    assert WALK is not None
    said = re.search(r"^```text\n(.*?)^```", WALK.group(), re.MULTILINE | re.DOTALL)
    assert said is not None
    path = reader / "environments" / "demo.yaml"
    for step in STEP.finditer(WALK.group()):
        if step["file"] in ("charts/echo.py", "environments/demo.yaml"):
            (reader / step["file"]).write_text(step["text"])
    assert run("pilothouse synth demo", reader).returncode == 0
    right = path.read_text()
    path.write_text(right.replace('2.39"}', '2.39", replicas: three}'))
    try:
        result = run("pilothouse synth demo", reader)
    finally:
        path.write_text(right)
    assert (result.returncode, result.stderr.strip()) == (2, said.group(1).strip())
    assert run("pilothouse synth demo --check", reader).returncode == 0, "dist/ stayed as it was"
