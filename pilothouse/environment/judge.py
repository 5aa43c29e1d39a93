"""Hold a value against a JSON Schema and say every mistake in a person's words, by way of ``jsonschema``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse.environment.nearest import did_you_mean
from pilothouse.environment.words import Schema, describe, either, got, mismatch, takes
from pilothouse.fieldpath import FieldPath

if TYPE_CHECKING:
    from jsonschema import ValidationError


class Mistake(NamedTuple):
    """One thing that is wrong with a value."""

    path: FieldPath
    """The field, from the root of the value."""
    message: str
    """What was expected and what stands there."""
    at_key: bool = False
    """Whether the key is wrong, not the value under it."""
    unknown: bool = False
    """Whether the key is one that nothing reads."""


def judge(schema: Schema, value: Any) -> list[Mistake]:
    """Every mistake of a value, each once.

    :param schema: a self-contained JSON Schema, as ``msgspec.json.schema`` makes it.
    :param value: JSON: dict, list, str, int, float, bool, None.
    :returns: in the order of the schema; empty if the value is as it should be.
    """
    errors = _validator_class()(schema, format_checker=_formats()).iter_errors(value)
    found: dict[tuple[FieldPath, str], Mistake] = {}
    judged: set[FieldPath] = set()
    for mistake in _sentences(errors, schema):
        several = mistake.at_key or mistake.message.startswith("missing: ")
        if several or mistake.path not in judged:
            found.setdefault((mistake.path, mistake.message), mistake)
        if not several:
            judged.add(mistake.path)
    return list(found.values())


def _sentences(errors: Iterable[Any], root: Schema) -> Iterator[Mistake]:
    for error in errors:
        path: FieldPath = tuple(error.absolute_path)
        keyword = str(error.validator)
        if keyword == "anyOf":
            yield from _alternatives(error, root, path)
        elif keyword == "additionalProperties":
            yield from _unknown_keys(error, path)
        elif keyword == "required":
            for name in error.validator_value:
                if name not in error.instance:
                    wanted = error.schema.get("properties", {}).get(name, {})
                    yield Mistake(path, f"missing: {name} ({describe(wanted, root)})")
        elif keyword == "propertyNames":
            yield _bad_key(error.context[0], root, path)
        elif keyword in _LIMITS:
            wanted = f"expected {_LIMITS[keyword](error.validator_value)}"
            yield Mistake(path, f"{wanted}, got {_measured(keyword, error.instance, path)}")
        elif keyword == "pattern" and "patternErrorMessage" not in error.schema:
            yield Mistake(path, f"expected a str like {error.validator_value}, got {got(error.instance, path)}")
        else:
            message = mismatch(error.schema, root, error.instance, path)
            if keyword == "enum" and isinstance(error.instance, str):
                message += _nearby(error.instance, error.validator_value)
            yield Mistake(path, message)


def _alternatives(error: Any, root: Schema, path: FieldPath) -> Iterator[Mistake]:
    branches: list[Schema] = list(error.validator_value)
    discriminator = error.schema.get("discriminator")
    if discriminator is not None and isinstance(error.instance, dict):
        tag = discriminator["propertyName"]
        tags = discriminator["mapping"]
        if tag not in error.instance:
            yield Mistake(path, f"missing: {tag} ({either([got(name) for name in tags])})")
            return
        given = error.instance[tag]
        chosen = next((target for name, target in tags.items() if type(name) is type(given) and name == given), None)
        if chosen is None:
            near = _nearby(given, list(tags)) if isinstance(given, str) else ""
            wanted = either([got(name) for name in tags])
            yield Mistake((*path, tag), f"expected {wanted}, got {got(given, (*path, tag))}{near}")
            return
        fitting = [index for index, branch in enumerate(branches) if branch.get("$ref") == chosen]
    else:
        fitting = [index for index, branch in enumerate(branches) if takes(branch, root, error.instance)]
    if not fitting:
        yield Mistake(path, mismatch(error.schema, root, error.instance, path))
        return
    yield from _sentences([each for each in error.context or () if each.schema_path[0] == fitting[0]], root)


def _unknown_keys(error: Any, path: FieldPath) -> Iterator[Mistake]:
    known = list(error.schema.get("properties", {}))
    unused = [name for name in known if name not in error.instance]
    for name in error.instance:
        if name not in known:
            hint = did_you_mean(name, unused, "known keys")
            yield Mistake((*path, name), f"unknown key {name!r}{hint}", at_key=True, unknown=True)


def _bad_key(error: Any, root: Schema, path: FieldPath) -> Mistake:
    keyword = str(error.validator)
    if keyword in _LIMITS:
        wanted = _LIMITS[keyword](error.validator_value)
    elif keyword == "pattern" and "patternErrorMessage" not in error.schema:
        wanted = f"a str like {error.validator_value}"
    else:
        wanted = describe(error.schema, root)
    return Mistake((*path, error.instance), f"expected the key to be {wanted}, got {error.instance!r}", at_key=True)


def _nearby(word: str, options: Iterable[Any]) -> str:
    return did_you_mean(word, [option for option in options if isinstance(option, str)])


_LIMITS: dict[str, Callable[[Any], str]] = {
    "minimum": lambda limit: f"at least {limit}",
    "maximum": lambda limit: f"at most {limit}",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "multipleOf": lambda limit: f"a multiple of {limit}",
    "minLength": lambda limit: f"at least {_count(limit, 'character')}",
    "maxLength": lambda limit: f"at most {_count(limit, 'character')}",
    "minItems": lambda limit: f"at least {_count(limit, 'item')}",
    "maxItems": lambda limit: f"at most {_count(limit, 'item')}",
    "items": lambda limit: "no further item",
    "minProperties": lambda limit: f"at least {_count(limit, 'key')}",
    "maxProperties": lambda limit: f"at most {_count(limit, 'key')}",
}


def _measured(keyword: str, value: Any, path: FieldPath) -> str:
    if isinstance(value, str):
        return f"{got(value, path)} ({len(value)})"
    if keyword != "items" and isinstance(value, list | dict):
        return str(len(value))
    return got(value, path)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@cache
def _validator_class() -> Any:
    """The 2020-12 rules with msgspec's stricter notion of a number: 1.0 is no int, 1 no boolean."""
    import jsonschema
    from jsonschema import validators

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda _, value: isinstance(value, int | float) and not isinstance(value, bool),
        }
    )
    keywords = {
        "enum": _enum,
        "multipleOf": _multiple_of,
        "contentEncoding": _content_encoding,
        "propertyNames": _property_names,
    }
    extend: Any = validators.extend
    return extend(jsonschema.Draft202012Validator, validators=keywords, type_checker=checker)


def _enum(validator: Any, options: list[Any], value: Any, schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if not any(type(option) is type(value) and option == value for option in options):
        yield ValidationError("not one of the options")


def _multiple_of(validator: Any, step: float, value: Any, schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    try:
        exact = value % step == 0 if isinstance(value, int) and isinstance(step, int) else math.fmod(value, step) == 0
    except (OverflowError, ValueError):
        exact = False
    if not exact:
        yield ValidationError("not a multiple")


def _content_encoding(validator: Any, encoding: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if encoding == "base64" and isinstance(value, str) and not _converts(value, bytes):
        yield ValidationError("not base64")


def _property_names(validator: Any, names: Schema, value: Any, schema: Schema) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    for name in value if isinstance(value, dict) else ():
        errors = list(validator.descend(instance=name, schema=names))
        if errors:
            yield ValidationError("not a key", validator="propertyNames", instance=name, context=errors)


@cache
def _formats() -> Any:
    """The formats as msgspec reads them, so that both judges agree."""
    import datetime
    import decimal
    import uuid

    from jsonschema import FormatChecker

    types: dict[str, Any] = {
        "date-time": datetime.datetime,
        "date": datetime.date,
        "time": datetime.time,
        "duration": datetime.timedelta,
        "uuid": uuid.UUID,
        "decimal": decimal.Decimal,
    }
    checker = FormatChecker(formats=())
    for name, kind in types.items():
        checker.checks(name)(lambda value, kind=kind: not isinstance(value, str) or _converts(value, kind))
    return checker


def _converts(value: Any, kind: Any) -> bool:
    import msgspec

    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
