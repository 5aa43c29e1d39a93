"""Findings as SARIF 2.1.0, which code scanning of GitHub, Azure DevOps and editors read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence

from pilothouse.fieldpath import format_path
from pilothouse.finding import Finding, Position, Severity
from pilothouse.report.json import names, text
from pilothouse.report.page import rendered
from pilothouse.report.summary import Group, group

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "pilothouse/v1"


def render(findings: Sequence[Finding]) -> str:
    """Findings as one SARIF document with one run; advice is a ``note``.

    The rules are the checks that found something, each with its page. A result's fingerprint is made of the check, the
    file, the object and the field, so it stays the same where lines move. The same finding in several environments
    stands once; ``properties.environments`` names them.

    :param findings: in any order; errors come first, each severity by file and line.
    :returns: ASCII with its last line break, the same for the same findings.
    """
    import json

    from pilothouse import __version__

    groups = group(findings)
    codes = sorted({text(one.finding.code) for one in groups})
    severities = {text(one.finding.code): one.finding.severity for one in groups}
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "Pilothouse",
                "version": __version__,
                "rules": [_rule(code, severities[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [_result(one, codes.index(text(one.finding.code)), seen) for one in groups],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, severity: Severity) -> dict[str, object]:
    from pilothouse.checks import catalogue

    check = catalogue().get(code)
    if check is None:
        return {"id": code, "defaultConfiguration": {"level": LEVELS[severity]}}
    first = check.page.partition("\n\n")[0]
    return {
        "id": code,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": " ".join(first.split()) or check.title},
        "help": {"text": check.page, "markdown": rendered(check.page)},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": {"tags": [check.family], "equals": list(check.equals)},
    }


def _result(one: Group, rule: int, seen: Counter[str]) -> dict[str, object]:
    finding = one.finding
    path = [text(step) if isinstance(step, str) else step for step in finding.path]
    location = _location(finding.position)
    if finding.object:
        location["logicalLocations"] = [{"fullyQualifiedName": text(finding.object), "kind": "resource"}]
    message = text(finding.message) + (f"\nfix: {text(finding.fix)}" if finding.fix else "")
    result: dict[str, object] = {
        "ruleId": text(finding.code),
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding, seen)},
        "properties": {
            "environments": names(one.environments),
            "instance": text(finding.instance),
            "field": format_path(path),
            "construct": text(finding.construct),
        },
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place)} for number, place in enumerate(_unique(finding.related), 1)
        ]
    return result


def _unique(places: Iterable[Position]) -> list[Position]:
    return list(dict.fromkeys(places))


def _location(place: Position) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": _artifact(text(place.file))}
    if place.line >= 1:
        region = {"startLine": place.line}
        if place.column is not None and place.column >= 1:
            region["startColumn"] = place.column
        physical["region"] = region
    return {"physicalLocation": physical}


def _artifact(file: str) -> dict[str, str]:
    from urllib.parse import quote

    if posixpath.isabs(file):
        return {"uri": "file://" + quote("/" + file.lstrip("/"))}
    return {"uri": quote(posixpath.normpath(file) if file else ""), "uriBaseId": _ROOT}


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """What a finding is called across runs: not by its lines, and by its message only where it names no object."""
    import hashlib

    parts = [finding.code, finding.position.file, finding.instance, finding.object, format_path(finding.path)]
    if not finding.object:
        parts.append(finding.message)
    name = hashlib.sha256("\0".join(map(text, parts)).encode()).hexdigest()[:32]
    seen[name] += 1
    return f"{name}:{seen[name]}"
