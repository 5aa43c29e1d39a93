"""Excerpt: the source line that a finding is about, and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pilothouse.finding import Finding
from pilothouse.report.text import ELLIPSIS, columns, fit, visible

TAB = 4
_LONGEST = 1000
_TELLING = re.compile(
    r"(?i)(?P<key>(?:passw|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|dockerconfig)"
    r"[\w.-]*[\"']?\s*(?:[:=]|,\s*(?=[\"'])))(?P<value>.*\S.*)",
    re.DOTALL,
)


class Line(NamedTuple):
    """One line of an excerpt."""

    number: int
    """From 1."""
    text: str
    """Printable, and no wider than asked."""
    mark: int | None
    """Where the finding's column is in ``text``, in columns from 0; None where there is none to mark."""
    found: bool
    """Whether the finding is about this line."""


def _masked(line: str) -> str:
    """A line without what stands behind a word that announces a secret."""
    return _TELLING.sub(lambda match: f"{match['key']} {ELLIPSIS}", line)


def _shown(line: str, column: int | None, width: int) -> tuple[str, int | None]:
    line = line.rstrip("\r\n")
    known = _masked(line[: _LONGEST * 2])
    if column is not None and (column < 1 or column > len(line) + 1 or known != line[: _LONGEST * 2]):
        column = None
    if column is None or column > _LONGEST:
        return fit(visible(known.expandtabs(TAB)), width), None
    whole = visible(known.expandtabs(TAB))
    before = visible(known[: column - 1].expandtabs(TAB))
    mark = columns(before)
    if columns(whole) <= width or mark < width * 2 // 3:
        return fit(whole, width), mark
    skipped = 0
    while columns(before[skipped:]) > width // 2:
        skipped += 1
    return fit(ELLIPSIS + whole[skipped:], width), columns(before[skipped:]) + 1


def excerpt(finding: Finding, width: int, read_lines: Callable[[str], Sequence[str]]) -> list[Line]:
    """The line of a finding; in Python sources with the lines before and behind it.

    What may be a secret is left out: there is no excerpt for a finding about a ``Secret``, no neighbouring line from a
    YAML file (it may belong to another object), and no text behind a word such as ``password`` or ``token``.

    :param finding: what it is about.
    :param width: columns that a line may take; at least 1.
    :param read_lines: gives a file's lines by its name, as it stands in the finding's position; may raise OSError or
        ValueError (a file that is no text).
    :returns: nothing where the file cannot be read or has no such line.
    """
    if finding.object.partition(" ")[0] == "Secret":
        return []
    try:
        lines = read_lines(finding.position.file)
    except (OSError, ValueError):
        return []
    at = finding.position.line
    if not 1 <= at <= len(lines):
        return []
    around = 1 if finding.position.file.endswith(".py") else 0
    shown = []
    for number in range(max(at - around, 1), min(at + around, len(lines)) + 1):
        text, mark = _shown(lines[number - 1], finding.position.column if number == at else None, width)
        if number == at or text.strip():
            shown.append(Line(number, text, mark, number == at))
    return shown
