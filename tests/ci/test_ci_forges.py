"""The CI files that users get: valid by the forges' own schemas, and what they do on a branch that commits dist/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse import skeleton
from pilothouse.beginning import begin
from tests.synth.synth_repository import PACKAGES

GITHUB, GITLAB = ".github/workflows/manifests.yml", ".gitlab-ci.yml"
SCHEMAS = {GITHUB: "vendor.github-workflows", GITLAB: "vendor.gitlab-ci"}
MARKER = "<!-- pilothouse diff -->"
NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@example.com"))
}
FORGE = '''\
#!{python}
"""A forge that keeps comments in a file, as its command line client and its API show them."""
import json, os, pathlib, sys

kept = pathlib.Path({kept!r})
comments = json.loads(kept.read_text()) if kept.exists() else []
words = sys.argv[1:]
with open({asked!r}, "a") as asked:
    asked.write(json.dumps(words) + "\\n")
method = next((words[at + 1] for at, word in enumerate(words) if word in ("--method", "--request")), "GET")
(place,) = [word for word in words if {place!r} in word]
if method == "GET":
    if "--jq" in words:
        found = [each["id"] for each in comments if each["body"].startswith({marker!r})]
        print(*found, sep="\\n")
    else:
        print(json.dumps(comments))
else:
    (body,) = [pathlib.Path(word.partition("@")[2]).read_text() for word in words if word.startswith("body")]
    if method == "POST":
        comments.append({{"id": len(comments) + 41, "body": body}})
    else:
        (old,) = [each for each in comments if place.endswith("/" + str(each["id"]))]
        old["body"] = body
    kept.write_text(json.dumps(comments))
'''


class Checkout:
    """A new repository on a branch, and what CI has on PATH there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.tools = folder / "tools"
        self.kept = folder / "comments.json"
        self.asked = folder / "asked"
        begin(str(self.root))
        self.tools.mkdir()
        self._installed()
        self.git("init", "--quiet", "--initial-branch=main")
        self.make("synth")
        self.commit("the beginning")
        self.git("checkout", "--quiet", "-b", "change")

    def _installed(self) -> None:
        """What ``make`` would install."""
        binaries = self.root / ".venv/bin"
        binaries.mkdir(parents=True)
        paths = os.pathsep.join(map(str, (PACKAGES, PACKAGES / "constructs")))
        program = binaries / "pilothouse"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={paths} exec {sys.executable} -m pilothouse "$@"\n')
        program.chmod(0o755)
        for name in (".ready", ".go"):
            (self.root / ".venv" / name).touch()

    def forge(self, client: str, place: str) -> None:
        """Put a forge's client on PATH."""
        program = self.tools / client
        program.write_text(
            FORGE.format(python=sys.executable, kept=str(self.kept), asked=str(self.asked), place=place, marker=MARKER)
        )
        program.chmod(0o755)

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, env={**os.environ, **NOBODY}, check=True)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message)

    def make(self, *words: str) -> None:
        subprocess.run(["make", "--silent", *words], cwd=self.root, check=True, env=self._variables({}))

    def change(self, old: str, new: str) -> None:
        """Change a value of production, and commit it with its dist/."""
        file = self.root / "environments/prod.yaml"
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))
        self.make("synth")
        self.commit("a change, with its dist/")

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a runner does."""
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.root,
            env=self._variables(variables),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def _variables(self, more: dict[str, str]) -> dict[str, str]:
        known = {key: value for key, value in os.environ.items() if not key.startswith(("CI", "GITHUB", "MAKE"))}
        path = os.pathsep.join((str(self.tools), os.environ["PATH"]))
        return {**known, **NOBODY, "PATH": path, "NO_COLOR": "1", **more}

    @property
    def comments(self) -> list[str]:
        """The comments that there are."""
        return [each["body"] for each in json.loads(self.kept.read_text())] if self.kept.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def read(path: str) -> Any:
    return yaml.safe_load(skeleton.FILES[path])


@pytest.mark.parametrize("path", [GITHUB, GITLAB])
def test_it_is_what_the_forge_reads(path: str, tmp_path: Path) -> None:
    file = tmp_path / "ci.yml"

    def judged(text: str) -> int:
        file.write_text(text)
        words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[path], str(file)]
        return subprocess.run(words, capture_output=True).returncode

    text = skeleton.FILES[path]
    assert judged(text) == 0
    assert judged(text.replace("run: make synth", "walk: make synth").replace("script:", "skript:")) == 1


@pytest.mark.parametrize("path", [GITHUB, GITLAB])
def test_this_repository_has_the_same(path: str) -> None:
    assert (PACKAGES / path).read_text() == skeleton.FILES[path]


def github(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    """Run the steps that are commands, as for a pull request."""
    steps = [step for step in read(GITHUB)["jobs"]["manifests"]["steps"] if "run" in step]
    done = None
    for step in steps:
        done = checkout.run(
            step["run"],
            CI="true",
            GITHUB_BASE_REF="main",
            GITHUB_REPOSITORY="a/shop",
            GITHUB_STEP_SUMMARY=str(checkout.root / ".venv/summary.md"),
            PULL="7",
            GH_TOKEN="x",
        )
        if done.returncode:
            break
    assert done is not None
    return done


def gitlab(checkout: Checkout, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the job, as for a merge request."""
    known = {
        "CI": "true",
        "CI_API_V4_URL": "https://forge.example.com/api/v4",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "PILOTHOUSE_TOKEN": "x",
    }
    return checkout.run("\n".join(read(GITLAB)["manifests"]["script"]), **{**known, **variables})


FORGES = {
    "github": (github, "gh", "repos/a/shop/issues"),
    "gitlab": (gitlab, "curl", "/api/v4/projects/3/merge_requests/7/notes"),
}


@pytest.mark.parametrize("forge", FORGES)
def test_a_change_is_told_in_one_comment_that_later_runs_update(checkout: Checkout, forge: str) -> None:
    run, client, place = FORGES[forge]
    checkout.forge(client, place)
    checkout.change("replicas: 3", "replicas: 5")
    done = run(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    (comment,) = checkout.comments
    assert comment.startswith(f"{MARKER}\n")
    assert "Deployment shop/shop" in comment
    assert "@@ spec.replicas @@\n-3\n+5\n" in comment
    checkout.change("replicas: 5", "replicas: 4")
    assert run(checkout).returncode == 0
    (comment,) = checkout.comments
    assert "-3\n+4\n" in comment


@pytest.mark.parametrize("forge", FORGES)
def test_a_dist_that_is_not_what_the_sources_give_stops(checkout: Checkout, forge: str) -> None:
    run, client, place = FORGES[forge]
    checkout.forge(client, place)
    file = checkout.root / "environments/prod.yaml"
    file.write_text(file.read_text().replace("replicas: 3", "replicas: 5"))
    checkout.commit("a change without its dist/")
    done = run(checkout)
    assert done.returncode != 0
    assert "1 file is not what the sources give" in done.stderr
    assert checkout.comments == []


def test_without_a_token_gitlab_keeps_the_page(checkout: Checkout) -> None:
    checkout.forge("curl", "notes")
    checkout.change("replicas: 3", "replicas: 5")
    assert gitlab(checkout, PILOTHOUSE_TOKEN="").returncode == 0
    assert checkout.comments == [] and not checkout.asked.exists()
    (page,) = read(GITLAB)["manifests"]["artifacts"]["paths"]
    assert "spec.replicas" in (checkout.root / page).read_text()


def test_a_diff_that_cannot_be_made_stops(checkout: Checkout) -> None:
    checkout.forge("curl", "notes")
    done = gitlab(checkout, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="nowhere")
    assert done.returncode == 1
    assert "fetch origin nowhere" in done.stderr
    assert checkout.comments == []
