"""The shortcut for ordinary manifests: block maps and lists of one-line scalars and literal blocks, read line by line.

It reads nothing that it is not certain of; ``builder`` reads all the rest. What it does read, it reads three times as
fast. The tests hold both against each other.
"""

from __future__ import annotations

import re
from typing import Any

from pilothouse.yamlio import limits
from pilothouse.yamlio.scalars import WORDS, ScalarError, json_value, resolve
from pilothouse.yamlio.strings import is_bare

_LINE = re.compile(
    r"""^([ ]*)((?:-[ ])*)(?:([A-Za-z0-9_./][A-Za-z0-9_./-]{0,200}|"[^"\\\n\t]{0,200}"):(?:[ ]+|$))?(.*)$""",
    re.MULTILINE,
)
"""A line: its blanks, its dashes, its key, and what follows."""
_ODD_BREAK = re.compile("[\r\x85\u2028\u2029]")
_NUMBER = re.compile(r"[-+]?\.?[0-9][A-Za-z0-9_.+-]*")
_DOUBLE = re.compile(r'"[^"\\\n\t]*"')
_SINGLE = re.compile(r"'(?:[^'\n\t]|'')*'")

_LONGEST = 1024 * 1024
"""Characters of the longest chunk that is tried: its lines are held in memory all at once."""
_KNOWN = 8192
_known_scalars: dict[str, Any] = {}
_known_keys: dict[str, str] = {}
_UNKNOWN = object()


class UnsureError(Exception):
    """This text is none of the ordinary ones."""


def read(text: str) -> tuple[Any, int]:
    """Read a chunk of one document.

    :param text: the chunk, which may begin with ``---`` and hold comments on lines of their own.
    :returns: its value and its root's offset in characters; ``(None, 0)`` for a chunk without content.
    :raises UnsureError: it holds anything else, or anything wrong.
    """
    if len(text) > _LONGEST or text[-1:] != "\n" or _ODD_BREAK.search(text):
        raise UnsureError
    found = _LINE.findall(text)
    # The root's slot is open at column -1: the first line fills it.
    columns: list[int] = [-1]
    containers: list[Any] = [[]]
    column: int = -1
    container: Any = containers[0]
    slot = ""
    lines: list[str] = []
    open_slot, offset = True, 0
    keys, scalars = _known_keys, _known_scalars
    number, last = 0, len(found) - 1
    while number < last:
        blanks, dashes, name, rest = found[number]
        number += 1
        if not name and (not rest or rest[0] == "#" or (number == 1 and rest == "---" and not blanks)) and not dashes:
            continue
        at = len(blanks)
        if open_slot:
            if at > column or (dashes and at == column and type(container) is dict):
                if not (name or dashes):
                    raise UnsureError
                if column < 0:
                    offset = _offset(text, number - 1) + at
                fresh: Any = [] if dashes else {}
                if column < 0:
                    container.append(fresh)
                else:
                    container[slot] = fresh
                column, container = at, fresh
                columns.append(at)
                containers.append(fresh)
                if len(columns) > limits.MAX_DEPTH:
                    raise UnsureError
            else:
                container[slot] = None
            open_slot = False
        if at < column or (at == column and not dashes and type(container) is list):
            while columns[-1] > at or (columns[-1] == at and not dashes and type(containers[-1]) is list):
                columns.pop()
                containers.pop()
            column, container = columns[-1], containers[-1]
        if at != column:
            raise UnsureError
        if dashes:
            if type(container) is not list:
                raise UnsureError
            for _ in range(len(dashes) // 2 - 1):
                fresh = []
                container.append(fresh)
                column, container = column + 2, fresh
                columns.append(column)
                containers.append(fresh)
            if name:
                fresh = {}
                container.append(fresh)
                column, container = column + 2, fresh
                columns.append(column)
                containers.append(fresh)
            if len(columns) > limits.MAX_DEPTH:
                raise UnsureError
        elif not name:
            raise UnsureError
        if rest:
            value = scalars.get(rest, _UNKNOWN)
            if value is _UNKNOWN:
                if rest[0] == "|":
                    lines = lines or text.split("\n")
                    value, number = _literal(lines, rest, number, last, column)
                elif rest == "{}":
                    value = {}
                elif rest == "[]":
                    value = []
                else:
                    value = _scalar(rest)
        elif not name:
            raise UnsureError
        if name:
            key = keys.get(name) or _key(name)
            if key in container:
                raise UnsureError
            if rest:
                container[key] = value
            else:
                # Its place among the keys is this one, whatever comes to stand there.
                container[key] = None
                open_slot, slot = True, key
        else:
            container.append(value)
    root = containers[0]
    return (root[0], offset) if root else (None, 0)


def _offset(text: str, number: int) -> int:
    start = 0
    for _ in range(number):
        start = text.index("\n", start) + 1
    return start


def _scalar(text: str) -> Any:
    if is_bare(text):
        value: Any = text
    elif _DOUBLE.fullmatch(text):
        value = text[1:-1]
    elif _SINGLE.fullmatch(text):
        value = text[1:-1].replace("''", "'")
    elif (_NUMBER.fullmatch(text) or text in WORDS) and text != "<<":
        try:
            value = json_value(resolve(None, text)[1])
        except ScalarError:
            raise UnsureError from None
    else:
        raise UnsureError
    if len(text) <= 128:
        if len(_known_scalars) >= _KNOWN:
            _known_scalars.clear()
        _known_scalars[text] = value
    return value


def _key(text: str) -> str:
    key = _scalar(text)
    if type(key) is not str:
        raise UnsureError
    if len(_known_keys) >= _KNOWN:
        _known_keys.clear()
    _known_keys[text] = key
    return key


def _literal(lines: list[str], header: str, number: int, last: int, column: int) -> tuple[str, int]:
    """Read a literal block.

    :param lines: the text's lines.
    :param header: ``|``, ``|-`` or ``|+``.
    :param number: the block's first line.
    :param last: the line after the text's last one.
    :param column: that of the map or list around the block.
    :returns: its text, and the first line after it.
    """
    if header not in ("|", "|-", "|+"):
        raise UnsureError
    first = number
    while first < last and not lines[first]:
        first += 1
    line = lines[first]
    indent = len(line) - len(line.lstrip(" "))
    if first == last or indent <= column or len(line) == indent or line[indent] == "\t":
        raise UnsureError
    pad = " " * indent
    body: list[str] = [""] * (first - number)
    end = first
    while end < last and ((line := lines[end]).startswith(pad) or not line):
        body.append(line[indent:])
        end += 1
    if end < last and not line.strip(" "):
        raise UnsureError
    whole = "\n".join(body) + "\n"
    if header == "|+":
        return whole, end
    stripped = whole.rstrip("\n")
    return stripped if header == "|-" else stripped + "\n", end
