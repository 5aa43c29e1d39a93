"""Cron: the schedules of CronJobs, as the API server reads them."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    names: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    _Field("day of the week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_WORDS = frozenset({"@annually", "@daily", "@hourly", "@midnight", "@monthly", "@weekly", "@yearly"})
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)\Z", re.ASCII)
_LARGEST = 2**63


class Schedule(NamedTuple):
    """When a schedule is due."""

    days: frozenset[int]
    """Days of the month."""
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether a day of the month or a day of the week is enough: so where both are limited."""

    @property
    def never(self) -> bool:
        """Whether no date fits, such as the 31st of February."""
        if self.either:
            return False
        return not any(day <= _LONGEST[month - 1] for day in self.days for month in self.months)


def parse(schedule: str) -> Schedule | None:
    """Read a schedule.

    :param schedule: five fields, or a word such as ``@daily``, or ``@every`` with a duration.
    :returns: when it is due; None for ``@every`` and the words, which always are at some time.
    :raises ValueError: where the API server refuses it.

    Source: Kubernetes documentation, CronJob, "Schedule syntax"; the rest was seen on a kube-apiserver.
    """
    if "TZ" in schedule:
        raise ValueError("a time zone does not belong into the schedule: it has a field of its own, timeZone")
    if schedule.startswith("@"):
        if schedule in _WORDS or (schedule.startswith("@every ") and _DURATION.match(schedule[7:])):
            return None
        raise ValueError(f"{schedule!r} is none of {', '.join(sorted(_WORDS))} and @every with a duration")
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"it has {len(fields)} fields, expected 5: minute, hour, day of the month, month, day of the week"
        )
    _, _, days, months, weekdays = (_values(text, field) for text, field in zip(fields, _FIELDS, strict=True))
    return Schedule(days[0], months[0], weekdays[0], either=not (days[1] or weekdays[1]))


def _values(text: str, field: _Field) -> tuple[frozenset[int], bool]:
    """The values of one field, and whether a star stands in it."""
    found: set[int] = set()
    star = False
    for part in filter(None, text.split(",")):
        values, starred = _range(part, field)
        found.update(values)
        star |= starred
    return frozenset(found), star


def _range(text: str, field: _Field) -> tuple[range, bool]:
    span, *steps = text.split("/")
    low, *high = span.split("-")
    if len(steps) > 1 or len(high) > 1:
        raise ValueError(f"the {field.name} {text!r} has more than one {'/' if len(steps) > 1 else '-'}")
    step = _number(steps[0], field, text) if steps else 1
    star = low in ("*", "?")
    if star:
        first, last = field.first, field.last
    else:
        first = _named(low, field, text)
        last = _named(high[0], field, text) if high else field.last if steps else first
    if not (field.first <= first <= last <= field.last) or step == 0:
        raise ValueError(f"the {field.name} {text!r} does not lie within {field.first}-{field.last}")
    return range(first, last + 1, step), star and step <= 1


def _named(text: str, field: _Field, whole: str) -> int:
    number = field.names.get(text.lower())
    return _number(text, field, whole) if number is None else number


def _number(text: str, field: _Field, whole: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 300:
        raise ValueError(f"the {field.name} {whole!r} is no number, range or step")
    number = int(text)
    if number < 0 or number >= _LARGEST:
        raise ValueError(f"the {field.name} {whole!r} does not lie within {field.first}-{field.last}")
    return number
