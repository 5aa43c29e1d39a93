"""Text that may hold anything, made safe to show."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"

_BREAKS = re.compile(r"[ \t]*[\r\n\u2028\u2029\x0b\x0c\x85]\s*")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(text: str) -> str:
    """Write every character that would steer a terminal, hide or reorder text, or be no text at all, as its escape.

    :param text: anything: control and bidi characters, line breaks, lone surrogates.
    :returns: one line of printable characters, which any UTF-8 stream takes.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def cut(text: str, limit: int) -> str:
    """Shorten a text to at most ``limit`` characters; one that was shortened ends in ``…``."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + ELLIPSIS


def one_line(text: str, limit: int = 1000) -> str:
    """A text as one safe line: line breaks, with the blanks around them, become one blank.

    :param text: anything.
    :param limit: how many characters at most.
    """
    text = text.strip()
    short = visible(_BREAKS.sub(" ", text[: limit + 1])).strip()
    # What was left unread may have been blank; that it was left is told all the same.
    return cut(short, limit) if len(text) <= limit + 1 else short[: limit - 1] + ELLIPSIS


def columns(text: str) -> int:
    """How many columns of a terminal a printable text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fit(text: str, width: int) -> str:
    """Shorten a printable text to at most ``width`` columns; one that was shortened ends in ``…``."""
    if columns(text) <= width:
        return text
    kept: list[str] = []
    room = width - 1
    for character in text:
        room -= columns(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Break a printable text at its blanks into lines of at most ``width`` columns; a longer word keeps its length.

    :param text: one line.
    :param width: columns; at least 1.
    :returns: at least one line.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and columns(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]
