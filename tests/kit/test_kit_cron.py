"""Schedules: what Kubernetes' own reader of cron lines takes, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse_kit import cron

BOUNDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
NAMES: list[list[str]] = [
    [],
    [],
    [],
    ["jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "DEC"],
    ["sun", "mon", "TUE", "wed", "Thu", "fri", "sat"],
]


def parts(field: int) -> st.SearchStrategy[str]:
    """One part of a field: a number, a name, a range, all of them; with or without a step."""
    least, greatest = BOUNDS[field]
    names = dict(enumerate(NAMES[field], least))
    numbers = st.integers(least, greatest)

    def written(number: int) -> st.SearchStrategy[str]:
        return st.sampled_from([str(number), f"{number:02}", *([names[number]] if number in names else [])])

    ranges = st.tuples(numbers, numbers).map(sorted).flatmap(lambda ends: st.tuples(*map(written, ends))).map("-".join)
    spans = st.sampled_from(["*", "?"]) | numbers.flatmap(written) | ranges
    return st.tuples(spans, st.just("") | st.integers(1, 99).map(lambda step: f"/{step}")).map("".join)


def fields(field: int) -> st.SearchStrategy[str]:
    return st.lists(parts(field), min_size=1, max_size=4).map(",".join)


LINES = st.tuples(*(fields(field) for field in range(5)))


@given(LINES, st.sampled_from([" ", "  ", "\t"]))
def test_every_list_of_valid_parts_is_taken(line: tuple[str, ...], blank: str) -> None:
    assert cron.problems(blank.join(line)) == []


@given(LINES, st.integers(0, 4), st.data())
def test_a_number_out_of_range_is_refused_with_its_field(
    line: tuple[str, ...], field: int, data: st.DataObject
) -> None:
    least, greatest = BOUNDS[field]
    wrong = data.draw(st.integers(greatest + 1, 10_000) | (st.just(0) if least else st.nothing()))
    part = data.draw(st.sampled_from([f"{wrong}", f"{least}-{wrong}", f"{wrong}-{wrong}", f"{wrong}/2"]))
    broken = [*line[:field], f"{line[field]},{part}", *line[field + 1 :]]
    (problem,) = cron.problems(" ".join(broken))
    assert problem.startswith(["minute", "hour", "day of month", "month", "day of week"][field] + ": expected")
    assert str(greatest) in problem


@pytest.mark.parametrize(
    "line",
    [
        "0 0 * * *",
        "*/15 * * * *",
        "30 2 1,15 * *",
        "0 9-17 * * mon-fri",
        "0 9-17/2 * JAN-MAR,dec 1-5",
        "5/10 * ? * ?",
        "59 23 31 12 6",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ],
)
def test_a_schedule_of_the_documentation_is_taken(line: str) -> None:
    assert cron.problems(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 7",
        "* * * * -1",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "*/x * * * *",
        "/5 * * * *",
        "1--5 * * * *",
        "1-5-9 * * * *",
        "1, * * * *",
        "1,,2 * * * *",
        "1.5 * * * *",
        "jan * * * *",
        "* * * mon *",
        "* * * * fri-mon",
        "* * * * monday",
        "٣ * * * *",
        "@reboot",
        "@Daily",
        "@",
        "TZ=UTC * * * * *",
    ],
)
def test_what_is_no_schedule_is_refused(line: str) -> None:
    assert cron.problems(line)


def test_every_field_that_is_wrong_is_said() -> None:
    assert [problem.partition(":")[0] for problem in cron.problems("60 24 0 13 7")] == [
        "minute",
        "hour",
        "day of month",
        "month",
        "day of week",
    ]
