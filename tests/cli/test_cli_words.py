"""Exit codes, streams, help and completion: what scripts and people rely on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synth.synth_repository import PACKAGES, Repository, Run

VERBS = ["synth", "validate", "list", "explain", "checks", "schemas", "set", "init", "doctor"]


@pytest.mark.parametrize("words", [[], *([verb] for verb in VERBS)])
def test_help_fits_a_terminal_and_shows_examples(repository: Repository, words: list[str]) -> None:
    run = repository.run(*words, "--help")
    assert (run.code, run.err) == (0, "")
    assert max(map(len, run.out.splitlines())) < 100
    assert "example" in run.out
    assert f"  pilothouse {words[0] if words else 'synth'}" in run.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: VERB"),
        (["sinth"], "invalid choice: 'sinth'"),
        (["synth", "--chek"], "unrecognized arguments: --chek"),
        (["synth", "--check", "--stdout"], "not allowed with argument"),
        (["synth", "--time-limit", "soon"], "expected seconds, above 0, got 'soon'"),
        (["synth", "--time-limit", "nan"], "expected seconds, above 0, got 'nan'"),
        (["synth", "--jobs", "0"], "expected a number from 1 to 1024, got '0'"),
        (["synth", "--format", "xml"], "invalid choice: 'xml'"),
        (["synth", "prd"], "pilothouse: no environment named prd, did you mean prod?\n"),
        (["synth", "dev", "prd"], "pilothouse: no environment named prd, did you mean prod?\n"),
        (["synth", "zzz"], "pilothouse: no environment named zzz: there is dev, prod\n"),
        (["list", "prd"], "pilothouse: no environment named prd, did you mean prod?\n"),
        (["explain"], "pilothouse: explain what? name an environment"),
        (["explain", "--environment", "prd"], "no environment named prd, did you mean prod?"),
        (["explain", "Service default/none"], "nothing is known of Service default/none"),
        (["checks", "SCV001"], "no check named SCV001, did you mean"),
        (["schemas", "--kubernetes-version", "1.2"], "no schemas for Kubernetes 1.2"),
        (["set", "prd", "a=1"], "no environment named prd, did you mean prod?"),
        (["set", "prod"], "the following arguments are required: KEY=VALUE"),
        (["schemas", "add"], "no CustomResourceDefinition in no file"),
        (["schemas", "add", "absent.yaml"], "pilothouse: absent.yaml: No such file or directory\n"),
        (["validate", "absent.yaml"], "pilothouse: absent.yaml: no such file or folder\n"),
        (["validate"], "there is no Kubernetes object to judge\n"),
        (["-C", "nowhere", "synth"], "pilothouse: nowhere: no such folder\n"),
        (["-C", "/", "synth"], "pilothouse: /: neither this folder nor one above it has environments/"),
    ],
)
def test_bad_usage_ends_with_two_and_says_what_to_do(repository: Repository, words: list[str], said: str) -> None:
    run = repository.run(*words)
    assert (run.code, run.out) == (2, "")
    assert said in run.err


def test_an_environment_file_with_mistakes_ends_with_two_and_names_all(repository: Repository) -> None:
    repository.edit("environments/_base.yaml", "blue", "[1, 2]")
    repository.edit("environments/prod.yaml", 'kubernetesVersion: "1.33"', "kubernetesVersion: 1.33\nprofil: lab")
    run = repository.run("synth")
    assert (run.code, run.out) == (2, "")
    assert [line.split(": ")[0] for line in run.err.splitlines()] == [
        "environments/prod.yaml:2:20",
        "environments/prod.yaml:3:1",
    ]
    run = repository.run("synth", "dev")
    assert (run.code, run.out) == (2, "")
    assert "environments/_base.yaml:5:" in run.err and "charts.web.values.colour: expected str, got a list" in run.err


def test_a_repository_without_charts_or_environments(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    for file in (repository.root / "charts").iterdir():
        file.unlink()
    (repository.root / "charts").rmdir()
    run = repository.run("synth")
    assert (run.code, run.out) == (2, "")
    assert "no chart 'web' in charts/" in run.err
    repository.write("environments/dev.yaml", "")
    run = repository.run("synth", "dev")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("environments/dev.yaml:1: is empty, expected an environment")
    for file in (repository.root / "environments").glob("[!_]*"):
        file.unlink()
    run = repository.run("synth")
    assert (run.code, run.err) == (
        2,
        "pilothouse: this repository has no environment: environments/ holds no YAML file\n",
    )
    run = repository.run("list")
    assert (run.code, run.out) == (0, "")
    (repository.root / "environments/_base.yaml").unlink()
    (repository.root / "environments").rmdir()
    run = repository.run("synth")
    assert run.code == 2
    assert "neither this folder nor one above it has environments/" in run.err


def test_the_repository_is_the_one_of_the_working_folder_or_the_named_one(
    repository: Repository, tmp_path: Path
) -> None:
    assert repository.run("synth", cwd=repository.root / "charts").code == 0
    written = repository.files()
    assert len(written) == 12
    run = repository.run("-C", str(repository.root / "environments"), "synth", cwd=tmp_path)
    assert (run.code, run.err) == (0, "5 objects in 2 environments: up to date\n")
    run = repository.run(
        "-C", os.path.relpath(repository.root, tmp_path), "list", "dev", "--format", "json", cwd=tmp_path
    )
    assert [row["name"] for row in json.loads(run.out)] == ["db", "db-two", "web"]
    linked = tmp_path / "linked"
    linked.symlink_to(repository.root)
    assert repository.run("-C", str(linked), "synth", cwd=tmp_path).err == "5 objects in 2 environments: up to date\n"


def test_findings_are_results_and_the_rest_is_not(repository: Repository) -> None:
    repository.maps("chatty", "print('here')\nreturn {'a': 'b'}")
    run = repository.run("synth")
    assert run.code == 0
    assert "CHART003" in run.out and "charts/chatty.py:7" in run.out
    assert run.err == "6 objects in 2 environments, 6 of 6 chart instances built: 14 files written or removed\n"
    again = repository.run("synth")
    assert (again.out, again.err) == (run.out, "6 objects in 2 environments: up to date\n")
    assert repository.run("synth", "--format", "github").out.startswith("::warning file=charts/chatty.py,line=7")
    assert "\x1b" not in run.out
    assert "\x1b" in repository.run("synth", FORCE_COLOR="1", NO_COLOR="").out
    assert "\x1b" not in repository.run("synth", FORCE_COLOR="1", NO_COLOR="1").out
    printed = repository.run("synth", "--stdout", FORCE_COLOR="1", NO_COLOR="")
    assert "\x1b" not in printed.out and "CHART003" in printed.err


def test_an_environment_that_warnings_stop(repository: Repository) -> None:
    repository.maps("chatty", "print('here')\nreturn {'a': 'b'}")
    repository.edit("environments/_base.yaml", "profile: lab", "profile: production")
    run = repository.synth()
    assert (run.code, run.codes) == (1, ["CHART003"])
    assert not repository.dist.exists()


def complete(repository: Repository, line: str) -> list[str]:
    """What a shell offers at the end of a line."""
    answer = repository.root / "answer"
    variables = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse"], cwd=repository.root, env=repository.environment(**variables), check=False
    )
    assert done.returncode == 0
    offered = answer.read_text().split("\n")
    answer.unlink()
    return sorted(word.strip() for word in offered if word.strip())


def test_the_shell_completes_verbs_environments_and_charts(repository: Repository, tmp_path: Path) -> None:
    assert complete(repository, "pilothouse sy") == ["synth"]
    assert complete(repository, "pilothouse synth ")[:2] != []
    assert {"dev", "prod"} <= set(complete(repository, "pilothouse synth "))
    assert complete(repository, "pilothouse synth p") == ["prod"]
    assert complete(repository, "pilothouse synth --chart ") == ["db", "web"]
    assert complete(repository, "pilothouse synth --chart w") == ["web"]
    assert complete(repository, "pilothouse explain --environment d") == ["dev"]
    repository.good()
    assert complete(repository, "pilothouse explain conf") == ["configmap/db", "configmap/db-two", "configmap/web"]
    assert complete(repository, "pilothouse synth --std") == ["--stdout"]
    assert complete(repository, "pilothouse set ") == ["--dry-run", "--help", "-h", "_base", "dev", "prod"]
    assert complete(repository, "pilothouse set prod web.values") == ["web.values.colour="]
    assert complete(repository, f"pilothouse -C {tmp_path} synth d") in ([], ["dev"])


def closed(repository: Repository, shell: str) -> Run:
    command = f"{sys.executable} -m pilothouse"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell.replace("pilothouse", command, 1)],
        cwd=repository.root,
        env=repository.environment(),
        capture_output=True,
        timeout=120,
    )
    run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
    for word in ("Traceback", "Exception ignored", "Broken pipe"):
        assert word not in run.err, run.err
    return run


def test_streams_that_lead_nowhere(repository: Repository) -> None:
    repository.maps("large", "return {str(number): 'x' * 100 for number in range(5000)}")
    repository.good()
    assert closed(repository, "pilothouse synth --stdout | head -1").code == 0
    assert closed(repository, "pilothouse schemas | head -1").code == 0
    for shell in ("pilothouse list >&-", "pilothouse synth --stdout >&- 2>&-", "pilothouse synth <&- >&- 2>&-"):
        assert closed(repository, shell).code == 0, shell
    shutil.rmtree(repository.dist)
    repository.forget()
    assert closed(repository, "pilothouse synth <&- >&- 2>&-").code == 0
    assert len(repository.files()) == 14
    if os.path.exists("/dev/full"):
        run = closed(repository, "pilothouse synth --stdout >/dev/full")
        assert run.code == 2
        assert run.err.endswith("pilothouse: standard output: No space left on device\n")


def test_bytes_do_not_depend_on_the_terminals_language(repository: Repository) -> None:
    repository.maps("snow", "return {'snow': '☃'}")
    plain = repository.run("synth", "--stdout").out
    assert "☃" in plain
    for variables in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        assert repository.run("synth", "--stdout", **variables).out == plain
        assert repository.run("synth", "zzé", **variables).code == 2


def test_the_version_and_the_installed_command(repository: Repository) -> None:
    from pilothouse import __version__

    assert repository.run("--version").out == f"pilothouse {__version__}\n"
    program = Path(sys.executable).parent / "pilothouse"
    if program.exists():
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"pilothouse {__version__}\n"
    assert (PACKAGES / "pilothouse").is_dir()
