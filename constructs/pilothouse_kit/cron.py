"""Cron: when a CronJob runs, as five fields or one of a few words."""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}

_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
"""Each field: what it is, its least and greatest number, and its names.

Source: Kubernetes documentation, CronJob, "Schedule syntax"."""

WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def problems(schedule: str) -> list[str]:
    """What is wrong with a schedule; nothing for one that Kubernetes takes.

    :param schedule: such as ``30 2 * * *``, or ``@daily``.
    """
    if schedule.startswith("@"):
        return [] if schedule in WORDS else [f"expected one of {', '.join(WORDS)}, got {schedule!r}"]
    parts = schedule.split()
    if len(parts) != len(_FIELDS):
        return [f"expected five fields (minute, hour, day of month, month, day of week), got {schedule!r}"]
    found = []
    for part, (what, least, greatest, names) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(each, least, greatest, names) for each in part.split(",")):
            found.append(f"{what}: expected {least} to {greatest}, ranges and steps of them, or *, got {part!r}")
    return found


def _fits(part: str, least: int, greatest: int, names: Mapping[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and step.isascii() and int(step) > 0):
        return False
    if span in ("*", "?"):
        return True
    low, dash, high = span.partition("-")
    first = _number(low, names)
    last = _number(high, names) if dash else first
    return first is not None and last is not None and least <= first <= last <= greatest


def _number(text: str, names: Mapping[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return int(text) if text.isdecimal() and text.isascii() else None
