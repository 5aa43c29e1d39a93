"""What a run leaves for editors: the schemas that the environment files name in their first line."""

from __future__ import annotations

import json
from typing import Any

import yaml
from jsonschema import Draft7Validator

from pilothouse.environment.editor import ENVIRONMENT_SCHEMA, LAYER_SCHEMA
from tests.synth.synth_repository import Repository


def mistakes(repository: Repository, schema: str, file: str) -> list[str]:
    """What an editor would underline."""
    validator = Draft7Validator(json.loads(repository.read(schema)))
    document: Any = yaml.safe_load(repository.read(file))
    return [error.message for error in validator.iter_errors(document)]


def test_editors_know_each_charts_values_after_a_run(repository: Repository) -> None:
    repository.good()
    assert mistakes(repository, ENVIRONMENT_SCHEMA, "environments/dev.yaml") == []
    assert mistakes(repository, LAYER_SCHEMA, "environments/_base.yaml") == []
    repository.edit("environments/_base.yaml", "colour: blue", "color: blue")
    assert mistakes(repository, LAYER_SCHEMA, "environments/_base.yaml") != []
    repository.edit("environments/_base.yaml", "color: blue", "colour: blue")
    repository.edit("charts/web.py", "colour: str", "colour: str\n    size: int = 1")
    repository.edit("environments/_base.yaml", "colour: blue", "colour: blue, size: 3")
    assert mistakes(repository, LAYER_SCHEMA, "environments/_base.yaml") != []
    repository.good()
    assert mistakes(repository, LAYER_SCHEMA, "environments/_base.yaml") == []


def test_values_that_do_not_fit_are_known_to_editors_all_the_same(repository: Repository) -> None:
    repository.edit("environments/_base.yaml", "colour: blue", "colour: 3")
    assert repository.synth().code == 2
    assert mistakes(repository, LAYER_SCHEMA, "environments/_base.yaml") != []


def test_a_run_of_a_part_leaves_them(repository: Repository) -> None:
    repository.good()
    before = repository.read(ENVIRONMENT_SCHEMA)
    repository.edit("charts/db.py", "class Db", "WORD = 1\n\n\nclass Db")
    repository.good("prod")
    repository.edit("charts/db.py", "WORD = 1", "WORD = 2")
    repository.good("--chart", "db")
    assert repository.read(ENVIRONMENT_SCHEMA) == before
