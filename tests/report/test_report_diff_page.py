"""docs/diff.md, the schema and the verbs know of the same effects, forms and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pilothouse.cli.diff_arguments import FORMATS
from pilothouse.diff.impact import Effect
from pilothouse.report.diff_words import TITLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/diff.md").read_text()


def test_the_page_has_every_effect_in_its_order() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("## Forms")[0], re.MULTILINE) == list(Effect)
    assert list(TITLES) == list(Effect)


def test_the_schema_has_every_effect() -> None:
    schema = json.loads((ROOT / "pilothouse/report/diff.schema.json").read_text())
    assert schema["$defs"]["impact"]["properties"]["effect"]["enum"] == list(Effect)


def test_the_page_has_every_form() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \|", PAGE.partition("## Forms")[2], re.MULTILINE)) == set(FORMATS)


def test_the_schema_describes_each_field() -> None:
    def undescribed(node: object, name: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        found = [each for key, below in node.items() for each in undescribed(below, key)]
        if isinstance(node.get("properties"), dict):
            found += [
                f"{name}.{key}"
                for key, below in node["properties"].items()
                if "description" not in below and not str(below.get("$ref")).endswith("/count")
            ]
        return found

    assert undescribed(json.loads((ROOT / "pilothouse/report/diff.schema.json").read_text()), "") == []
