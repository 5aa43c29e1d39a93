"""Layers: one file laid over another, and where each value came from.

Maps merge, lists and scalars replace, ``null`` removes what was inherited. A merged tree keeps its nulls, and knows
which of its maps stand over something that was removed, so that merging is associative; ``plain`` drops them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position


class Source(Protocol):
    """A document that values come from: ``yamlio.Document`` is one. It finds places only when somebody asks."""

    def position(self, path: FieldPath, *, key: bool = False) -> Position:
        """Where a field's value stands, or its key."""


class _Node(msgspec.Struct, frozen=True):
    source: Source
    """The document it stands in."""
    path: FieldPath
    """Its path there."""

    @property
    def key(self) -> Position:
        """Where its key stands; for an item of a list, where the item does."""
        return self.source.position(self.path, key=True)

    @property
    def at(self) -> Position:
        """Where the value itself stands."""
        return self.source.position(self.path)


class Scalar(_Node, frozen=True):
    """A string, a number, a boolean or null."""

    value: Any


class Items(_Node, frozen=True):
    """A list: it comes from one file as a whole, and a null in it is a value."""

    items: list[Node]


class Map(_Node, frozen=True):
    """A map. Merged from several files, it stands where the topmost one writes it."""

    entries: dict[str, Node]
    alone: bool = False
    """Whether it merges with nothing below it, because a null, a scalar or a list came between."""


Node = Scalar | Items | Map
"""One value of a file and its place."""


def tree(value: Any, source: Source, path: FieldPath = ()) -> Node:
    """A value as a tree of nodes.

    :param value: dicts, lists and scalars.
    :param source: the document it stands in.
    :param path: its path there.
    """
    if isinstance(value, dict):
        return Map(source, path, {name: tree(child, source, (*path, name)) for name, child in value.items()})
    if isinstance(value, list):
        return Items(source, path, [tree(child, source, (*path, index)) for index, child in enumerate(value)])
    return Scalar(source, path, value)


def lay_over(upper: Node, lower: Node) -> Node:
    """Lay one value over another.

    :param upper: of the file that extends.
    :param lower: of the layer that is extended.
    :returns: a new tree that shares what it can; neither argument is changed.
    """
    if not isinstance(upper, Map) or upper.alone:
        return upper
    if not isinstance(lower, Map):
        return Map(upper.source, upper.path, upper.entries, alone=True)
    entries = dict(lower.entries)
    for name, node in upper.entries.items():
        below = entries.get(name)
        entries[name] = node if below is None else lay_over(node, below)
    return Map(upper.source, upper.path, entries, alone=lower.alone)


def plain(node: Node) -> Any:
    """The value without places, and without what a null removed.

    :returns: dicts, lists and scalars of its own; None only for a null inside a list, or for the root.
    """
    if isinstance(node, Map):
        return {name: plain(child) for name, child in node.entries.items() if not removed(child)}
    return as_written(node)


def as_written(node: Node) -> Any:
    """The value without places, nulls kept."""
    if isinstance(node, Map):
        return {name: as_written(child) for name, child in node.entries.items()}
    if isinstance(node, Items):
        return [as_written(item) for item in node.items]
    return node.value


def removed(node: Node) -> bool:
    """Whether a map's entry is a null, which removes it."""
    return isinstance(node, Scalar) and node.value is None


def idle_nulls(upper: Map, lower: Node | None, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Scalar]]:
    """The nulls that remove nothing.

    :param upper: of the file that extends.
    :param lower: all that it extends, merged; None if it extends nothing.
    :param path: the path of both.
    :returns: each such null with its path.
    """
    below = lower.entries if isinstance(lower, Map) else {}
    for name, node in upper.entries.items():
        inherited = below.get(name)
        if isinstance(node, Map):
            yield from idle_nulls(node, inherited, (*path, name))
        elif isinstance(node, Scalar) and node.value is None and (inherited is None or removed(inherited)):
            yield (*path, name), node


def find(root: Node, path: FieldPath) -> tuple[Node, int]:
    """The node at a path.

    :returns: the node, and how many steps of the path lead to it: fewer than all if the rest stands nowhere.
    """
    node = root
    for taken, step in enumerate(path):
        child: Node | None = None
        if isinstance(node, Map) and isinstance(step, str):
            child = node.entries.get(step)
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            child = node.items[step]
        if child is None:
            return node, taken
        node = child
    return node, len(path)


def place(root: Node, path: FieldPath, *, key: bool = False) -> Position:
    """Where a value stands: a scalar's own place, the key of a map or a list, the nearest place for what is absent."""
    node, taken = find(root, path)
    if isinstance(node, Scalar) and not (key and taken == len(path)):
        return node.at
    return node.key
