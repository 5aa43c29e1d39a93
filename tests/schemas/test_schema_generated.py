"""The committed data is what the pinned modules give, nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NoReturn

import pytest

from pilothouse.schemas import store
from pilothouse.schemas.generate import __main__ as command
from pilothouse.schemas.generate import catalogue_files
from pilothouse.schemas.generate.modules import ModuleUnavailableError


def give_up(error: ModuleUnavailableError) -> NoReturn:
    """Offline, a developer goes on without this proof; CI does not."""
    if os.environ.get("CI"):
        raise error
    pytest.skip(f"its pinned modules are not to be had here (no Go, or no network): {error}")


def test_every_file_is_the_one_that_the_index_was_made_with() -> None:
    texts = command.committed()
    digests = json.loads(texts.pop("index.json"))["digests"]
    assert {name: catalogue_files.digest(text) for name, text in texts.items()} == digests


def test_the_index_names_the_pinned_versions() -> None:
    sources = catalogue_files.read_sources()
    index = store.index()
    assert index["kubernetes"] == {source["minor"]: source["version"][1:] for source in sources["kubernetes"]}
    assert index["modules"] == {source["name"]: f"{source['module']} {source['version']}" for source in sources["crds"]}


def test_the_committed_data_is_what_would_be_generated() -> None:
    try:
        made = command.generate()
    except ModuleUnavailableError as error:
        give_up(error)
    found = command.committed()
    assert found.keys() == made.keys()
    assert [name for name in made if made[name] != found[name]] == [], "run `make schemas`"


def test_the_table_of_lifecycles_agrees_with_the_go_types() -> None:
    try:
        assert command.lifecycle_disagreements(command.committed()["index.json"]) == []
    except ModuleUnavailableError as error:
        give_up(error)


def test_the_data_holds_structure_and_no_descriptions() -> None:
    def keywords(schema: object) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        found = set(schema)
        for inner in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]:
            found |= keywords(inner)
        return found

    for name, text in command.committed().items():
        if name != "index.json":
            for entry in json.loads(text).values():
                assert not keywords(entry["schema"]) & {"description", "example", "title", "externalDocs"}


def test_the_data_stays_small() -> None:
    total = sum(path.stat().st_size for path in store.DATA.iterdir())
    assert total < 400_000


def test_compressed_files_carry_no_time_of_their_making() -> None:
    for path in sorted(Path(store.DATA).glob("*.gz")):
        assert path.read_bytes()[4:8] == b"\0\0\0\0", path.name
