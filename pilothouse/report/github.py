"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

A command is ``::error file=F,line=L,col=C,title=T::MESSAGE``. In the message ``%``, CR and LF are written ``%25``,
``%0D`` and ``%0A``; in a property also ``:`` (``%3A``) and ``,`` (``%2C``).
"""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.finding import Finding, Severity
from pilothouse.report.human import where
from pilothouse.report.summary import Group, group, shown
from pilothouse.report.text import one_line, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _finding(one: Group) -> str:
    finding = one.finding
    at = finding.position
    # A file's name is not cut: it has to be found.
    properties = {"file": visible(at.file), "line": str(at.line)}
    if at.column is not None:
        properties["col"] = str(at.column)
    properties["title"] = " ".join(part for part in (one_line(finding.code, 40), where(finding)) if part)
    lines = [one_line(finding.message)]
    if finding.fix:
        lines.append(f"fix: {one_line(finding.fix)}")
    if one.environments:
        lines.append(f"in {', '.join(one_line(name, 100) for name in one.environments)}")
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(chr(10).join(lines))}\n"


def render(findings: Sequence[Finding], *, advice: bool) -> str:
    """Findings as workflow commands, one a line; advice is a ``notice``.

    Errors come first: GitHub shows only so many annotations of one step. The same finding in several environments
    stands once and names them.

    :param findings: in any order.
    :param advice: whether advice is among them.
    :returns: the lines; empty where there are no findings.
    """
    return "".join(map(_finding, group(shown(findings, advice=advice))))
