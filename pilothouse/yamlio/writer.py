"""Writing YAML that go-yaml, YAML 1.1 and YAML 1.2 readers all read back as the value it came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pilothouse.yamlio import limits
from pilothouse.yamlio.errors import YamlWriteError
from pilothouse.yamlio.strings import MAX_KEY, has_surrogate, literal, one_line
from pilothouse.yamlio.unwritable import problems

_FIRST = ("apiVersion", "kind", "metadata", "spec")
_LAST = ("status",)
_FIRST_OF_METADATA = ("name", "namespace", "labels", "annotations")

_CACHED = 4096
"""How many strings and keys are remembered as they are written; manifests repeat few."""
_CACHED_LENGTH = 128

_texts: dict[str, str] = {}
_keys: dict[str, str] = {}


class _NotPlainError(Exception):
    """The value holds what cannot be written, or subclasses of the plain types: look closer."""


def dump(value: object) -> str:
    """Write one value as a YAML document in block style, without ``---``.

    A Kubernetes object (a dict with ``apiVersion`` and ``kind``) begins with apiVersion, kind, metadata, spec and ends
    with status, and its metadata begins with name, namespace, labels, annotations; all other keys stay in their order.
    The same value gives the same text on every machine.

    :param value: dicts with string keys, lists, str, int (64 bits), float (finite), bool, None, and their subclasses.
    :returns: the text; its last character is a newline.
    :raises YamlWriteError: with every field that cannot be written.
    """
    try:
        return _document(value)
    except _NotPlainError:
        found = problems(value)
        if found:
            raise YamlWriteError(found) from None
        return _document(_plain(value))


def dump_all(values: Iterable[object]) -> str:
    """Write values as the documents of one stream, with a line of ``---`` between them.

    :param values: as ``dump`` takes them.
    :returns: the text; empty if there are no values.
    :raises YamlWriteError: for the first value that cannot be written.
    """
    return "---\n".join(map(dump, values))


def _ordered(value: dict[str, Any]) -> dict[str, Any]:
    if "apiVersion" not in value or "kind" not in value:
        return value
    ordered = {key: value[key] for key in _FIRST if key in value}
    metadata = ordered.get("metadata")
    if type(metadata) is dict:
        ordered["metadata"] = {key: metadata[key] for key in _FIRST_OF_METADATA if key in metadata} | metadata
    for key, item in value.items():
        if key not in ordered and key not in _LAST:
            ordered[key] = item
    for key in _LAST:
        if key in value:
            ordered[key] = value[key]
    return ordered


def _document(value: Any) -> str:
    kind = type(value)
    parts: list[str] = []
    if kind is dict and value:
        _map(_ordered(value), "", "", 1, parts)
    elif kind is list and value:
        _list(value, "", "", 1, parts)
    else:
        parts.append(_scalar(value, "  ") + "\n")
    return "".join(parts)


def _map(fields: dict[str, Any], lead: str, pad: str, depth: int, parts: list[str]) -> None:
    """Write a map that is not empty.

    :param lead: what stands before the first key: the blanks of its line, or a list's dash.
    :param pad: the blanks before every further key.
    :param depth: the maps and lists around and including this one.
    """
    if depth > limits.MAX_DEPTH:
        raise _NotPlainError
    add, keys, texts = parts.append, _keys, _texts
    for key, value in fields.items():
        name = keys.get(key) or _key(key, pad)
        kind = type(value)
        if kind is str:
            add(f"{lead}{name} {texts.get(value) or _text(value, pad + '  ')}\n")
        elif kind is dict and value:
            add(f"{lead}{name}\n")
            below = pad + "  "
            _map(value, below, below, depth + 1, parts)
        elif kind is list and value:
            add(f"{lead}{name}\n")
            # kubectl's style: the dashes stand below the key.
            _list(value, pad, pad, depth + 1, parts)
        else:
            add(f"{lead}{name} {_scalar(value, pad)}\n")
        lead = pad


def _list(items: list[Any], lead: str, pad: str, depth: int, parts: list[str]) -> None:
    """Write a list that is not empty; the parameters are those of ``_map``."""
    if depth > limits.MAX_DEPTH:
        raise _NotPlainError
    add, texts = parts.append, _texts
    below = pad + "  "
    for value in items:
        kind = type(value)
        if kind is str:
            add(f"{lead}- {texts.get(value) or _text(value, below)}\n")
        elif kind is dict and value:
            _map(value, lead + "- ", below, depth + 1, parts)
        elif kind is list and value:
            _list(value, lead + "- ", below, depth + 1, parts)
        else:
            add(f"{lead}- {_scalar(value, pad)}\n")
        lead = pad


def _scalar(value: Any, pad: str) -> str:
    kind = type(value)
    if kind is int:
        if -9223372036854775808 <= value <= 18446744073709551615:
            return str(value)
    elif kind is bool:
        return "true" if value else "false"
    elif value is None:
        return "null"
    elif kind is str:
        return _text(value, pad)
    elif kind is float:
        text = repr(value)
        if "e" in text:
            # PyYAML takes 1e+16 for a string, 1.0e+16 for a number.
            return text if "." in text else text.replace("e", ".0e")
        if "n" not in text:
            return text
    elif kind is dict and not value:
        return "{}"
    elif kind is list and not value:
        return "[]"
    raise _NotPlainError


def _text(text: str, pad: str) -> str:
    if "\n" in text:
        if has_surrogate(text):
            raise _NotPlainError
        return literal(text, pad) or one_line(text)
    return _remembered(_texts, text, "")


def _key(key: str, pad: str) -> str:
    if type(key) is not str:
        raise _NotPlainError
    name = _remembered(_keys, key, ":")
    return name if len(name) <= MAX_KEY else f"? {name[:-1]}\n{pad}:"


def _remembered(cache: dict[str, str], text: str, end: str) -> str:
    if has_surrogate(text):
        raise _NotPlainError
    written = one_line(text) + end
    if len(text) <= _CACHED_LENGTH:
        if len(cache) >= _CACHED:
            cache.clear()
        cache[text] = written
    return written


def _plain(value: Any) -> Any:
    """The same value in plain types: a str, int, float, dict or list where it has a subclass of one."""
    if isinstance(value, dict):
        return {str.__str__(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return value
