"""What well-known projects ship as correct is no error: each exception is looked at, and stands in a decision page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pilothouse.checks.output import UNREADABLE
from pilothouse.finding import Severity
from pilothouse.reading import Reading
from pilothouse.schemas.generate.modules import ModuleUnavailableError
from pilothouse.validation import judge, somebodys
from tests.checks.public_examples import File, files
from tests.schemas.test_schema_generated import give_up

PAGE = Path(__file__).parents[2] / "docs" / "decisions" / "0010-public-examples.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([A-Z0-9, ]+) \|", re.MULTILINE)
VERSION = "1.34"
FEWEST = 300
"""Objects that are judged, at least."""


def errors(file: File) -> Iterator[tuple[int, list[str]]]:
    """How many objects one file holds, and the codes of the errors in it, as ``validate`` would find them."""
    reading = Reading()
    reading.read_text(file.text, file.name, file.name)
    if any(each.code == UNREADABLE for each in reading.findings) or not reading.manifests:
        return  # a template, values, or something else that is no manifest
    judged = judge(somebodys(VERSION), reading, [], ours=False, crds=None, missing="warn", binary=None)
    yield len(reading.manifests), [each.code for each in judged.findings if each.severity is Severity.ERROR]


def test_no_error_in_what_its_own_project_ships_as_correct() -> None:
    written = {name: set(codes.split(", ")) for name, codes in ROW.findall(PAGE.read_text())}
    found: dict[str, set[str]] = {}
    judged = 0
    try:
        for file in files():
            for count, codes in errors(file):
                judged += count
                if codes:
                    found[f"{file.source}/{file.name}"] = set(codes)
    except ModuleUnavailableError as error:
        give_up(error)
    assert judged >= FEWEST
    assert found == written
