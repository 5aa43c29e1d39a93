"""Release notes: what needs hands first, one section for environments in which the same happens."""

from __future__ import annotations

import re

from hypothesis import given, settings

from pilothouse.diff.stacks import Changed
from pilothouse.report import changelog
from tests.report.report_changes import CHANGES, any_changes
from tests.report.test_report_markdown import CALL, read


def test_what_needs_hands_comes_first() -> None:
    text = changelog.render(CHANGES, "v1", "v2", [("abc1234", "The *canary* gets a quarter, see #12")])
    prod = text.partition("## prod\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", prod, re.MULTILINE) == [
        "Needs hands",
        "Traffic and access",
        "Pods roll",
        "Pods otherwise",
        "Renamed",
        "New",
        "Gone",
    ]
    assert prod.startswith("\n6 objects changed, 2 added, 1 removed; 2 workloads roll (5 pods, at least 30 s)\n")
    assert "- `PersistentVolumeClaim shop/orders`: data at risk: the claim goes" in prod
    assert "- `Deployment shop/canary`: all 2 pods are replaced" in prod
    assert prod.endswith("### Gone\n\n- `PersistentVolumeClaim shop/orders`\n")
    assert text.endswith("## Commits\n\n- `abc1234` The \\*canary\\* gets a quarter, see #&#8203;12\n")


def test_environments_in_which_the_same_happens_share_a_section() -> None:
    text = changelog.render([CHANGES[0], CHANGES[5]], "v1", "v2", [])
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["dev and staging", "prod"]


def test_nothing_is_said_as_well() -> None:
    assert changelog.render([], "v1", "v2", []) == "# v1 → v2\n\nNo object changes.\n"


@given(any_changes)
@settings(deadline=None, max_examples=100)
def test_whatever_a_change_holds_is_no_markup_and_calls_nobody(changes: list[Changed]) -> None:
    seen = read(changelog.render(changes, "<b>", "@a", [("`", "- <b>@a #1")]))
    assert seen.tags <= {"h1", "h2", "h3", "p", "ul", "li", "code"}
    assert not CALL.search("".join(seen.words))
