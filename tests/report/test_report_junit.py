"""What GitLab and Jenkins show beside a job's tests."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from hypothesis import given

from pilothouse.finding import Finding, Severity
from pilothouse.report import junit
from pilothouse.report.summary import group
from tests.report.report_findings import any_findings, finding


def errors(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def parsed(*findings: Finding) -> Xml.Element:
    return Xml.fromstring(junit.render(findings, stops=errors).encode())


def test_a_document() -> None:
    findings = [
        finding(environment="dev", fix="mend it"),
        finding(environment="prod", fix="mend it"),
        finding(line=4, path=("spec",), message="<is> & worse"),
        finding("QOS001", Severity.WARNING, file="a/b.yaml", column=None, path=()),
    ]
    shown = junit.render(findings, stops=errors)
    assert shown == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<testsuites name="pilothouse" tests="2" failures="1" errors="0" skipped="1">\n'
        '  <testsuite name="a/b.yaml" tests="1" failures="0" errors="0" skipped="1">\n'
        '    <testcase classname="a/b" name="QOS001 Service custom-namespace/kubia" file="a/b.yaml" line="3">\n'
        '      <skipped message="selects no pod of this stack">warning[QOS001] a/b.yaml:3 Service '
        "custom-namespace/kubia\n"
        "  selects no pod of this stack</skipped>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        '  <testsuite name="charts/kubia.py" tests="1" failures="1" errors="0" skipped="0">\n'
        '    <testcase classname="charts/kubia" name="SVC001 Service custom-namespace/kubia" file="charts/kubia.py" '
        'line="3">\n'
        '      <failure message="selects no pod of this stack (and 1 more)" type="error">error[SVC001] '
        "charts/kubia.py:3:9 Service custom-namespace/kubia spec.selector\n"
        "  selects no pod of this stack\n"
        "  fix: mend it\n"
        "  in dev, prod\n"
        "error[SVC001] charts/kubia.py:4:9 Service custom-namespace/kubia spec\n"
        "  &lt;is&gt; &amp; worse</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def test_one_environment_that_stops_makes_a_failure() -> None:
    both = [finding("W", Severity.WARNING, environment=name) for name in ("dev", "prod")]
    shown = junit.render(both, stops=lambda one: one.environment == "prod")
    assert '<failure message="selects no pod of this stack" type="warning">' in shown
    assert "<skipped" in junit.render(both, stops=lambda one: False)


def test_nothing_found_is_one_test_that_passes() -> None:
    root = parsed()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("1", "0", "0")
    (case,) = root.iter("testcase")
    assert len(case) == 0


def test_what_xml_cannot_hold_is_shown_as_its_escape() -> None:
    (case,) = parsed(finding(message="\x00\x1b[31m\ufffe\ud800 end", object="Pod a\x08b")).iter("testcase")
    assert case.get("name") == "SVC001 Pod a\\x08b"
    assert case[0].get("message") == "\\x00\\x1b[31m\\ufffe\\ud800 end"


@given(any_findings)
def test_any_findings_are_a_document_that_counts_them(findings: list[Finding]) -> None:
    shown = junit.render(findings, stops=errors)
    assert shown.isascii()
    root = Xml.fromstring(shown.encode())
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name"), case.get("file")) for case in cases]
    assert len(set(names)) == len(names)  # GitLab would show one of them alone
    told = [case[0] for case in cases if len(case)]
    lines = sum(1 for each in told for line in (each.text or "").split("\n") if not line.startswith("  "))
    assert lines == len(group(findings))
    assert int(root.get("tests", "")) == len(cases)
    assert int(root.get("failures", "")) == len(list(root.iter("failure")))
    assert any(map(errors, findings)) == bool(list(root.iter("failure")))
