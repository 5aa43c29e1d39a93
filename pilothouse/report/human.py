"""Findings for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pilothouse.fieldpath import format_path
from pilothouse.finding import Finding, Severity
from pilothouse.report.counted import HIDDEN
from pilothouse.report.excerpt import excerpt
from pilothouse.report.summary import Group, group, shown, summary_line
from pilothouse.report.text import fit, one_line, wrap
from pilothouse.tally import tally

NARROWEST = 40
MANY = 20
"""So many findings of one check are shown in full; where there are more, only the first few."""
FEW = 5
FILES = 10
"""Of the rest so many files are named."""
_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.ADVICE: "1;36"}
_BOLD = "1"
_DIM = "2"


class _Paint:
    """Colours, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour and text else text


def where(finding: Finding) -> str:
    """The object and the field of a finding, as one safe line: ``Service shop/web spec.selector``."""
    field = one_line(format_path([step if isinstance(step, int) else str(step) for step in finding.path]), 300)
    return " ".join(part for part in (one_line(finding.object, 300), field) if part)


def _finding(one: Group, paint: _Paint, width: int, read_lines: Callable[[str], Sequence[str]]) -> list[str]:
    finding = one.finding
    colour = _COLOURS[finding.severity]
    head = [
        paint(colour, f"{finding.severity}[{one_line(finding.code, 40)}]"),
        paint(_BOLD, one_line(str(finding.position), 500)),
        where(finding),
    ]
    if one.environments:
        head.append(paint(_DIM, f"({', '.join(one_line(name, 100) for name in one.environments)})"))
    lines = [" ".join(part for part in head if part)]
    lines += [f"  {line}" for line in wrap(one_line(finding.message), width - 2)]
    digits = len(str(finding.position.line + 1))
    for line in excerpt(finding, width - digits - 5, read_lines):
        sign = paint(colour, ">") if line.found else " "
        lines.append(f"{sign} {paint(_DIM, f'{line.number:>{digits}} |')} {line.text}".rstrip())
        if line.mark is not None:
            lines.append(f"  {' ' * digits} {paint(_DIM, '|')} {' ' * line.mark}{paint(colour, '^')}")
    if finding.related:
        places = list(dict.fromkeys(finding.related))
        also = ", ".join(one_line(str(place), 500) for place in places[:FEW])
        more = f" and {len(places) - FEW:,} more" if len(places) > FEW else ""
        lines += [f"  {line}" for line in wrap(f"see also {also}{more}", width - 2)]
    if finding.fix:
        first, *rest = wrap(one_line(finding.fix), width - 7)
        lines += [f"  {paint(_BOLD, 'fix:')} {first}", *(f"       {line}" for line in rest)]
    return lines


def _alike(groups: Sequence[Group]) -> list[list[Group]]:
    """Findings that stand in order, with all of one check and severity where its first one stands if they are many."""
    of_check: dict[tuple[Severity, str], list[Group]] = {}
    for one in groups:
        of_check.setdefault((one.finding.severity, one.finding.code), []).append(one)
    found: list[list[Group]] = []
    for one in groups:
        alike = of_check[one.finding.severity, one.finding.code]
        if len(alike) <= MANY:
            found.append([one])
        elif one is alike[0]:
            found.append(alike)
    return found


def _rest(groups: Sequence[Group], paint: _Paint, width: int) -> list[str]:
    """What is said of many findings of one check: how many, and how many in which file."""
    finding = groups[0].finding
    counts = Counter(one_line(one.finding.position.file, 300) for one in groups)
    head = paint(_COLOURS[finding.severity], f"{finding.severity}[{one_line(finding.code, 40)}]")
    lines = [f"{head} {paint(_BOLD, f'{len(groups):,} more')} like these (--format json shows all of them):"]
    named = counts.most_common(FILES)
    digits = len(f"{named[0][1]:,}")
    lines += [fit(f"  {count:>{digits},} in {file}", width) for file, count in named]
    if len(counts) > FILES:
        left = sum(counts.values()) - sum(count for _, count in named)
        lines.append(f"  {left:>{digits},} in {len(counts) - FILES:,} more files")
    return lines


def render(
    findings: Sequence[Finding],
    *,
    colour: bool,
    width: int,
    advice: bool = True,
    read_lines: Callable[[str], Sequence[str]],
) -> str:
    """Findings, each with its place, its source line and how to fix it, and a line that counts them.

    Errors come first, each severity by file and line; the same finding in several environments stands once and names
    them. Of a check that finds more than 20 things the first five are shown, and the rest is counted by file.
    Characters that would steer a terminal are shown as escapes, and long texts are cut.

    :param findings: in any order.
    :param colour: with ANSI colours.
    :param width: the terminal's columns; messages and source lines keep to it (but not below 40).
    :param advice: whether advice is shown in full; it is counted in any case.
    :param read_lines: gives a file's lines by the name in a finding's position; OSError or ValueError where it cannot.
    :returns: the text with its last line break; empty where there are no findings.
    """
    if not findings:
        return ""
    known: dict[str, Sequence[str]] = {}

    def remembered(file: str) -> Sequence[str]:
        if file not in known:
            try:
                known[file] = read_lines(file)
            except (OSError, ValueError):
                known[file] = ()
        return known[file]

    paint = _Paint(colour)
    width = max(width, NARROWEST)
    blocks = []
    for alike in _alike(group(shown(findings, advice=advice))):
        full = alike if len(alike) <= MANY else alike[:FEW]
        blocks += ["\n".join(_finding(one, paint, width, remembered)) for one in full]
        if len(full) < len(alike):
            blocks.append("\n".join(_rest(alike[len(full) :], paint, width)))
    summary = tally(findings)
    last = paint(_BOLD, summary_line(summary))
    if summary.advice and not advice:
        last += HIDDEN
    return "\n\n".join([*blocks, last]) + "\n"
