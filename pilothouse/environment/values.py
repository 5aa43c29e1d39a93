"""Values: what an environment says to a chart, turned into the chart's own type.

msgspec converts; a value that it takes is right. What it refuses goes to ``jsonschema`` with the schema of the same
type, which names every mistake instead of the first one. So a correct file never pays for jsonschema's import.
"""

from __future__ import annotations

import functools
import re
from typing import Any, TypeVar

import msgspec

from pilothouse.environment.judge import Mistake, judge
from pilothouse.environment.words import Schema, got
from pilothouse.fieldpath import FieldPath

__all__ = ["Mistake", "ValuesTypeError", "value_problems", "values_schema"]

T = TypeVar("T")


class ValuesTypeError(TypeError):
    """A chart's values have a type that no YAML can give."""


def values_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a chart's values, as strict as ``value_problems``.

    :param kind: a msgspec Struct.
    :returns: a self-contained schema (2020-12, ``$defs``), a copy of its own; every struct takes its own keys only.
    :raises ValuesTypeError: if the type holds something that has no JSON form.
    """
    result: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_schema(kind)[0]))
    return result


def value_problems(kind: type[T], values: dict[str, Any]) -> tuple[T | None, list[Mistake]]:
    """Convert values into a chart's own type, strictly: no text becomes a number, no key is passed over.

    :param kind: a msgspec Struct, such as a subclass of ``pilothouse.Values``.
    :param values: what the environment file says, as plain JSON.
    :returns: the typed values and no mistake, or None and every mistake. Mistakes carry paths from the root of the
        values; ``Environment.problems`` gives them their place.
    :raises ValuesTypeError: if the type holds something that has no JSON form. An exception of the type's own
        ``__post_init__`` other than ValueError and TypeError is not caught.
    """
    hashable: Any = kind
    schema, closed_by_us = _schema(hashable)
    try:
        typed = msgspec.convert(values, kind, str_keys=True)
    except msgspec.ValidationError as error:
        try:
            mistakes = judge(schema, values)
        except RecursionError:
            mistakes = []
        return None, mistakes or [_own_words(kind, values, str(error))]
    if closed_by_us:
        unknown = [mistake for mistake in judge(schema, values) if mistake.unknown]
        if unknown:
            return None, unknown
    return typed, []


@functools.lru_cache(maxsize=256)
def _schema(kind: Any) -> tuple[Schema, bool]:
    """The schema of a type, and whether a struct in it would let unknown keys pass if only msgspec looked."""
    try:
        schema = msgspec.json.schema(kind)
    except KeyError as error:
        raise ValuesTypeError(f"{kind.__name__}: two of its types have one name: {error}") from None
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ValuesTypeError(f"{kind.__name__}: {error}") from None
    return schema, _close(schema) > 0


def _close(schema: Any) -> int:
    """Make a schema agree with msgspec's conversion, and close its structs, in place; how many had to be closed."""
    if isinstance(schema, list):
        return sum(_close(each) for each in schema)
    if not isinstance(schema, dict):
        return 0
    # A set takes an item twice, a Decimal a plain number: msgspec's conversion does, its schema says otherwise.
    schema.pop("uniqueItems", None)
    if schema.get("format") == "decimal":
        schema["type"] = ["string", "number"]
    closed = 0
    if "properties" in schema and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
        closed = 1
    for keyword in ("properties", "$defs"):
        closed += sum(_close(each) for each in schema.get(keyword, {}).values())
    return closed + sum(_close(schema[keyword]) for keyword in _SUBSCHEMAS if keyword in schema)


_SUBSCHEMAS = ("anyOf", "items", "prefixItems", "additionalProperties", "propertyNames")

_WHERE = re.compile(r"(?P<text>.*?)(?: - at `(?P<key>key` in `)?(?P<path>\$[^`]*)`)?\Z", re.S)
_TYPE_MISMATCH = re.compile(r"Expected `([^`]+)`, got `([^`]+)`\Z")
_MISSING = re.compile(r"Object missing required field `([^`]+)`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`\Z")
_WORDS = {"object": "map", "array": "list", "null": "null"}


def _own_words(kind: type, values: Any, text: str) -> Mistake:
    """msgspec's first refusal, where the schema finds nothing to say."""
    match = _WHERE.match(text)
    assert match is not None
    message = match["text"]
    at_key = match["key"] is not None
    path = _path(kind, values, text, match["path"] or "$", at_key)
    value = _at(values, path)
    if mismatch := _TYPE_MISMATCH.match(message):
        wanted = " or ".join(_WORDS.get(word, word) for word in mismatch[1].split(" | "))
        if at_key and path:
            return Mistake(path, f"expected the key to be {wanted}, got {path[-1]!r}", at_key=True)
        return Mistake(path, f"expected {wanted}, got {got(value, path)}")
    if missing := _MISSING.match(message):
        return Mistake(path, f"missing: {missing[1]}")
    if unknown := _UNKNOWN.match(message):
        return Mistake((*path, unknown[1]), f"unknown key {unknown[1]!r}", at_key=True, unknown=True)
    if message.startswith(("Expected ", "Invalid ", "Timezone ", "Duration ", "Integer ", "Number ")):
        plain = message[0].lower() + message[1:].replace("`", "")
        return Mistake(path, f"{plain}, got {got(value, path)}", at_key=at_key)
    return Mistake(path, message, at_key=at_key)


def _path(kind: type, values: Any, text: str, written: str, at_key: bool) -> FieldPath:
    """msgspec's path (``$.a[0][...].b``) as a field path.

    ``[...]`` is some key of a map: the first one that alone gives the same refusal.
    """
    path: FieldPath = ()
    rest = written[1:]
    while rest or at_key:
        here = _at(values, path)
        step: str | int | None = None
        if not rest or rest.startswith("[...]"):
            for key in here if isinstance(here, dict) else ():
                alone = _replaced(values, path, {key: here[key]})
                if _refusal(kind, alone) == text:
                    step, values = key, alone
                    break
            at_key = at_key and rest != ""
            rest = rest[5:]
        elif index := re.match(r"\[(\d+)\]", rest):
            step, rest = int(index[1]), rest[index.end() :]
        elif isinstance(here, dict):
            # A field's name may hold a dot itself: the longest one that fits is the one.
            step = max((key for key in here if rest.startswith(f".{key}")), key=len, default=None)
            rest = rest[len(str(step)) + 1 :]
        if step is None:
            break
        path = (*path, step)
    return path


def _refusal(kind: type, values: Any) -> str | None:
    try:
        msgspec.convert(values, kind, str_keys=True)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _at(values: Any, path: FieldPath) -> Any:
    for step in path:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return None
    return values


def _replaced(values: Any, path: FieldPath, new: Any) -> Any:
    if not path:
        return new
    inner = _replaced(values[path[0]], path[1:], new)
    if isinstance(values, dict):
        return {**values, path[0]: inner}
    return [inner if index == path[0] else each for index, each in enumerate(values)]
