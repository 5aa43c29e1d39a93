"""Synthesized: what the sources of a revision give, built by this Pilothouse."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from pilothouse.diff import sides
from pilothouse.diff.revision import RevisionError
from pilothouse.diff.sides import Side
from pilothouse.diff.worktree import checked_out
from pilothouse.finding import Finding, Position, Severity

_STOPPED = 1
"""The exit code of a synthesis that a finding stopped."""
_PATIENCE = 10
"""Seconds that a synthesis may take to end when it is told to."""


class StoppedError(Exception):
    """The sources of a revision give nothing: findings stop them."""

    def __init__(self, title: str, findings: list[Finding]) -> None:
        super().__init__(f"{title}: its sources give nothing to compare")
        self.findings = findings
        """What was found; each file is told as git names it: ``v1.4.0:charts/web.py``."""


def of_sources(root: str, name: str) -> Side:
    """What the sources give at a revision, whatever ``dist/`` it has.

    :param root: the repository's root.
    :param name: the revision.
    :raises RevisionError: git does not have it, or it holds no environments that can be read.
    :raises StoppedError: a finding stops it.
    """
    with checked_out(root, name) as folder, tempfile.TemporaryDirectory(prefix="pilothouse-") as out:
        # A process of its own: modules are imported from one repository alone.
        code, told, said = _run([*_PROGRAM, "-C", folder, "synth", "--out", out, "--format", "json"], folder)
        if code == _STOPPED:
            raise StoppedError(name, _findings(told, name))
        if code:
            words = said.replace(os.path.join(folder, ""), "").removeprefix("pilothouse: ").strip()
            raise RevisionError(f"{name}: its sources cannot be built: {words}")
        return dataclasses.replace(sides.of_folder(out), title=name)


_PROGRAM = [sys.executable, "-P", "-m", "pilothouse"]


def _run(words: list[str], folder: str) -> tuple[int, str, str]:
    """What a command comes to: its exit code, and what it printed. It does not outlive us."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(sides.__file__)))
    paths = [os.path.dirname(package), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        told, said = process.communicate()
    except BaseException:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        process.kill()
        raise
    return process.returncode, told, said


def _findings(told: str, name: str) -> list[Finding]:
    return [
        Finding(
            code=each["code"],
            severity=Severity(each["severity"]),
            message=each["message"],
            fix=each["fix"],
            position=_place(each, name),
            environment=environment,
            instance=each["instance"],
            object=each["object"],
            path=tuple(each["path"]),
            construct=each["construct"],
            related=tuple(_place(at, name) for at in each["related"]),
        )
        for each in json.loads(told)["findings"]
        for environment in each["environments"] or [""]
    ]


def _place(at: dict[str, Any], name: str) -> Position:
    return Position(f"{name}:{at['file']}", at["line"], at["column"])
