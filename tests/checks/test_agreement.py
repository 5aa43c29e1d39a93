"""The comparison with other tools: every difference has a reason, and a reason explains what it names alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pilothouse.schemas.generate import catalogue_files

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS), str(BENCHMARKS / "agreement")]

import comparison  # noqa: E402
from harness import peers  # noqa: E402

PORT = b"""
apiVersion: v1
kind: Service
metadata: {name: bank, namespace: default, annotations: {networking.istio.io/exportto: "."}}
spec: {ports: [{name: http, port: 80}]}
"""
"""MESH006 finds one thing in it, and equals IST0108."""


def compared(
    monkeypatch: pytest.MonkeyPatch,
    found: Mapping[str, set[str]],
    reasons: list[comparison.Reason],
    offline: Mapping[str, set[str]] | None = None,
) -> comparison.Comparison:
    monkeypatch.setattr(comparison, "written_reasons", lambda tool: reasons)
    return comparison.Comparison(
        comparison.Peer(
            "istioctl",
            lambda objects: f"{objects} objects",
            lambda: [comparison.Input("one", PORT)],
            lambda text: found,
            None if offline is None else lambda text: offline,
        )
    )


def test_the_same_object_is_both_and_needs_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    result = compared(monkeypatch, {"IST0108": {"Service default/bank"}}, [])
    assert result.unexplained() == []
    assert "| `IST0108` | MESH006 | 1 | 0 | 0 |  |" in result.section()
    assert result.section().startswith("1 objects\n")


def test_another_object_is_a_difference_on_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    result = compared(monkeypatch, {"IST0108": {"Service default/shop"}}, [])
    assert result.unexplained() == [
        comparison.Difference("IST0108", "theirs", "one", "Service default/shop"),
        comparison.Difference("IST0108", "ours", "one", "Service default/bank"),
    ]
    assert "| `IST0108` | MESH006 | 0 | 1 | 1 |  |" in result.section()


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        (comparison.Reason("IST0108", "why"), set()),
        (comparison.Reason("IST0108", "why", only="theirs"), {"ours"}),
        (comparison.Reason("IST0108", "why", only="ours"), {"theirs"}),
        (comparison.Reason("IST0108", "why", objects="* default/shop"), {"ours"}),
        (comparison.Reason("IST0108", "why", inputs="o*"), set()),
    ],
)
def test_a_reason_explains_what_it_names(
    monkeypatch: pytest.MonkeyPatch, reason: comparison.Reason, left: set[str]
) -> None:
    result = compared(monkeypatch, {"IST0108": {"Service default/shop"}}, [reason])
    assert {each.side for each in result.unexplained()} == left
    assert result.idle() == []
    assert "| why |" in result.section()


@pytest.mark.parametrize(
    "reason", [comparison.Reason("IST0107", "why"), comparison.Reason("IST0108", "why", inputs="other")]
)
def test_a_reason_that_explains_nothing_is_told(monkeypatch: pytest.MonkeyPatch, reason: comparison.Reason) -> None:
    result = compared(monkeypatch, {}, [reason])
    assert result.idle() == [reason]
    assert len(result.unexplained()) == 1


def test_a_check_that_is_left_out_on_purpose_has_its_reason_from_the_list_of_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = compared(monkeypatch, {"IST0103": {"Pod default/bank"}, "IST0108": {"Service default/bank"}}, [])
    assert result.unexplained() == []
    assert re.search(r"^\| `IST0103` \| none \| 0 \| 1 \| 0 \| compares pods", result.section(), re.MULTILINE)


def test_what_is_said_offline_has_a_column_and_is_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    result = compared(monkeypatch, {}, [], offline={"IST0108": {"Service default/bank"}})
    assert "istioctl offline" in result.section()
    assert "| `IST0108` | MESH006 | 1 | 0 | 0 | 1 |  |" in result.section()


@pytest.mark.parametrize("tool", ["kube-score", "istioctl"])
def test_the_written_reasons_are_about_checks_of_the_tool(tool: str) -> None:
    listed = next(each for each in comparison.peer_checks.peers() if each.tool == tool)
    reasons = comparison.written_reasons(tool)
    assert {reason.check for reason in reasons} <= listed.checks.keys()
    assert {reason.only for reason in reasons} <= {"", "theirs", "ours"}


def test_istioctl_is_of_the_release_of_the_schemas() -> None:
    schemas = next(each["version"] for each in catalogue_files.read_sources()["crds"] if each["name"] == "istio")
    assert f"v{peers.replacement('istioctl', 'istio.io/api')}" == schemas
