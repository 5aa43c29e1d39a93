"""How findings are ordered, joined and counted."""

from __future__ import annotations

import random

from hypothesis import given

from pilothouse.finding import Finding, Severity
from pilothouse.report.summary import group, summary_line
from pilothouse.tally import Tally, tally
from tests.report.report_findings import any_findings, finding


def test_the_summary_line() -> None:
    assert summary_line(tally([])) == "no findings"
    assert summary_line(tally([finding()])) == "1 error"
    assert summary_line(tally([finding(environment="dev")])) == "1 error in dev"
    assert summary_line(Tally(2, 1, 0, ("dev", "staging", "prod"))) == "2 errors, 1 warning in 3 environments"
    assert summary_line(Tally(0, 0, 2, ("dev",))) == "2 pieces of advice in dev"


def test_findings_that_differ_in_anything_else_stay_apart() -> None:
    several = [
        finding(environment="dev"),
        finding(environment="prod", line=4),
        finding(environment="prod", message="other"),
        finding(environment="prod", path=("spec",)),
        finding(environment="prod", severity=Severity.WARNING),
    ]
    assert sorted(one.environments for one in group(several)) == [("dev",), *[("prod",)] * 4]
    assert tally(several) == Tally(4, 1, 0, ("dev", "prod"))


@given(any_findings)
def test_nothing_is_lost_and_the_order_does_not_matter(findings: list[Finding]) -> None:
    groups = group(findings)
    assert {(f.code, f.message, f.environment) for f in findings if f.environment} == {
        (one.finding.code, one.finding.message, name) for one in groups for name in one.environments
    }
    shuffled = findings[:]
    random.Random(0).shuffle(shuffled)
    assert [one.finding for one in group(shuffled)] == [one.finding for one in groups]
    summary = tally(findings)
    assert sum(summary[:3]) == len(groups)
