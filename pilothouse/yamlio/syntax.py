"""What libyaml says about text that is no YAML, in words that tell what was found and what was expected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pilothouse.yamlio.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yaml import YAMLError

_EXPECTED = {
    "block sequence entries are not allowed in this context": "a list item where none can stand, expected it on a line "
    "of its own",
    "could not find expected ':'": "a key without its colon, expected ':' and a blank after the key, on the same line",
    "did not find expected ',' or ']'": "{char} inside [ ], expected ',' or ']'",
    "did not find expected ',' or '}'": "{char} inside {{ }}, expected ',' or '}}'",
    "did not find expected '-' indicator": "{char} where a list goes on, expected '- ' in the same column as the items "
    "before it",
    "did not find expected <document start>": "{char} after the end of a document, expected a line of '---'",
    "did not find expected key": "{char} where a map goes on, expected a key in the same column as the keys before it",
    "did not find expected node content": "{char} where a value should stand, expected a value",
    "did not find expected comment or line break": "{char} after what ends this line, expected a comment or a new line",
    "did not find expected alphabetic or numeric character": "a name without a letter, expected letters, digits, '-' "
    "or '_' after '&' or '*'",
    "found a tab character that violates indentation": "a tab that indents, expected blanks",
    "found a tab character where an indentation space is expected": "a tab that indents, expected blanks",
    "found character that cannot start any token": "{char}, which cannot start a value, expected quotes around it",
    "found incompatible YAML document": "a %YAML directive of another version, expected 1.1 or none",
    "found invalid Unicode character escape code": "an escape that stands for no character, expected \\u0000 to "
    "\\uD7FF, \\uE000 to \\uFFFF, or \\U00010000 to \\U0010FFFF",
    "found undefined tag handle": "a tag with an unknown prefix, expected '!', '!!' or one that %TAG declares",
    "found unexpected ':'": "a ':' in a word without quotes, expected quotes around it",
    "found unexpected document indicator": "'---' or '...' inside quotes, expected the closing quote before it",
    "found unexpected end of stream": "the end of the text inside quotes, expected the closing quote",
    "found unknown escape character": "an unknown escape, expected one that YAML knows (write \\\\ for a backslash)",
    "mapping keys are not allowed in this context": "a '?' key where none can stand, expected it on a line of its own",
    "mapping values are not allowed in this context": "a ': ' where no key can end, expected quotes around the text, "
    "or the key on a line of its own",
}
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_BARE = re.compile(r"did not find (?:the )?expected (.+)")


def explain(error: YAMLError, text: str) -> Problem:
    """Say what is wrong with a text.

    :param error: what PyYAML raised for it.
    :param text: the text.
    :returns: the place and the message; where a construct was left open, the place it began too.
    """
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    found = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    offset = min(mark.index, len(text)) if mark is not None else 0
    context = getattr(error, "context_mark", None)
    other = context.index if context is not None and context.index != offset else None
    message = "found " + _message(found).format(char=_character(text, offset))
    if other is not None:
        message += f" ({getattr(error, 'context', None) or 'in what begins'} at {{}})"
    return Problem(offset, message, other)


def stricter(next_event: Callable[[], Any], text: str) -> Iterator[Problem]:
    """What libyaml reads and go-yaml does not: ``\\/`` in double quotes, and a bare word with ``?`` inside [ ] or { }.

    :param next_event: gives libyaml's events of the text.
    :param text: a text that libyaml reads.
    """
    depth = 0
    while (name := type(event := next_event()).__name__) != "StreamEndEvent":
        if name in ("MappingStartEvent", "SequenceStartEvent"):
            # In a flow collection everything inside is flow too.
            depth += 1 if depth or event.flow_style else 0
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1 if depth else 0
        elif name == "ScalarEvent":
            start = event.start_mark.index
            if event.style == '"':
                for match in _ESCAPE.finditer(text, start, event.end_mark.index):
                    if match[0] == "\\/":
                        yield Problem(match.start(), "found the escape \\/, expected / alone: go-yaml does not know it")
            elif depth and event.style != "'" and "?" in event.value:
                message = "found a '?' in a word without quotes inside [ ] or { }, expected quotes around it"
                yield Problem(start, message)


def _message(found: str) -> str:
    known = _EXPECTED.get(found)
    if known is not None:
        return known
    bare = _BARE.fullmatch(found)
    if bare is not None:
        return "{char}, expected " + _escaped(bare[1])
    return _escaped(found.removeprefix("found "))


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _character(text: str, offset: int) -> str:
    if offset >= len(text):
        return "the end of the text"
    char = text[offset]
    names = {"\t": "a tab", "\n": "the end of the line", "\r": "the end of the line"}
    return names.get(char) or (f"'{char}'" if char.isprintable() else f"U+{ord(char):04X}")
