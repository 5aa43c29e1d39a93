"""Findings for a program: one JSON document, described by ``findings.schema.json`` beside this file."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.fieldpath import format_path
from pilothouse.finding import Finding
from pilothouse.report.summary import Group, group
from pilothouse.tally import tally

VERSION = 1
"""Of the document's form. It rises when a field changes its meaning or goes; a new field does not raise it."""


def text(written: str) -> str:
    """Text that every JSON reader takes: a lone surrogate becomes U+FFFD."""
    return written if written.isascii() else written.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def names(written: Sequence[str]) -> list[str]:
    """Names as every JSON reader takes them, each once."""
    return list(dict.fromkeys(map(text, written)))


def _finding(one: Group) -> dict[str, object]:
    finding = one.finding
    path = [text(step) if isinstance(step, str) else step for step in finding.path]
    return {
        "code": text(finding.code),
        "severity": finding.severity.value,
        "message": text(finding.message),
        "fix": text(finding.fix),
        "file": text(finding.position.file),
        "line": finding.position.line,
        "column": finding.position.column,
        "environments": names(one.environments),
        "instance": text(finding.instance),
        "object": text(finding.object),
        "path": path,
        "field": format_path(path),
        "construct": text(finding.construct),
        "related": [{"file": text(at.file), "line": at.line, "column": at.column} for at in finding.related],
    }


def render(findings: Sequence[Finding]) -> str:
    """Findings as JSON: ``{"version": 1, "findings": […], "summary": {…}}``.

    Each finding has ``code``, ``severity`` (``error``, ``warning``, ``advice``), ``message``, ``fix``, ``file``,
    ``line`` and ``column`` (from 1; null where unknown), ``environments`` (a list: the same finding in several stands
    once), ``instance``, ``object``, ``path`` (the steps: text for a key, a number for an index), ``field`` (the path
    as one word), ``construct``, and ``related`` (other places, each with ``file``, ``line`` and ``column``); what is
    not known is empty. ``summary`` has ``errors``, ``warnings``, ``advice`` and ``environments``.

    :param findings: in any order; those with errors come first, each severity by file and line.
    :returns: ASCII with its last line break, the same for the same findings.
    """
    import json

    summary = tally(findings)
    document = {
        "version": VERSION,
        "findings": [_finding(one) for one in group(findings)],
        "summary": summary._asdict() | {"environments": names(summary.environments)},
    }
    return json.dumps(document, indent=2) + "\n"
