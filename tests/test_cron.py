"""Schedules of CronJobs: what they are read as, whoever wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse import cron

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@st.composite
def fields(draw: st.DrawFn, bounds: tuple[int, int]) -> tuple[str, set[int]]:
    """One field as it may be written, and the values that it stands for."""
    first, last = bounds
    parts, values = [], set[int]()
    for _ in range(draw(st.integers(1, 3))):
        low = draw(st.integers(first, last))
        high = draw(st.integers(low, last))
        step = draw(st.integers(1, 70))
        text, meant = draw(
            st.sampled_from(
                [
                    ("*", range(first, last + 1)),
                    (f"*/{step}", range(first, last + 1, step)),
                    (f"{low}", range(low, low + 1)),
                    (f"{low}/{step}", range(low, last + 1, step)),
                    (f"{low}-{high}", range(low, high + 1)),
                    (f"{low}-{high}/{step}", range(low, high + 1, step)),
                ]
            )
        )
        parts.append(text)
        values.update(meant)
    return ",".join(parts), values


@given(st.tuples(*(fields(bounds) for bounds in BOUNDS)))
def test_a_schedule_stands_for_the_values_of_its_fields(written: tuple[tuple[str, set[int]], ...]) -> None:
    schedule = cron.parse(" ".join(text for text, _ in written))
    assert schedule is not None
    assert (schedule.days, schedule.months, schedule.weekdays) == tuple(values for _, values in written[2:])


@given(st.text(alphabet="0123456789*/-,?@ LWTZjan+\t", max_size=24))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        schedule = cron.parse(text)
    except ValueError as error:
        assert str(error)
        return
    assert schedule is None or schedule.days <= set(range(1, 32))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 3 * *", "4 fields"),
        ("0 3 * * 7", "day of the week '7' does not lie within 0-6"),
        ("60 3 * * *", "minute '60'"),
        ("0 3 * * 1-2-3", "more than one -"),
        ("*/0 * * * *", "minute '*/0'"),
        ("TZ=UTC 0 3 * * *", "timeZone"),
        ("@reboot", "@daily"),
    ],
)
def test_a_refused_schedule_says_why(text: str, says: str) -> None:
    with pytest.raises(ValueError) as raised:
        cron.parse(text)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("0 0 31 2 *", True),
        ("0 0 30 2 *", True),
        ("0 0 29 2 *", False),
        ("0 0 31 4,6,9,11 *", True),
        ("0 0 31 4,5 *", False),
        ("0 0 31 2 mon", False),
    ],
)
def test_a_day_that_no_month_has_never_comes(text: str, never: bool) -> None:
    """Where day of the month and day of the week are both limited, either is enough."""
    schedule = cron.parse(text)
    assert schedule is not None and schedule.never is never
