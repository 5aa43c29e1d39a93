"""Markdown: text that may hold anything, made safe to stand in a comment of a forge."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from pilothouse.report.text import one_line, visible

_MARKUP = re.compile(r"[\\`*_{}\[\]|~$]")
_REFERENCE = re.compile(r"([@#!$%~&])(?=\w)")
"""What makes a forge link, or call, what follows: a person, an issue, a merge request, a snippet, a milestone, a label,
an epic. It looks for them in the rendered text, so that no escape of Markdown hides them. Source: the documentation
of GitHub, "Autolinked references", and of GitLab, "GitLab-specific references"."""
_NOTHING = "\u200b"
"""A character without width: what stands behind it is no reference any more."""
_TICKS = re.compile(r"`+")


def prose(text: str, limit: int = 1000) -> str:
    """A text as one line that is read as it is: no markup, no HTML, nobody called, no table cell ended.

    :param text: anything.
    :param limit: characters of it that are told.
    """
    return _as_html(_MARKUP.sub(r"\\\g<0>", _apart(one_line(text, limit))))


def raw(text: str, limit: int = 300) -> str:
    """A text as one line inside a block of HTML, where Markdown does not count.

    :param text: anything.
    :param limit: characters of it that are told.
    """
    return _as_html(_apart(one_line(text, limit)))


def _apart(text: str) -> str:
    return _REFERENCE.sub(rf"\1{_NOTHING}", text)


def _as_html(text: str) -> str:
    return html.escape(text, quote=False).replace(_NOTHING, "&#8203;")


def code(text: str, limit: int = 300) -> str:
    """A text as one span of code, which no cell of a table may hold.

    :param text: anything.
    :param limit: characters of it that are told.
    """
    said = one_line(text, limit) or " "
    ticks = "`" * (max(map(len, _TICKS.findall(said)), default=0) + 1)
    blank = " " if "`" in (said[0], said[-1]) else ""
    return f"{ticks}{blank}{said}{blank}{ticks}"


def block(lines: Iterable[str], language: str) -> str:
    """Lines as a block of code.

    :param lines: anything.
    :param language: what colours them.
    """
    safe = [visible(line) for line in lines]
    longest = max((len(ticks) for line in safe for ticks in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *safe, fence])
