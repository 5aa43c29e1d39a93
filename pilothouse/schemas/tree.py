"""Walk a strict schema by field path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.schemas.kinds import Schema

_PREFIX = "#/$defs/"


def resolve(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Follow a node's reference.

    :param node: a part of a schema.
    :param definitions: the schema's ``$defs``.
    :returns: the node that is meant; what stands beside the reference (``x-kubernetes-…``, a narrower type) wins.
    """
    while "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        node = {**definitions[node["$ref"].removeprefix(_PREFIX)], **beside}
    return node


def step(node: Schema, key: str | int, definitions: dict[str, Schema]) -> Schema | None:
    """The schema of one field or element.

    :param node: the schema of the object or list, resolved.
    :param key: a field's name, or a list's index.
    :param definitions: the schema's ``$defs``.
    :returns: its schema, resolved; None where the schema does not know it or says nothing of it.
    """
    found = node.get("items") if isinstance(key, int) else node.get("properties", {}).get(key)
    if found is None and isinstance(key, str):
        found = node.get("additionalProperties")
    return resolve(found, definitions) if isinstance(found, dict) else None


def walk(schema: Schema, path: Sequence[str | int]) -> Schema | None:
    """The schema of the field at a path.

    :param schema: an object's self-contained schema, with ``$defs``.
    :param path: the steps from the object's root.
    :returns: the field's schema, resolved; None where the schema does not know it or says nothing of it.
    """
    definitions = schema.get("$defs", {})
    node: Schema | None = resolve(schema, definitions)
    for key in path:
        if node is None:
            return None
        node = step(node, key, definitions)
    return node


def list_keys(node: Schema) -> tuple[str, ...] | None:
    """By which fields server-side apply tells a list's elements apart.

    :param node: the list's schema, resolved.
    :returns: as :meth:`pilothouse.schemas.Catalogue.list_keys` does.
    """
    if "items" not in node:
        return None
    form = node.get("x-kubernetes-list-type")
    if form == "map":
        return tuple(node.get("x-kubernetes-list-map-keys", ()))
    if form == "set":
        return ()
    if form is None and "x-kubernetes-patch-merge-key" in node:
        return (node["x-kubernetes-patch-merge-key"],)
    return None


def references(schema: Any) -> list[str]:
    """The definitions that a schema names.

    :param schema: a strict schema.
    :returns: their names, sorted, each once.
    """
    found: set[str] = set()
    _collect(schema, found)
    return sorted(found)


def _collect(schema: Schema, found: set[str]) -> None:
    if "$ref" in schema:
        found.add(schema["$ref"].removeprefix("#/$defs/"))
    for field in schema.get("properties", {}).values():
        _collect(field, found)
    for keyword in ("items", "additionalProperties", "not", "else"):
        if isinstance(schema.get(keyword), dict):
            _collect(schema[keyword], found)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            _collect(part, found)
