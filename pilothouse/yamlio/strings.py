"""How one string is written, so that every YAML reader gives it back: bare, quoted, or as a literal block."""

from __future__ import annotations

import functools
import re

_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
# Some reader takes these, in some mixture of cases, for something else than a string.

_SHOWN = (
    "\u00a1-\u00ac\u00ae-\u05ff\u0606-\u061b\u061d-\u06dc\u06de-\u070e\u0710-\u167f\u1681-\u180d\u180f-\u1fff"
    "\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufefe\uff00-\uffef"
    "\U00010000-\U0001d172\U0001d17b-\U0001fffd\U00020000-\U0003fffd"
)
# What is written as it is beyond ASCII. Left out: what is invisible, turns the direction of writing, is a line break to
# some reader, or may not stand in YAML. The ranges are fixed: Python's own tables change with its version, and so would
# the bytes.


class _Patterns:
    """What decides how a string is written, for one range of characters beyond ASCII."""

    def __init__(self, shown: str, in_blocks: str) -> None:
        self.bare = re.compile(
            # A colon before a blank or at the end makes a key, a blank before # a comment.
            r"(?!.*(?:: | #|[ :]\Z))"
            rf"(?:[A-Za-z_/$({shown}]|--?(?=[A-Za-z])|\.(?=[A-Za-z/])(?![IiNn][NnAa][FfNn]\Z)"
            # Digits in front are a number, a date or a sexagesimal to some reader, unless a letter or sign follows that
            # none of these contains.
            r"|[0-9](?=[^ ]*[G-NQRSU-WYg-nqrsu-wy/@%=]))"
            rf"[ -~{shown}]*"
            r"|[0-9]{1,9}(?:\.[0-9]{1,9}){2,3}"
        )
        self.quotable = re.compile(rf"[ -~{shown}]*")
        self.escaped = re.compile(rf"[^ !#-\[\]-~{shown}]")
        self.literal = re.compile(f"[\t\n -~{in_blocks}]*")


_ASCII = _Patterns("", "")


@functools.cache
def _everything() -> _Patterns:
    """For all of Unicode: these take as long to compile as a run with nothing to do takes in all."""
    return _Patterns(_SHOWN, "\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff")


def _patterns(text: str) -> _Patterns:
    return _ASCII if text.isascii() else _everything()


_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT = {"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}
_SHORT |= {"\x1b": "\\e", '"': '\\"', "\\": "\\\\"}

MAX_KEY = 1000
"""Characters of a key as written, up to which it may stand before its colon: YAML's readers look 1,024 ahead."""


def has_surrogate(text: str) -> bool:
    """Whether a string holds half of a surrogate pair, which no encoding can carry."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def is_bare(text: str) -> bool:
    """Whether a string may stand without quotes: no reader takes it for anything else."""
    return _patterns(text).bare.fullmatch(text) is not None and text.lower() not in _WORDS


def one_line(text: str) -> str:
    """A string on one line: bare where that is certain, else quoted.

    :param text: any string without a lone surrogate.
    """
    if is_bare(text):
        return text
    patterns = _patterns(text)
    if not patterns.quotable.fullmatch(text):
        return double_quoted(text)
    if '"' in text or "\\" in text:
        return single_quoted(text) or double_quoted(text)
    return f'"{text}"'


def double_quoted(text: str) -> str:
    """A string in double quotes, whatever it holds.

    :param text: any string without a lone surrogate.
    """
    return f'"{_patterns(text).escaped.sub(_escape, text)}"'


def single_quoted(text: str) -> str | None:
    """A string in single quotes; None for one that needs escapes."""
    return "'" + text.replace("'", "''") + "'" if _patterns(text).quotable.fullmatch(text) else None


def literal(text: str, pad: str) -> str | None:
    """A string of several lines as a literal block, where that is exact.

    :param text: any string without a lone surrogate.
    :param pad: the blanks before each line: two more than the map or list around it has.
    :returns: the block from its ``|`` to its last line's end, without the last newline; None where it would not be
        exact (characters that need an escape, nothing but white space).
    """
    body = text.rstrip("\n")
    if not body.strip(" \t\n") or not _patterns(text).literal.fullmatch(text):
        return None
    ends = len(text) - len(body)
    head = "|2" if text[0] in " \t\n" else "|"
    head += "-" if ends == 0 else "" if ends == 1 else "+"
    lines = [pad + line if line else "" for line in body.split("\n")]
    return "\n".join((head, *lines)) + "\n" * max(ends - 1, 0)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    short = _SHORT.get(char)
    if short is not None:
        return short
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
