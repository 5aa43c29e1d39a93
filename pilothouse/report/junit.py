"""Findings as JUnit XML, which GitLab and Jenkins show beside a job's tests.

There is no standard: what is written here is what both read. A file is a test suite. An object that a check finds
something in is a test case; GitLab tells test cases apart by class, name and file, so findings of one check about one
object share one. What stops is a failure; what does not is a skipped test, since one failure makes Jenkins call a
build unstable. Where nothing was found one test passes: Jenkins fails a job whose reports hold no test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from pilothouse.finding import Finding
from pilothouse.report.human import where
from pilothouse.report.summary import Group, group
from pilothouse.report.text import one_line, visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Case = tuple[str, str, str]
"""The file, the code and the object of a test case."""


def render(findings: Sequence[Finding], *, stops: Callable[[Finding], bool]) -> str:
    """Findings as one XML document, advice among them.

    :param findings: in any order.
    :param stops: whether a finding stops the write in its environment: a failure then.
    :returns: ASCII with its last line break, the same for the same findings.
    """
    from xml.etree import ElementTree as Xml  # heavy: only who asks for it pays for it

    stopping = {_anywhere(finding) for finding in findings if stops(finding)}
    suites: dict[str, dict[Case, list[Group]]] = {}
    for one in group(findings):
        finding = one.finding
        case = (visible(finding.position.file), one_line(finding.code, 40), one_line(finding.object, 300))
        suites.setdefault(case[0], {}).setdefault(case, []).append(one)
    root = Xml.Element("testsuites", name="pilothouse")
    for file in sorted(suites):
        suite = Xml.SubElement(root, "testsuite", name=file)
        for case, groups in suites[file].items():
            _case(suite, case, groups, stopping)
        _count(suite)
    if not suites:
        suite = Xml.SubElement(root, "testsuite", name="pilothouse")
        Xml.SubElement(suite, "testcase", classname="pilothouse", name="no findings")
        _count(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    written: str = Xml.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii")
    return written.replace("us-ascii", "utf-8", 1) + "\n"


def _anywhere(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, environment="")


def _case(suite: Element, case: Case, groups: list[Group], stopping: set[Finding]) -> None:
    from xml.etree.ElementTree import SubElement

    file, code, about = case
    first = groups[0].finding
    name = f"{code} {about}".strip()
    element = SubElement(suite, "testcase", classname=_class(file), name=name, file=file, line=str(first.position.line))
    failed = any(one.finding in stopping for one in groups)
    message = one_line(first.message) + (f" (and {len(groups) - 1} more)" if len(groups) > 1 else "")
    told = SubElement(element, "failure" if failed else "skipped", message=message)
    if failed:
        told.set("type", first.severity.value)
    told.text = "\n".join(line for one in groups for line in _lines(one))


def _class(file: str) -> str:
    """A file as the name of a class: Jenkins takes what stands behind the last dot for the class's own name."""
    stem, dot, ending = file.rpartition(".")
    return stem if dot and "/" not in ending else file


def _lines(one: Group) -> list[str]:
    finding = one.finding
    at = " ".join(part for part in (visible(str(finding.position)), where(finding)) if part)
    lines = [f"{finding.severity.value}[{one_line(finding.code, 40)}] {at}", f"  {one_line(finding.message)}"]
    if finding.fix:
        lines.append(f"  fix: {one_line(finding.fix)}")
    if one.environments:
        lines.append(f"  in {', '.join(one_line(name, 100) for name in one.environments)}")
    return lines


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
