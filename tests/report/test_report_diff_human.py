"""A diff at a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.diff.change import FieldChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.report import diff_human
from pilothouse.report.diff_sums import summary
from pilothouse.report.text import columns
from tests.report.report_changes import CHANGES, added, any_changes, changed, manifest, removed

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def rendered(changes: list[Changed], *, width: int = 100, colour: bool = False, beside: bool = False) -> str:
    return diff_human.render(changes, colour=colour, width=width, beside=beside)


def test_what_happens_stands_below_its_object_and_before_the_fields() -> None:
    assert rendered(CHANGES[5:6]) == (
        "prod:\n"
        "~ Service shop/web\n"
        "  access: wider: it is reached from outside of the cluster\n"
        "    spec.type: ClusterIP → LoadBalancer\n"
    )


def test_a_long_sentence_keeps_to_the_terminal() -> None:
    assert (
        "  stale: pods of Deployment web keep what they\n"
        "    have read; restart them, or let the name carry\n"
        "    a hash of the content\n" in rendered(CHANGES, width=50)
    )


def test_lines_of_a_text_are_told_with_those_around_them() -> None:
    assert "    data[nginx.conf]:\n        a\n        b\n      - listen 80;\n      + listen 8080;\n" in rendered(
        CHANGES
    )


def test_side_by_side_on_a_wide_terminal() -> None:
    lines = rendered(CHANGES, width=120, beside=True).splitlines()
    (line,) = (each for each in lines if "ClusterIP" in each)
    assert re.fullmatch(r" {4}spec\.type  ClusterIP +│ LoadBalancer", line)
    was = [each for each in lines if "listen" in each]
    assert len(was) == 1 and was[0].index("80;") < was[0].index("│") < was[0].index("8080;")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("1", 1, '"1" → 1'),
        ("true", True, '"true" → true'),
        (" a", "a", '" a" → a'),
        ("", "a", '"" → a'),
        ({"a": 1}, {"a": 2}, '{"a": 1} → {"a": 2}'),
    ],
)
def test_a_text_that_looks_like_a_number_is_told_apart(before: object, after: object, said: str) -> None:
    field = FieldChange(("data", "a"), before, after)
    assert f"    data.a: {said}\n" in rendered([changed(manifest("ConfigMap", "a"), field)])


def test_the_gravest_is_red() -> None:
    text = rendered(CHANGES, colour=True)
    assert "\x1b[1;31mdata-at-risk:\x1b[0m" in text
    assert "\x1b[1;36mrolls:\x1b[0m" in text
    assert COLOUR.sub("", text) == rendered(CHANGES)


def test_the_end_sums_up_each_environment() -> None:
    first, dev, prod, staging = summary(CHANGES)
    assert first == "7 objects changed, 2 added, 1 removed"
    assert dev == "  dev: 1 workload rolls (1 pod, at least 5 s), 1 workload keeps what it has read"
    assert prod.startswith("  prod: 1 object's data at risk, the API server refuses 1 object, ")
    assert "2 workloads roll (5 pods, at least 30 s)" in prod
    assert staging == "  staging: 1 workload rolls (1 pod, at least 5 s)"
    (only,) = summary([CHANGES[0]._replace(environments=("",))])
    assert only == "1 object changed; 1 workload rolls (1 pod, at least 5 s)"


def test_a_rename_counts_once() -> None:
    old, new = manifest("ConfigMap", "old"), manifest("ConfigMap", "new")
    both = [
        removed(old, Impact(Effect.RENAMED, "it comes again under the name new", on=new.identity)),
        added(new, Impact(Effect.RENAMED, "it had the name old", on=old.identity)),
    ]
    assert summary(both) == ["1 object added, 1 removed", "  prod: 1 object is renamed"]


@given(any_changes, st.integers(40, 160), st.booleans())
@settings(deadline=None, max_examples=200)
def test_whatever_a_change_holds_it_neither_fails_nor_steers_the_terminal(
    changes: list[Changed], width: int, beside: bool
) -> None:
    plain = rendered(changes, width=width, beside=beside)
    assert all(line.isprintable() for line in plain.split("\n"))
    assert COLOUR.sub("", rendered(changes, width=width, beside=beside, colour=True)) == plain
    assert all(map(str.isprintable, summary(changes)))
    if beside:
        fields = [line for line in plain.splitlines() if " │ " in line]
        assert all(columns(line) <= max(width, 40) for line in fields)
