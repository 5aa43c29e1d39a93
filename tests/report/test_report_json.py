"""What a program reads."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
from hypothesis import given

import pilothouse.report
from pilothouse.finding import Finding, Severity
from pilothouse.report import json as report
from pilothouse.report.summary import group
from tests.report.report_findings import any_findings, finding

SCHEMA = json.loads((Path(pilothouse.report.__file__).parent / "findings.schema.json").read_text(encoding="utf-8"))


def test_the_document() -> None:
    shown = report.render(
        [
            finding(environment="prod", path=("spec", "ports", 0, "a/b"), fix="x"),
            finding(environment="dev", path=("spec", "ports", 0, "a/b"), fix="x"),
            finding("W", Severity.WARNING, column=None, path=()),
        ]
    )
    assert json.loads(shown) == {
        "version": 1,
        "findings": [
            {
                "code": "SVC001",
                "severity": "error",
                "message": "selects no pod of this stack",
                "fix": "x",
                "file": "charts/kubia.py",
                "line": 3,
                "column": 9,
                "environments": ["prod", "dev"],
                "instance": "",
                "object": "Service custom-namespace/kubia",
                "path": ["spec", "ports", 0, "a/b"],
                "field": "spec.ports[0][a/b]",
                "construct": "",
                "related": [],
            },
            {
                "code": "W",
                "severity": "warning",
                "message": "selects no pod of this stack",
                "fix": "",
                "file": "charts/kubia.py",
                "line": 3,
                "column": None,
                "environments": [],
                "instance": "",
                "object": "Service custom-namespace/kubia",
                "path": [],
                "field": "",
                "construct": "",
                "related": [],
            },
        ],
        "summary": {"errors": 1, "warnings": 1, "advice": 0, "environments": ["prod", "dev"]},
    }


def test_nothing_found_is_a_document_too() -> None:
    document = json.loads(report.render([]))
    jsonschema.validate(document, SCHEMA)
    assert document["findings"] == []


def test_the_schema_names_every_field_and_no_other() -> None:
    (shown,) = json.loads(report.render([finding()]))["findings"]
    described = SCHEMA["$defs"]["finding"]
    assert list(shown) == described["required"] == list(described["properties"])
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@given(any_findings)
def test_any_findings_fit_the_schema_and_keep_their_text(findings: list[Finding]) -> None:
    shown = report.render(findings)
    assert shown.isascii()
    assert all(line.isprintable() for line in shown.split("\n"))
    document = msgspec.json.decode(shown)  # stricter than Python's own: it takes no lone surrogate
    jsonschema.validate(document, SCHEMA)
    for told, one in zip(document["findings"], group(findings), strict=True):
        for name in ("code", "message", "fix", "object"):
            text = getattr(one.finding, name)
            assert told[name] == text or any("\ud800" <= character <= "\udfff" for character in text)
