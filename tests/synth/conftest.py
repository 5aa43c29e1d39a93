from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.processes import below
from tests.synth.synth_repository import Repository

COMMAND = [sys.executable, "-m", "pilothouse"]
Start: TypeAlias = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One repository for all tests of a module: each leaves it up to date."""
    return Repository(tmp_path_factory.mktemp("lasting") / "repository")


@pytest.fixture
def waiting(repository: Repository) -> Iterator[Start]:
    """Starts a run whose chart ``slow`` says when it is being built, and then waits until there is a file ``go``."""
    repository.maps(
        "slow",
        """
        print("building", file=sys.stderr, flush=True)
        while not (Path(__file__).parent.parent / "go").exists():
            time.sleep(0.01)
        return {"colour": "red"}
        """,
        imports="import sys\nimport time\nfrom pathlib import Path",
    )
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*COMMAND, "synth"],
            cwd=repository.root,
            env=repository.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until_it_builds(process: subprocess.Popen[bytes]) -> list[int]:
    """Wait until the chart ``slow`` is being built: the processes of the run, without its first."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(b"building"):
            return below(process.pid)
    pytest.fail("the chart was never built")
