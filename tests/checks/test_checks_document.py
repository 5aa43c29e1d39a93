"""docs/checks.md is what the checks say."""

from __future__ import annotations

import re
from pathlib import Path

import docs.checks_page
from docs.checks_page import page
from pilothouse.checks import catalogue

WRITTEN = (Path(docs.checks_page.__file__).parent / "checks.md").read_text(encoding="utf-8")


def test_the_document_is_up_to_date() -> None:
    assert page() == WRITTEN, "run make docs"


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", WRITTEN, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]*)\)", WRITTEN))
    assert links <= headings
    assert {code.lower() for code in catalogue()} <= links


def test_every_example_says_whether_it_is_found() -> None:
    for check in catalogue().values():
        if check.judges:
            of_check = WRITTEN.partition(f"\n### {check.code}\n")[2].partition("\n### ")[0]
            assert "It finds" in of_check
            assert "It does not find" in of_check
    assert not re.search(r"^```\w+ (bad|good)", WRITTEN, re.MULTILINE)
