"""The merged environment, value by value, with the file and line behind each."""

from __future__ import annotations

from typing import Any, NamedTuple

from pilothouse.environment.layers import Items, Map, Node, removed
from pilothouse.environment.model import Environment
from pilothouse.environment.words import HIDDEN, may_be_secret
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position


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
    :returns: in the order of the file, a layer's values first; then what no file sets and Pilothouse decides.
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
    return rows + [Row(path, value, None) for path, value in defaults if path not in given]


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
