"""The change that the README shows: the canary gets more requests, pods more memory, and a Service another name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_COPIED = ("charts", "constructs", "environments", "dist", "schemas")
_EDITS = (
    ("environments/dev.yaml", r"(canary: \{version: v2, weight: )10", r"\g<1>25"),
    ("environments/prod.yaml", r"(canary: \{version: v2, weight: )10", r"\g<1>25"),
    ("environments/prod.yaml", r"(resources: \{cpu: 200m, memory: )128Mi", r"\g<1>256Mi"),
    ("charts/kubia.py", r'"kubia-sticky"', '"kubia-steady"'),
)


def copied(folder: Path) -> Path:
    """A copy of this repository's own stack, with its ``dist/``."""
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edit(folder: Path, file: str, pattern: str, other: str) -> None:
    """Change one place of a file.

    :raises AssertionError: the pattern is not in it once.
    """
    path = folder / file
    text, times = re.subn(pattern, other, path.read_text())
    assert times == 1, f"{file} has changed its shape: {pattern} is not in it once"
    path.write_text(text)


def make(folder: Path) -> None:
    """Make the change in a copy's sources."""
    for file, pattern, other in _EDITS:
        edit(folder, file, pattern, other)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``pilothouse`` on a copy."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pilothouse", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def comment(folder: Path) -> str:
    """What the change does, as the comment of a merge request; ``dist/`` is what it gives afterwards."""
    shutil.copytree(folder / "dist", folder / "before")
    make(folder)
    done = run(folder, "synth")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(folder, "diff", str(folder / "before"), str(folder / "dist"), "--format", "markdown")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout.replace(f"{folder}/before", "main").replace(f"{folder}/dist", "canary")
