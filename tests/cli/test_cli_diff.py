"""``pilothouse diff``: two states, object by object and field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.git_repository import commit, committed, git
from tests.synth.synth_repository import Repository, Run

SCHEMA = json.loads((Path(__file__).parents[2] / "pilothouse/report/diff.schema.json").read_text())
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{a: {value}}}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return committed(tmp_path / "repository")


def told(run: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run.out)
    jsonschema.validate(document, SCHEMA)
    return document


def test_nothing_differs_from_what_was_committed(repository: Repository) -> None:
    run = repository.run("diff")
    assert (run.code, run.out) == (0, "")
    assert "no differences" in run.err


def test_what_the_sources_give_is_set_against_the_last_commit_and_nothing_is_written(repository: Repository) -> None:
    before = repository.files(repository.root / "dist")
    repository.edit("environments/_base.yaml", "blue", "green")
    run = repository.run("diff")
    assert run.code == 1
    assert run.out == "dev, prod:\n~ ConfigMap default/web\n    data.colour: blue → green\n"
    assert "1 object changed" in run.err
    assert repository.files(repository.root / "dist") == before


def test_what_differs_between_environments_is_told_for_each(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "charts:\n  db-two: {chart: db, namespace: default}\n", "")
    run = repository.run("diff", "--format", "json")
    assert run.code == 1
    (change,) = told(run)["changes"]
    assert (change["change"], change["object"]["name"], change["environments"]) == ("removed", "db-two", ["dev"])


def test_two_revisions_are_compared_by_their_dist(repository: Repository) -> None:
    first = git(repository, "rev-parse", "HEAD")
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.good()
    commit(repository, "second")
    run = repository.run("diff", first, "HEAD", "--format", "json")
    assert run.code == 1
    (change,) = told(run)["changes"]
    assert change["fields"] == [
        {"path": ["data", "colour"], "field": "data.colour", "before": "blue", "after": "green"}
    ]
    assert repository.run("diff", "HEAD", "HEAD").code == 0


def test_in_a_forge_a_change_is_set_against_where_it_left_its_target(repository: Repository) -> None:
    git(repository, "checkout", "--quiet", "-b", "change")
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.good()
    commit(repository, "the change, with its dist/")
    assert repository.run("diff").code == 0
    for variable in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        run = repository.run("diff", **{variable: "main"})
        assert run.code == 1
        assert "blue → green" in run.out
    run = repository.run("diff", CI_MERGE_REQUEST_DIFF_BASE_SHA=git(repository, "rev-parse", "main"))
    assert "blue → green" in run.out


def test_two_folders_of_anyones_yaml(tmp_path: Path, repository: Repository) -> None:
    for folder, value in (("old", "1"), ("new", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(MAP.format(name="a", value=f"'{value}'"))
    run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert (run.code, run.out) == (1, "~ ConfigMap shop/a\n    data.a: 1 → 2\n")


def test_what_cannot_be_read_is_said_and_the_rest_compared(tmp_path: Path, repository: Repository) -> None:
    for folder, value in (("old", "1"), ("new", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(MAP.format(name="a", value=value))
    (tmp_path / "new" / "b.yaml").write_text("a: [")
    run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert run.code == 2
    assert "~ ConfigMap shop/a" in run.out
    assert "b.yaml:1" in run.err


def test_a_secret_is_not_told(tmp_path: Path, repository: Repository) -> None:
    for folder, value in (("old", "aaaa"), ("new", "bbbb")):
        (tmp_path / folder).mkdir()
        secret = MAP.format(name="a", value=value).replace("ConfigMap", "Secret").replace("\ndata:", "\nstringData:")
        (tmp_path / folder / "a.yaml").write_text(secret)
    for form in ("human", "json", "markdown", "html"):
        run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"), "--format", form)
        assert run.code == 1
        assert "stringData.a" in run.out
        assert "aaaa" not in run.out + run.err and "bbbb" not in run.out + run.err


def test_what_the_server_refuses_is_said_with_what_to_do(tmp_path: Path, repository: Repository) -> None:
    old, new = frozen(tmp_path)
    run = repository.run("diff", old, new)
    assert run.code == 1
    assert "  replace: data.a cannot change: the API server refuses it; give it another name" in run.out
    assert "1 object changed; the API server refuses 1 object" in run.err
    run = repository.run("diff", old, new, "--format", "json")
    assert [each["field"] for each in told(run)["changes"][0]["impacts"]] == ["data.a"]


def frozen(tmp_path: Path) -> tuple[str, str]:
    """Two folders, between which the API server refuses a change."""
    for folder, value in (("old", "1"), ("new", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(MAP.format(name="a", value=value) + "immutable: true\n")
    return str(tmp_path / "old"), str(tmp_path / "new")


@pytest.mark.parametrize("form", ["human", "json", "markdown", "html"])
def test_what_must_not_be_is_an_end_of_its_own(tmp_path: Path, repository: Repository, form: str) -> None:
    old, new = frozen(tmp_path)
    run = repository.run("diff", old, new, "--fail-on", "data-at-risk,replace", "--format", form)
    assert run.code == 3
    assert "immutable" not in run.err and run.out
    assert repository.run("diff", old, new, "--fail-on", "data-at-risk", "--format", form).code == 1
    assert repository.run("diff", old, old, "--fail-on", "replace", "--format", form).code == 0


@pytest.mark.parametrize("word", ["replaced", "", ",", "replace,REPLACE"])
def test_an_effect_that_is_none_is_said_before_anything_is_read(repository: Repository, word: str) -> None:
    run = repository.run("diff", "nowhere", "nowhere", "--fail-on", word)
    assert (run.code, run.out) == (2, "")
    assert f"--fail-on {word}: expected one or more of data-at-risk, replace, breaks, access," in run.err


def test_the_comment_of_a_change(tmp_path: Path, repository: Repository) -> None:
    old, new = frozen(tmp_path)
    run = repository.run("diff", old, new, "--format", "markdown")
    assert run.code == 1
    assert run.out.startswith("<!-- pilothouse diff -->\n")
    assert "**Refused by the API server**" in run.out
    assert "@@ data.a @@\n-1\n+2\n" in run.out


def test_a_comment_keeps_to_what_the_forge_takes(tmp_path: Path, repository: Repository) -> None:
    for folder, value in (("old", "1"), ("new", "2")):
        (tmp_path / folder).mkdir()
        maps = [MAP.format(name=f"a-{number}", value=value) for number in range(50)]
        (tmp_path / folder / "a.yaml").write_text("---\n".join(maps))
    words = ("diff", str(tmp_path / "old"), str(tmp_path / "new"), "--format", "markdown", "--limit")
    run = repository.run(*words, "4000")
    assert run.code == 1 and len(run.out) <= 4000
    assert f"`pilothouse diff {tmp_path / 'old'} {tmp_path / 'new'}`" in run.out
    assert repository.run(*words, "1999").code == 2


def test_the_page_of_a_change(tmp_path: Path, repository: Repository) -> None:
    run = repository.run("diff", *frozen(tmp_path), "--format", "html")
    assert run.code == 1
    assert run.out.startswith("<!doctype html>\n") and run.out.endswith("</html>\n")
    assert "data.a cannot change" in run.out


def test_what_was_stands_beside_what_is_where_that_is_asked_for(tmp_path: Path, repository: Repository) -> None:
    run = repository.run("diff", *frozen(tmp_path), "--side-by-side")
    assert "    data.a  1 " in run.out and " │ 2\n" in run.out


@pytest.mark.parametrize(
    ("words", "told"),
    [(("nowhere",), "nowhere: no folder, and no revision that git knows"), (("HEAD~7",), "HEAD~7: no folder")],
)
def test_what_git_does_not_know_is_said(repository: Repository, words: tuple[str, ...], told: str) -> None:
    run = repository.run("diff", *words)
    assert (run.code, run.out) == (2, "")
    assert told in run.err


def test_a_revision_without_dist_is_said(repository: Repository) -> None:
    git(repository, "rm", "-r", "--quiet", "--cached", "dist")
    git(repository, "commit", "--quiet", "--message", "none")
    run = repository.run("diff")
    assert run.code == 2
    assert "HEAD has no dist/" in run.err


def test_a_shallow_clone_says_how_deep_to_fetch(repository: Repository, tmp_path: Path) -> None:
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.good()
    commit(repository, "second")
    git(repository, "clone", "--quiet", "--depth", "1", f"file://{repository.root}", str(tmp_path / "shallow"))
    run = repository.run("-C", str(tmp_path / "shallow"), "diff", GITHUB_BASE_REF="release")
    assert run.code == 2
    assert "git fetch --unshallow" in run.err


def test_of_two_objects_of_one_identity_the_last_counts_and_that_is_said(
    tmp_path: Path, repository: Repository
) -> None:
    for folder, values in (("old", "1"), ("new", "23")):
        (tmp_path / folder).mkdir()
        for value in values:
            (tmp_path / folder / f"{value}.yaml").write_text(MAP.format(name="a", value=f"'{value}'"))
    run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert (run.code, run.out) == (1, "~ ConfigMap shop/a\n    data.a: 1 → 3\n")
    assert "ConfigMap shop/a stands in" in run.err and "2.yaml:1" in run.err and "3.yaml:1" in run.err
    assert "the last one counts" in run.err


def test_a_binary_file_is_said_and_the_rest_compared(tmp_path: Path, repository: Repository) -> None:
    for folder, value in (("old", "1"), ("new", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(MAP.format(name="a", value=value))
    (tmp_path / "new" / "b.yaml").write_bytes(bytes(range(256)) * 20)
    run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert run.code == 2
    assert "~ ConfigMap shop/a" in run.out
    assert "b.yaml:2" in run.err and "UTF-8" in run.err


@pytest.mark.parametrize("form", ["human", "markdown", "html", "json"])
def test_of_objects_of_ten_megabytes_what_differs_is_told(tmp_path: Path, repository: Repository, form: str) -> None:
    lines = [f"    line {number} of many that make it large\n" for number in range(250_000)]
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(
            MAP.format(name="a", value="x").replace("{a: x}", "\n  a: |\n") + "".join(lines)
        )
        lines[100_000] = "    line 100000 is another\n"
    run = repository.run("diff", str(tmp_path / "old"), str(tmp_path / "new"), "--format", form)
    assert run.code == 1
    assert "line 100000 is another" in run.out
    assert form == "json" or len(run.out) < 100_000


def test_without_git_two_folders_can_be_named(repository: Repository, tmp_path: Path) -> None:
    run = repository.run("diff", PATH=str(tmp_path))
    assert run.code == 2
    assert "git cannot be run: there is none on PATH; name two folders instead" in run.err
    assert repository.run("diff", "dist", "dist", PATH=str(tmp_path)).code == 0
