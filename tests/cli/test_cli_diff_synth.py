"""``pilothouse diff --synth``: revisions compared by what their sources give."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.git_repository import commit, committed, git
from tests.processes import alive, below, wait_until
from tests.synth.synth_repository import Repository


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where temporary folders are made."""
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


@pytest.fixture
def repository(tmp_path: Path, temporary: Path) -> Repository:
    """One that commits no dist/."""
    made = committed(tmp_path / "repository")
    git(made, "rm", "-r", "--quiet", "--cached", "dist")
    made.write(".gitignore", "dist/\n")
    commit(made, "without dist/")
    return made


def nothing_is_left(repository: Repository, temporary: Path) -> bool:
    return len(git(repository, "worktree", "list").splitlines()) == 1 and not list(temporary.iterdir())


def test_sources_count_where_no_dist_is_committed(repository: Repository, temporary: Path) -> None:
    repository.edit("environments/_base.yaml", "blue", "green")
    commit(repository, "green")
    assert repository.run("diff", "HEAD~1", "HEAD").code == 2
    run = repository.run("diff", "--synth", "HEAD~1", "HEAD", TMPDIR=str(temporary))
    assert (run.code, run.out) == (1, "dev, prod:\n~ ConfigMap default/web\n    data.colour: blue → green\n")
    assert run.err.startswith("HEAD~1 → HEAD: 1 object changed")
    assert nothing_is_left(repository, temporary)
    assert git(repository, "status", "--porcelain") == ""


def test_what_is_not_committed_is_set_against_the_last_commit(repository: Repository, temporary: Path) -> None:
    assert repository.run("diff", "--synth").code == 0
    repository.edit("environments/_base.yaml", "blue", "green")
    run = repository.run("diff", "--synth", "--format", "markdown", "--limit", "2000", TMPDIR=str(temporary))
    assert run.code == 1
    assert "### What `HEAD` → `the sources` does" in run.out
    assert nothing_is_left(repository, temporary)


def test_a_repository_below_that_of_git(tmp_path: Path, temporary: Path) -> None:
    made = committed(tmp_path / "whole")
    (tmp_path / "whole/clusters").mkdir()
    for name in ("charts", "constructs", "environments"):
        git(made, "mv", name, f"clusters/{name}")
    commit(made, "moved")
    made.edit("clusters/environments/_base.yaml", "blue", "green")
    run = made.run("-C", "clusters", "diff", "--synth", "HEAD", TMPDIR=str(temporary))
    assert (run.code, run.out) == (1, "dev, prod:\n~ ConfigMap default/web\n    data.colour: blue → green\n")
    assert nothing_is_left(made, temporary)


def test_no_hook_runs(repository: Repository, temporary: Path, tmp_path: Path) -> None:
    hook = repository.root / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    git(repository, "checkout", "--quiet", "-b", "other")
    assert (tmp_path / "ran").exists()
    (tmp_path / "ran").unlink()
    assert repository.run("diff", "--synth", "HEAD", TMPDIR=str(temporary)).code == 0
    assert not (tmp_path / "ran").exists()


def test_what_stops_a_revision_is_told_with_its_name(repository: Repository, temporary: Path) -> None:
    repository.edit("charts/web.py", "self.values.colour", "self.values.color")
    commit(repository, "broken")
    git(repository, "tag", "v2")
    repository.edit("charts/web.py", "self.values.color", "self.values.colour")
    run = repository.run("diff", "--synth", "v2", TMPDIR=str(temporary))
    assert (run.code, run.out) == (2, "")
    assert "v2:charts/web.py:11" in run.err
    assert "v2: its sources give nothing to compare" in run.err
    assert str(temporary) not in run.err
    assert nothing_is_left(repository, temporary)


def test_an_environment_file_that_cannot_be_read_is_told_with_its_revision(
    repository: Repository, temporary: Path
) -> None:
    repository.write("environments/dev.yaml", "extends: [\n")
    commit(repository, "broken")
    repository.write("environments/dev.yaml", "extends: _base\ncluster: {name: dev}\n")
    run = repository.run("diff", "--synth", "HEAD", TMPDIR=str(temporary))
    assert (run.code, run.out) == (2, "")
    assert "HEAD: its sources cannot be built: environments/dev.yaml:" in run.err
    assert nothing_is_left(repository, temporary)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_one_that_is_interrupted(
    repository: Repository, temporary: Path, number: signal.Signals
) -> None:
    repository.maps("slow", "while True:\n    time.sleep(0.01)", imports="import time")
    commit(repository, "slow")
    process = subprocess.Popen(
        [sys.executable, "-m", "pilothouse", "diff", "--synth", "HEAD"],
        cwd=repository.root,
        env=repository.environment(TMPDIR=str(temporary)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: len(below(process.pid)) > 2, 60)  # the synthesis, and those who build
        started = below(process.pid)
        assert not nothing_is_left(repository, temporary)
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (130 if number is signal.SIGINT else 128 + number)
    assert (out, err) == (b"", b"interrupted: nothing half written is left\n")
    wait_until(lambda: not any(map(alive, started)))
    assert nothing_is_left(repository, temporary)
