"""The table of references: which field of which kind names, or selects, which other object."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from pilothouse.pods import TEMPLATES
from pilothouse.references import custom, gateways, kubernetes
from pilothouse.references.row import PODS, GroupKind, Row

TABLE: tuple[Row, ...] = (*kubernetes.ROWS, *gateways.ROWS, *custom.ROWS)
"""Every row. Source: the API reference of Kubernetes and of each project; where a field says so, its own description
there."""

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


def steps(path: str) -> tuple[str, ...]:
    """A row's path as steps; the empty one is every item of a list."""
    return tuple(match[2] or match[1] for match in _STEP.finditer(path))


class Node(NamedTuple):
    """One step of all paths that a kind's rows share."""

    rows: list[Row]
    """The rows whose field this is."""
    children: dict[str, Node]
    """The steps from here."""


@functools.cache
def trees() -> dict[GroupKind, Node]:
    """The rows of each kind as a tree of their paths, so that one walk through an object follows all of them."""
    found: dict[GroupKind, Node] = {}
    for row in sorted(TABLE, key=lambda row: row.source == PODS):
        sources = [(row.source, ())] if row.source != PODS else list(TEMPLATES.items())
        for source, before in sources:
            node = found.setdefault(source, Node([], {}))
            for step in (*map(str, before), *steps(row.path)):
                node = node.children.setdefault(step, Node([], {}))
            node.rows.append(row)
    return found
