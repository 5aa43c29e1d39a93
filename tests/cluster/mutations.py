"""Mistakes, made on purpose: from one good object many bad ones, the same at every run.

Each is one change of one field: what people get wrong (a field left out, misspelt, of the wrong type, doubled, empty),
what its schema makes likely (a number past its range, a word that no enumeration has, a quantity that is none), and
each field of the schema that the object does not have, added with a plain value: so fields come to contradict each
other. A change is made once for each field of a schema, not for each object that has the field.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.pods import template_path
from pilothouse.schemas import Catalogue
from pilothouse.schemas.shapes import QUANTITY_PATTERN
from tests.cluster.api import Body

_TYPES: tuple[tuple[str, Any], ...] = (
    ("string", "odd"),
    ("integer", 7),
    ("fraction", 2.5),
    ("boolean", True),
    ("list", []),
    ("map", {}),
)
_NUMBERS = (-1, 0, 65536, 2**31, 2**63)
_STRINGS = ("", " ", "Not A Name!", "-dash", "dot.", "UPPER", "x" * 64, "x" * 300, "no/pe", "a\nb", "10%", "8080", "é")
_QUANTITIES = ("1.5.5", "10 Mi", "1e", "-1", "0", "0.0001m", "Mi", "1mi", "1e3", " 1 ", "9999999999999999999999")
_KEYS = ("", "a b", "/x", "UPPER.example.com/x", "x" * 64, "a/b/c")


class Mutation(NamedTuple):
    """One mistake."""

    what: str
    """What was changed: ``spec.ports.*.port: dropped``."""
    body: Body
    """The object with the mistake in it."""
    of: Body
    """The good object."""


def of(objects: Iterable[Body], catalogue: Catalogue) -> Iterator[Mutation]:
    """Every mutation of some objects.

    :param objects: good ones, in an order that does not change.
    :param catalogue: knows their schemas.
    :returns: each mistake once, with the first object that shows it.
    """
    seen: set[tuple[str, ...]] = set()
    for body in objects:
        for path in _places(body):
            words = _words(path)
            for what, value in _changes(body, path, catalogue):
                key = (*_whose(body, path), what)
                if key not in seen:
                    seen.add(key)
                    bad = _changed(body, path, value)
                    if json.dumps(bad) != json.dumps(body):
                        yield Mutation(f"{words}: {what}", bad, body)


class _Gone:
    """Stands for a field that is left out."""


class _Renamed(NamedTuple):
    """Stands for a field under another name."""

    name: str


class _With(NamedTuple):
    """Stands for a map with one more field."""

    name: str
    value: Any


class _Twice:
    """Stands for a list whose first element comes twice."""


def _changes(body: Body, path: FieldPath, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    """What is done to one field: words for it, and the new value."""
    value = _at(body, path)
    node = catalogue.node(body["apiVersion"], body["kind"], path) or {}
    field = path[-1] if path else ""
    if path:
        yield "dropped", _Gone()
        yield "null", None
        if isinstance(field, str) and len(field) > 1:
            yield "misspelt", _Renamed(field[: len(field) // 2] + "x" + field[len(field) // 2 :])
        for name, odd in _TYPES:
            if type(odd) is not type(value):
                yield f"{name} in its place", odd
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int | float):
        for number in _NUMBERS:
            yield f"set to {number}", number
    elif isinstance(value, str):
        wrong = _QUANTITIES if node.get("pattern") == QUANTITY_PATTERN else _STRINGS
        for text in wrong:
            yield f"set to {text[:20]!r}", text
        for option in node.get("enum", ()):
            if option not in (None, "", value):
                yield f"set to {option}", option
    elif isinstance(value, list):
        if value:
            yield "first element twice", _Twice()
            yield "a null in it", [*value, None]
            yield "an empty map in it", [*value, {}]
    elif isinstance(value, dict):
        properties = node.get("properties", {})
        for name in sorted(properties.keys() - value.keys() - {"status"}):
            for plain in _plain(catalogue.node(body["apiVersion"], body["kind"], (*path, name)) or {}):
                yield f"with {name} {plain!r}", _With(name, plain)
        if not properties:
            for key in _KEYS:
                yield f"with the key {key[:24]!r}", _With(key, "x")


def _plain(node: dict[str, Any]) -> list[Any]:
    """Plain values of a schema: at most two."""
    types = node.get("type", ())
    types = [types] if isinstance(types, str) else list(types)
    if node.get("pattern") == QUANTITY_PATTERN:
        return ["1"]
    options = [option for option in node.get("enum", ()) if option]
    if options:
        return options[:2]
    plain: dict[str, list[Any]] = {
        "string": ["a"],
        "integer": [1],
        "number": [1],
        "boolean": [True, False],
        "array": [[]],
        "object": [{}],
    }
    return next((plain[kind] for kind in types if kind in plain), [])


def _places(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Every field of an object and the object itself, in order; of a list the first two elements."""
    if path != ("apiVersion",):
        yield path
    if isinstance(value, dict):
        for key, sub in value.items():
            yield from _places(sub, (*path, key))
    elif isinstance(value, list):
        for index, sub in enumerate(value[:2]):
            yield from _places(sub, (*path, index))


def _whose(body: Body, path: FieldPath) -> tuple[str, ...]:
    """What a field belongs to: the same for a field that many kinds share."""
    template = template_path(body)
    if path[:1] == ("metadata",) and path[1:2] != ("name",):
        return "metadata", _words(path)
    if template and path[: len(template)] == template and len(path) > len(template):
        return "template", _words(path[len(template) :])
    return body["apiVersion"], body["kind"], _words(path)


def _words(path: FieldPath) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in path) or "the object"


def _at(body: Any, path: FieldPath) -> Any:
    for step in path:
        body = body[step]
    return body


def _changed(body: Body, path: FieldPath, value: Any) -> Body:
    other = copy.deepcopy(body)
    parent: Any = None if not path else _at(other, path[:-1])
    match value:
        case _Gone():
            del parent[path[-1]]
        case _Renamed(name):
            parent[name] = parent.pop(path[-1])
        case _With(name, more):
            _at(other, path)[name] = copy.deepcopy(more)
        case _Twice():
            there = _at(other, path)
            there.append(copy.deepcopy(there[0]))
        case _:
            parent[path[-1]] = copy.deepcopy(value)
    return other
