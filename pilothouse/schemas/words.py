"""Say in words what a schema expects and what a value is."""

from __future__ import annotations

import json
from typing import Any

from pilothouse.schemas.kinds import Schema
from pilothouse.schemas.shapes import (
    BASE64_PATTERN,
    BOOTSTRAP_TOKEN_PATTERN,
    DURATION_PATTERN,
    IPV4_PATTERN,
    IPV6_PATTERN,
    MICRO_TIME_PATTERN,
    QUANTITY_PATTERN,
    TIME_PATTERN,
)

_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = "a DNS label (lower-case letters, digits and `-`, such as my-name)"
_DNS_NAME = "a DNS name (lower-case letters, digits, `-` and `.`, such as my.example.com)"

_DECIMAL = r"(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"

_PATTERNS = {
    QUANTITY_PATTERN: "a quantity such as 100m, 1.5 or 2Gi",
    # What controller-gen writes into CRDs for the same type.
    rf"^(\+|-)?{_DECIMAL}(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?{_DECIMAL}))?$": "a quantity such as 100m, 1.5 or 2Gi",
    BASE64_PATTERN: "base64",
    TIME_PATTERN: "a time such as 2024-01-31T12:00:00Z",
    MICRO_TIME_PATTERN: "a time with six decimals such as 2024-01-31T12:00:00.000000Z",
    DURATION_PATTERN: "a duration such as 30s or 1h30m",
    BOOTSTRAP_TOKEN_PATTERN: "a bootstrap token, six characters, a dot and sixteen characters",
    IPV4_PATTERN: "an IPv4 address such as 10.0.0.1",
    IPV6_PATTERN: "an IPv6 address such as fd00::1",
    f"^{_LABEL}$": _DNS_LABEL,
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$": _DNS_LABEL,
    rf"^{_LABEL}(\.{_LABEL})*$": _DNS_NAME,
    rf"^(\*\.)?{_LABEL}(\.{_LABEL})*$": f"{_DNS_NAME}, with or without `*.` before it",
    r"^([0-9]{1,5}(h|m|s|ms)){1,4}$": "a duration such as 30s or 1h30m",
    r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$": "a duration such as 30s or 1h30m",
    r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$": (
        "a duration such as 30s or 1d12h"
    ),
    r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$": "a label's value (letters, digits, `-`, `_` and `.`)",
}

_LONGEST = 60
"""Characters of a value that are worth showing."""


def pattern(expression: str) -> str:
    """A pattern in words.

    :param expression: the regular expression.
    :returns: what it means where it is one of Kubernetes' own; else the expression.
    """
    return _PATTERNS.get(expression) or f"something that matches {expression}"


def types(node: Schema) -> list[str]:
    """The JSON types that a schema names.

    :param node: a schema.
    :returns: their names; empty where it names none.
    """
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def expected(node: Schema) -> str:
    """What a schema's type asks for.

    :param node: the field's schema, resolved.
    :returns: such as ``an integer``; ``an integer or a string``; ``anything``.
    """
    if node.get("pattern") == QUANTITY_PATTERN:
        return _PATTERNS[QUANTITY_PATTERN]
    names = [_TYPES[kind] for kind in types(node) if kind != "null"]
    return " or ".join(names) or "anything"


def value(found: Any, secret: bool = False) -> str:
    """What was found.

    :param found: any JSON value.
    :param secret: say only what type it has.
    :returns: such as ``the string "three"``, ``the number 1.5``, ``null``, ``a list``.
    """
    if found is None:
        return "null"
    if isinstance(found, dict):
        return "an object"
    if isinstance(found, list | tuple):
        return "a list"
    if isinstance(found, bool):
        return "a boolean" if secret else json.dumps(found)
    if isinstance(found, int | float):
        return "a number" if secret else f"the number {found}"
    if isinstance(found, str):
        return "a string" if secret else f"the string {quoted(found)}"
    return f"a Python {type(found).__name__}"


def quoted(text: Any) -> str:
    """A value as it would stand in JSON, cut where it is long.

    :param text: any JSON scalar.
    :returns: in quotes where it is a string.
    """
    if isinstance(text, str) and len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return json.dumps(text, ensure_ascii=False)


def choices(options: list[Any], most: int = 12) -> str:
    """The values that an enumeration allows.

    :param options: all of them; null and the empty string stand for none and are not named.
    :param most: how many are named.
    :returns: such as ``A, B or C``.
    """
    named = [option if isinstance(option, str) else quoted(option) for option in options if option not in (None, "")]
    if len(named) > most:
        return ", ".join(named[:most]) + f" or {len(named) - most} others"
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else "nothing"
