"""The merged environment, value by value, with the file and line behind each."""

from __future__ import annotations

from typing import Any, NamedTuple

from pilothouse.environment.file import EnvironmentFile
from pilothouse.environment.layers import Items, Map, Node, removed
from pilothouse.environment.model import Environment
from pilothouse.environment.words import HIDDEN, may_be_secret
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position

_FIRST = ("chart", "namespace")


class Row(NamedTuple):
    """One value of a merged environment."""

    path: FieldPath
    """In the file's own words."""
    value: Any
    """A scalar, ``{}`` or ``[]``; ``(not shown)`` for what may be a secret, by the name of its field."""
    position: Position | None
    """Where the file, or a layer, sets it; None for a default."""


def explain(environment: Environment) -> list[Row]:
    """Every value of a merged environment.

    :param environment: as ``load`` gives it.
    :returns: in the order in which an environment file is described; instances, and the maps under them, in the order
        of the file, a layer's first. What no file sets and Pilothouse decides stands beside the rest.
    """
    rows = _rows(environment.provenance, ())
    given = {row.path for row in rows}
    defaults: list[tuple[FieldPath, Any]] = [
        (("profile",), environment.profile),
        (("cluster", "domain"), environment.cluster.domain),
    ]
    for name, instance in environment.charts.items():
        defaults.append((("charts", name, "chart"), instance.chart))
        defaults.append((("charts", name, "namespace"), instance.namespace))
    rows += [Row(path, value, None) for path, value in defaults if path not in given]
    keys, instances = list(EnvironmentFile.__struct_encode_fields__), list(environment.charts)

    def order(row: Row) -> tuple[int, int, int]:
        top, *rest = row.path
        if top != "charts":
            return keys.index(str(top)), 0, 0
        field = rest[1] if len(rest) > 1 else ""
        return keys.index(top), instances.index(str(rest[0])), _FIRST.index(field) if field in _FIRST else len(_FIRST)

    return sorted(rows, key=order)


def _rows(node: Node, path: FieldPath) -> list[Row]:
    if isinstance(node, Map):
        kept = [(name, child) for name, child in node.entries.items() if not removed(child)]
        if not kept:
            return [Row(path, {}, node.key)]
        return [row for name, child in kept for row in _rows(child, (*path, name))]
    if isinstance(node, Items):
        if not node.items:
            return [Row(path, [], node.key)]
        return [row for index, child in enumerate(node.items) for row in _item_rows(child, (*path, index))]
    hidden = node.value is not None and may_be_secret(path)
    return [Row(path, HIDDEN if hidden else node.value, node.at)]


def _item_rows(node: Node, path: FieldPath) -> list[Row]:
    """The same inside a list, where a null is a value."""
    if isinstance(node, Map):
        if not node.entries:
            return [Row(path, {}, node.key)]
        return [row for name, child in node.entries.items() for row in _item_rows(child, (*path, name))]
    return _rows(node, path)
