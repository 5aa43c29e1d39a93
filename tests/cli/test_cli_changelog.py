"""``pilothouse changelog``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.git_repository import commit, committed, git
from tests.synth.synth_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = committed(tmp_path / "repository")
    git(made, "tag", "v1")
    made.write("README.md", "What it is.\n")
    commit(made, "Say what it is")
    made.edit("environments/_base.yaml", "blue", "green")
    made.edit("environments/dev.yaml", "charts:\n  db-two: {chart: db, namespace: default}\n", "")
    made.good()
    commit(made, "Green, and one database")
    git(made, "tag", "v2")
    return made


def test_it_tells_each_environment_and_the_commits_that_touched_sources(repository: Repository) -> None:
    run = repository.run("changelog", "v1..v2")
    assert (run.code, run.err) == (0, "")
    short = git(repository, "rev-parse", "--short", "v2")
    assert run.out.startswith("# v1 → v2\n\n## dev\n\n1 object changed, 1 removed\n")
    assert "### Gone\n\n- `ConfigMap default/db-two`\n" in run.out
    assert run.out.endswith(f"## Commits\n\n- `{short}` Green, and one database\n")
    assert repository.run("changelog", "v1..").out.startswith("# v1 → HEAD\n")


def test_sources_count_where_that_is_asked_for(repository: Repository) -> None:
    assert repository.run("changelog", "--synth", "v1..v2").out == repository.run("changelog", "v1..v2").out


@pytest.mark.parametrize("words", ["v1", "..v2", "v1...v2", ""])
def test_what_is_no_range_is_bad_usage(repository: Repository, words: str) -> None:
    run = repository.run("changelog", words)
    assert (run.code, run.out) == (2, "")
    assert "expected two revisions, such as v1.4.0..v1.5.0" in run.err


def test_a_revision_that_is_none_is_said(repository: Repository) -> None:
    run = repository.run("changelog", "v1..v3")
    assert (run.code, run.out) == (2, "")
    assert "v3: no folder, and no revision that git knows" in run.err
