"""Tally: how many different findings there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pilothouse.finding import Finding, Severity


class Tally(NamedTuple):
    """How many different findings there are."""

    errors: int
    warnings: int
    advice: int
    environments: tuple[str, ...]
    """Every environment with a finding, in the order of their first appearance."""


def tally(findings: Sequence[Finding]) -> Tally:
    """Count findings; the same one in several environments counts once.

    :param findings: in any order.
    """
    environments = tuple(dict.fromkeys(finding.environment for finding in findings if finding.environment))
    several = len(environments) > 1 or any(not finding.environment for finding in findings)
    alike = (msgspec.structs.replace(each, environment="") for each in findings) if several else findings
    counts = dict.fromkeys(Severity, 0)
    for finding in set(alike):
        counts[finding.severity] += 1
    return Tally(counts[Severity.ERROR], counts[Severity.WARNING], counts[Severity.ADVICE], environments)
