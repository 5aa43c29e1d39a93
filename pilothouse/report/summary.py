"""Summary: findings put in order, the same one in several environments as one, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from pilothouse.finding import Finding, Severity
from pilothouse.report.counted import counted
from pilothouse.tally import Tally

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Group(NamedTuple):
    """One finding, and everywhere it was found."""

    finding: Finding
    """Its ``environment`` is empty."""
    environments: tuple[str, ...]
    """In the order in which the environments first appear among all findings; empty where none is involved."""


def _order(group: Group) -> tuple[object, ...]:
    finding = group.finding
    at = finding.position
    return (
        _RANK[finding.severity],
        at.file,
        at.line,
        at.column or 0,
        at.column is None,
        finding.code,
        finding.object,
        [str(step) for step in finding.path],
        finding.message,
        finding.fix,
        finding.instance,
        finding.construct,
        [isinstance(step, int) for step in finding.path],
        [(place.file, place.line, place.column or 0, place.column is None) for place in finding.related],
        repr(finding.edit),
    )


def group(findings: Iterable[Finding]) -> list[Group]:
    """Put findings in order: errors, warnings, advice; in each by file, line, column and code.

    Findings that differ in nothing but their environment become one.

    :param findings: in any order; that of their environments decides the order in which those are named.
    """
    places: dict[str, int] = {}
    found: dict[Finding, set[str]] = {}
    for finding in findings:
        environments = found.setdefault(msgspec.structs.replace(finding, environment=""), set())
        if finding.environment:
            places.setdefault(finding.environment, len(places))
            environments.add(finding.environment)
    groups = (Group(finding, tuple(sorted(names, key=places.__getitem__))) for finding, names in found.items())
    return sorted(groups, key=_order)


def shown(findings: Iterable[Finding], *, advice: bool) -> list[Finding]:
    """The findings that a reader sees: those that say more than advice, and advice where it was asked for."""
    return [finding for finding in findings if advice or finding.severity is not Severity.ADVICE]


def summary_line(summary: Tally) -> str:
    """A summary in one line: ``2 errors, 1 warning in 3 environments``; ``no findings`` where there are none.

    A single environment is named.
    """
    return counted(dict(zip(Severity, summary[:3], strict=True)), summary.environments)
