"""Workflow commands, read back by GitHub's own rules."""

from __future__ import annotations

from hypothesis import given

from pilothouse.finding import Finding, Severity
from pilothouse.report import github
from pilothouse.report.human import where
from pilothouse.report.summary import group
from pilothouse.report.text import one_line, visible
from tests.report.report_findings import any_findings, finding


def parse(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    assert line.startswith("::")
    head, separator, data = line[2:].partition("::")
    assert separator
    command, _, listed = head.partition(" ")
    properties = {}
    for pair in listed.split(","):
        name, _, value = pair.partition("=")
        for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(escape, character)
        properties[name] = value
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(escape, character)
    return command, properties, data


def test_a_command() -> None:
    shown = github.render(
        [finding(environment=name, fix="do it", message="100%: a, b") for name in ("dev", "prod")], advice=True
    )
    assert shown == (
        "::error file=charts/kubia.py,line=3,col=9,title=SVC001 Service custom-namespace/kubia spec.selector"
        "::100%25: a, b%0Afix: do it%0Ain dev, prod\n"
    )


def test_severities_and_a_position_without_column() -> None:
    of_all = [
        finding(severity=severity, column=None) for severity in (Severity.ADVICE, Severity.WARNING, Severity.ERROR)
    ]
    shown = github.render(of_all, advice=True)
    assert [line.split(",")[0:2] for line in shown.splitlines()] == [
        ["::error file=charts/kubia.py", "line=3"],
        ["::warning file=charts/kubia.py", "line=3"],
        ["::notice file=charts/kubia.py", "line=3"],
    ]
    assert "col=" not in shown
    assert github.render(of_all, advice=False) == "".join(shown.splitlines(keepends=True)[:2])


def test_nothing_found_is_no_command() -> None:
    assert github.render([], advice=True) == ""


def test_a_message_cannot_bring_in_a_command() -> None:
    shown = github.render([finding(message="x\n::stop-commands::y", file="a,title=z::b\n.py")], advice=True)
    assert len(shown.splitlines()) == 1
    assert parse(shown.rstrip("\n"))[1]["file"] == "a,title=z::b\\x0a.py"


@given(any_findings)
def test_every_command_is_read_back(findings: list[Finding]) -> None:
    shown = github.render(findings, advice=True)
    shown.encode("utf-8")
    lines = shown.split("\n")[:-1]
    for line, one in zip(lines, group(findings), strict=True):
        assert line.isprintable()
        command, properties, data = parse(line)
        told = one.finding
        assert command in ("error", "warning", "notice")
        assert properties.pop("file") == visible(told.position.file)
        assert properties.pop("line") == str(told.position.line)
        assert properties.pop("col", None) == (None if told.position.column is None else str(told.position.column))
        title = properties.pop("title")
        assert title.startswith(one_line(told.code, 40))
        assert title.endswith(where(told))
        assert properties == {}
        first, *rest = data.split("\n")
        assert first == one_line(told.message)
        assert len(rest) == bool(told.fix) + bool(one.environments)
