"""The comment of a change: the gravest first, nothing cut in two, nobody called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.diff.change import FieldChange
from pilothouse.diff.impact import Effect
from pilothouse.diff.stacks import Changed
from pilothouse.report import diff_markdown
from tests.report.report_changes import CHANGES, added, any_changes, changed, manifest, rolls
from tests.report.test_report_markdown import CALL, read

TAGS = {"h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "pre", "details"}


def rendered(changes: list[Changed], *, limit: int = diff_markdown.LIMIT, unread: int = 0) -> str:
    return diff_markdown.render(changes, "v1", "v2", command="pilothouse diff v1 v2", limit=limit, unread=unread)


def test_the_first_line_is_the_mark_by_which_it_is_found_again() -> None:
    assert rendered([]).splitlines()[0] == rendered(CHANGES).splitlines()[0] == "<!-- pilothouse diff -->"


def test_nothing_is_said_as_well() -> None:
    assert rendered([]) == "<!-- pilothouse diff -->\n### What `v1` → `v2` does\n\nno differences\n"


def test_the_table_tells_what_happens_in_each_environment() -> None:
    lines = [line for line in rendered(CHANGES).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    columns = cells[0]
    assert columns[:4] == ["environment", "objects", "data at risk", "refused by the API server"]
    rows = {row[0]: dict(zip(columns, row, strict=True)) for row in cells[2:]}
    assert list(rows) == ["dev", "prod", "staging"]
    assert rows["prod"]["pods roll"] == "2 (5 pods, at least 30 s)"
    assert rows["prod"]["objects"] == "`+2 -1 ~6`"
    assert (rows["staging"]["pods roll"], rows["staging"]["data at risk"]) == ("1 (1 pod, at least 5 s)", "")


def test_what_happens_stands_in_the_order_of_its_gravity_and_before_the_fields() -> None:
    text = rendered(CHANGES)
    titles = re.findall(r"^\*\*(.+)\*\*$", text, re.MULTILINE)
    assert titles[:5] == [
        "Data at risk",
        "Refused by the API server",
        "Breaks others",
        "Access changes",
        "Traffic moves",
    ]
    assert text.index("Pods roll") < text.index("<details>")
    folded = re.findall(r"<summary><code>(.*?)</code>", text)
    assert folded[:2] == ["- PersistentVolumeClaim shop/orders", "~ Deployment shop/canary"]
    assert folded[-1] == "+ PriorityClass urgent"


def test_what_is_the_same_in_several_environments_is_said_once() -> None:
    twice = [each._replace(environments=(name,)) for each in CHANGES[5:6] for name in ("prod", "dev")]
    assert "- `Service shop/web` (dev, prod): wider: it is reached" in rendered(twice)
    assert rendered(twice).count("wider") == 1


def test_a_line_of_a_text_is_told_with_those_around_it() -> None:
    assert "@@ data[nginx.conf] @@\n a\n b\n-listen 80;\n+listen 8080;\n c\n d\n" in rendered(CHANGES)


def test_the_end_of_a_long_line_is_told_where_it_differs() -> None:
    field = FieldChange(("data", "a"), "x" * 5000 + "old", "x" * 5000 + "new")
    text = rendered([changed(manifest("ConfigMap", "a"), field)])
    assert "xold\n" in text and "xnew\n" in text
    assert len(text) < 2000


@pytest.mark.parametrize("more", [{"data": {"a": "hunter2"}}, {"stringData": "hunter2"}])
def test_a_secret_that_comes_is_not_told(more: dict[str, object]) -> None:
    of = manifest("Secret", "a", **more)
    of.body["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"data": "hunter2"}'}
    text = rendered([added(of)])
    assert "Secret shop/a" in text and "&lt;masked&gt;" not in text and "<masked>" in text
    assert "hunter2" not in text


def test_what_could_not_be_read_is_said() -> None:
    assert "**2 problems in reading them: not everything is compared.**" in rendered(CHANGES, unread=2)


@pytest.mark.parametrize("limit", [2_000, 3_000, 10_000, 65_536])
def test_what_is_too_long_is_left_out_whole_and_counted(limit: int) -> None:
    many = [
        changed(
            manifest("Deployment", f"web-{number}", "apps"),
            FieldChange(("spec", "replicas"), number, number + 1),
            impacts=(rolls(number),),
        )
        for number in range(1000)
    ]
    text = rendered(many, limit=limit)
    assert limit // 2 - 1000 < len(text) <= limit
    seen = read(text)
    shown = text.count("<details>")
    assert text.count("\n```diff\n") == text.count("\n```\n") == text.count("\n</details>\n") == shown
    assert f"The fields of {1000 - shown:,} of 1,000 objects are not shown here" in "".join(seen.words)
    assert "pilothouse diff v1 v2" in seen.code
    assert f"… {1000 - text.count('- `Deployment'):,} more" in text


@given(any_changes, st.sampled_from([2_000, 4_000, 65_536]))
@settings(deadline=None, max_examples=200)
def test_whatever_a_change_holds_is_no_markup_and_calls_nobody(changes: list[Changed], limit: int) -> None:
    text = diff_markdown.render(changes, "@a <b>", "`|", command="pilothouse diff", limit=limit)
    assert len(text) <= limit
    seen = read(text)
    assert seen.tags <= {*TAGS, "summary"}
    assert not CALL.search("".join(seen.words))


def test_each_effect_has_its_title() -> None:
    text = rendered(CHANGES)
    assert {effect for _, change in enumerate(CHANGES) for effect in (i.effect for i in change.change.impacts)} == set(
        Effect
    )
    assert text.count("\n**") == len(Effect) - 1
