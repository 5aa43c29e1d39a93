"""Which findings a waiver silences, and what is said of the waiver itself."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks import catalogue
from pilothouse.finding import Finding, Position, Severity
from pilothouse.manifest import Waiver
from pilothouse.waivers import NEVER, apply

HERE = Position(file="charts/web.py", line=3)
WEB = Finding(
    code="SVC001",
    severity=Severity.WARNING,
    message="no pod",
    position=HERE,
    environment="dev",
    instance="web",
    object="Service default/web",
    construct="web/front/Service-web",
)


def waived(finding: Finding = WEB, instance: str = "web", **fields: Any) -> list[str]:
    """The codes that are left where one waiver meets one finding."""
    waiver = Waiver(**{"code": "SVC001", "reason": "made elsewhere", "position": HERE} | fields)
    return [each.code for each in apply([finding], [(instance, waiver)], "dev", frozenset({"web"}))]


def test_a_waiver_covers_its_construct_and_all_below_it() -> None:
    assert waived(construct="web") == waived(construct="web/front") == waived(construct="web/front/Service-web") == []
    assert waived(construct="web/fro") == waived(construct="web/front/Service-web/x") == ["SVC001", "WAIVE002"]


def test_a_waiver_of_a_file_covers_an_object_an_instance_or_the_environment() -> None:
    assert waived() == waived(object="Service default/web") == waived(instance="") == []
    assert waived(object="Service default/other") == ["SVC001", "WAIVE002"]
    assert waived(instance="other") == ["SVC001"]  # that one was not judged, so nothing is said of its waiver


def test_without_a_reason_it_silences_nothing() -> None:
    assert waived(reason="") == waived(reason=" \t\n") == ["SVC001", "WAIVE001"]


@given(st.sampled_from(sorted(NEVER)))
def test_what_no_waiver_silences(code: str) -> None:
    left = waived(msgspec.structs.replace(WEB, code=code), code=code)
    assert left == [code, "WAIVE002"]


def test_the_finding_about_a_waiver_stands_where_the_waiver_does() -> None:
    (finding,) = apply([], [("web", Waiver("SVC001", "x", HERE, "web/a"))], "dev", frozenset({"web"}))
    assert (finding.position, finding.instance, finding.environment, finding.construct) == (HERE, "web", "dev", "web/a")


CODES = st.sampled_from(["SVC001", "SVC002", "SEC001", "CHART001", "NOPE001"])
INSTANCES = st.sampled_from(["", "web", "other"])
PATHS = st.sampled_from(["", "web", "web/a", "web/ab", "web/a/b"])
WAIVERS = st.lists(
    st.tuples(INSTANCES, st.builds(Waiver, CODES, st.sampled_from(["", "x"]), st.just(HERE), PATHS)), max_size=5
)
FINDINGS = st.lists(
    st.tuples(CODES, st.sampled_from(["web", "other"]), PATHS).map(
        lambda each: msgspec.structs.replace(WEB, code=each[0], instance=each[1], construct=each[2])
    ),
    max_size=5,
)


@given(FINDINGS, WAIVERS)
def test_no_finding_is_lost_without_a_reason_and_none_is_made_up(
    findings: list[Finding], waivers: list[tuple[str, Waiver]]
) -> None:
    left = apply(findings, waivers, "dev", frozenset({"web", "other"}))
    own = [each for each in left if not each.code.startswith("WAIVE")]
    assert [each for each in findings if each in own] == own
    for gone in (each for each in findings if each not in own):
        assert gone.code not in NEVER
        assert any(
            waiver.reason
            and waiver.code == gone.code
            and instance in ("", gone.instance)
            and (not waiver.construct or f"{gone.construct}/".startswith(f"{waiver.construct}/"))
            for instance, waiver in waivers
        )
    assert all(each.code in catalogue() for each in left if each not in findings)
