"""The words of a message about a value: what was expected, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pilothouse.fieldpath import FieldPath

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""

HIDDEN = "(not shown)"
"""What stands in place of a value that may be a secret."""

# `tls_secret` and `pullSecret` name a Secret object, and the name of one may be shown.
_SECRET = re.compile(
    r"(passw(or)?d|passphrase|token|credentials?|(private|api|access|secret|signing|encryption)[-_]?key"
    r"|^secret|(client|app|auth|oauth|jwt|session|shared|signing|webhook|hmac)[-_]?secret)$",
    re.IGNORECASE,
)
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "map"}
_FORMATS = {
    "date-time": "a date and time such as '2031-01-31T12:00:00Z'",
    "date": "a date such as '2031-01-31'",
    "time": "a time such as '12:00:00Z'",
    "duration": "a duration such as 'PT1H30M'",
    "uuid": "a UUID",
    "decimal": "a decimal number",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")


def may_be_secret(path: FieldPath) -> bool:
    """Whether a field's name says that its value is not for everybody's eyes."""
    names = [step for step in path if isinstance(step, str)]
    return bool(names) and _SECRET.search(names[-1]) is not None


def got(value: Any, path: FieldPath = ()) -> str:
    """What stands there, as YAML's reader would name it; a long text is cut.

    :param value: the value that is wrong.
    :param path: its field, which decides whether the value may be shown.
    """
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list | tuple):
        return "a list"
    if may_be_secret(path):
        return f"{_type_of(value)} {HIDDEN}"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else _number(value)
    return text if len(text) <= 60 else f"{text[:57]}…{text[-1] if isinstance(value, str) else ''}"


def describe(schema: Schema, root: Schema, *, kind_only: bool = False) -> str:
    """What a schema asks for, in a few words: ``int``, ``list of str``, ``'a' or 'b'``.

    :param schema: the part that a value is held against.
    :param root: the whole schema, where ``$ref`` leads.
    :param kind_only: leave out what is asked of a text beyond being one.
    """
    schema = resolve(schema, root)
    if not kind_only and "patternErrorMessage" in schema:
        return str(schema["patternErrorMessage"])
    if "enum" in schema:
        return either([got(value) for value in schema["enum"]])
    if "const" in schema:
        return got(schema["const"])
    if "anyOf" in schema:
        return either([describe(branch, root, kind_only=kind_only) for branch in schema["anyOf"]])
    if schema.get("contentEncoding") == "base64":
        return "text in base64"
    if "format" in schema and schema["format"] in _FORMATS:
        return _FORMATS[schema["format"]]
    kinds = schema.get("type")
    if kinds is None:
        return "any value"
    if not isinstance(kinds, str):
        return either([_TYPES.get(kind, kind) for kind in kinds])
    items = schema.get("items")
    if kinds == "array" and isinstance(items, Mapping) and items:
        inner = resolve(items, root)
        return f"list of {'maps' if inner.get('type') == 'object' else describe(inner, root, kind_only=True)}"
    return _TYPES.get(kinds, kinds)


def mismatch(schema: Schema, root: Schema, value: Any, path: FieldPath) -> str:
    """One sentence: what was expected and what stands there, and how to mend what quotes can mend."""
    wanted = describe(schema, root, kind_only=not takes(schema, root, value))
    sentence = f"expected {wanted}, got {got(value, path)}"
    if isinstance(value, bool | int | float) and takes(schema, root, "as text"):
        return f"{sentence}: put it in quotes"
    if isinstance(value, str) and _NUMBER.match(value) and takes(schema, root, int(float(value))):
        return f"{sentence}: take the quotes off"
    return sentence


def takes(schema: Schema, root: Schema, value: Any) -> bool:
    """Whether a schema takes values of this kind, whatever else it asks of them."""
    schema = resolve(schema, root)
    if "anyOf" in schema:
        return any(takes(branch, root, value) for branch in schema["anyOf"])
    if "enum" in schema:
        return any(_kind(option) == _kind(value) for option in schema["enum"])
    kinds = schema.get("type")
    if kinds is None:
        return True
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    return _kind(value) in allowed or (_kind(value) == "integer" and "number" in allowed)


def resolve(schema: Schema, root: Schema) -> Schema:
    """Follow ``$ref`` within one schema."""
    while "$ref" in schema:
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        schema = target
    return schema


def either(words: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``; each once."""
    words = list(dict.fromkeys(words))
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def _type_of(value: Any) -> str:
    word = _TYPES.get(_kind(value), "value")
    return f"an {word}" if word == "int" else f"a {word}"


def _number(value: Any) -> str:
    # Python refuses to write an int of more than 4,300 digits.
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an int of {value.bit_length()} bits"
    return repr(value)
