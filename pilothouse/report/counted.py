"""Counted: how many findings there are, in a line; light enough for a run that has nothing to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pilothouse.report.text import one_line

_NOUNS = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "advice": ("piece of advice", "pieces of advice"),
}
HIDDEN = " (--advice shows the advice)"
"""What follows where advice is counted and not shown."""


def counted(counts: Mapping[str, int], environments: Sequence[str]) -> str:
    """A count in one line: ``2 errors, 1 warning in 3 environments``; ``no findings`` where there are none.

    :param counts: severity to number.
    :param environments: those with a finding; a single one is named.
    """
    parts = [
        f"{counts[severity]} {nouns[counts[severity] != 1]}" for severity, nouns in _NOUNS.items() if counts[severity]
    ]
    if not parts:
        return "no findings"
    where = ""
    if len(environments) == 1:
        where = f" in {one_line(environments[0], 100)}"
    elif environments:
        where = f" in {len(environments)} environments"
    return ", ".join(parts) + where


def only_advice(errors: int, warnings: int, advice: int, environments: Sequence[str]) -> str | None:
    """The line that stands for findings which are advice alone, as a report shows it without ``--advice``.

    :param errors: how many different errors there are; likewise ``warnings`` and ``advice``.
    :param environments: those with a finding.
    :returns: None where one of them says more than advice.
    """
    if errors or warnings:
        return None
    return counted({"error": 0, "warning": 0, "advice": advice}, environments) + HIDDEN
