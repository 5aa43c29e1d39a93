"""What the command does not need it does not load, and Node is started for charts that use cdk8s' own objects only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.synth.synth_repository import Repository

HEAVY = ("jsii", "cdk8s", "constructs", "jsonschema", "jsonschema_rs", "importlib.metadata", "typeguard", "attr")
PROBE = """
import atexit, json, os, sys

def tell():
    with open(os.environ["LOADED"], "w") as file:
        json.dump(sorted(sys.modules), file)

atexit.register(tell)
from pilothouse.cli import main
sys.exit(main())
"""


def loaded(repository: Repository, tmp_path: Path, *words: str) -> set[str]:
    """The modules that a command loads. There is no Node that it could start."""
    told = tmp_path / "loaded.json"
    run = repository.run(*words, command=("-c", PROBE), LOADED=str(told), JSII_NODE="/there/is/no/node")
    assert run.code == 0, run.err
    found: set[str] = set(json.loads(told.read_text()))
    return found


@pytest.mark.parametrize(
    "words", [["--help"], ["synth", "--help"], ["--version"], ["synth"], ["synth", "prod"], ["synth", "--check"]]
)
def test_help_and_a_run_with_nothing_to_do_load_almost_nothing(
    repository: Repository, tmp_path: Path, words: list[str]
) -> None:
    for environments in ([], ["prod"]):
        repository.good(*environments, command=("-c", PROBE), LOADED=str(tmp_path / "unused"))
    found = loaded(repository, tmp_path, *words)
    assert not found & {
        *HEAVY,
        "yaml",
        "msgspec",
        "pilothouse.synth",
        "pilothouse.checks",
        "gzip",
        "subprocess",
        "hashlib",
    }
    assert len([name for name in found if name.startswith("pilothouse")]) < 20


@pytest.mark.parametrize(
    "words",
    [["list"], ["list", "dev"], ["explain", "--environment", "dev"], ["explain", "cm/web"], ["checks"], ["schemas"]],
)
def test_what_only_reads_files_loads_nothing_that_builds(
    repository: Repository, tmp_path: Path, words: list[str]
) -> None:
    repository.good()
    assert not loaded(repository, tmp_path, *words) & {"jsii", "cdk8s", "constructs", "typeguard"}


def test_what_was_kept_is_written_without_node(repository: Repository, tmp_path: Path) -> None:
    repository.good(command=("-c", PROBE), LOADED=str(tmp_path / "unused"))
    (repository.dist / "dev/web/default/configmap-web.yaml").unlink()
    assert "jsii" not in loaded(repository, tmp_path, "synth")
