"""The table of references: which field of which kind names, or selects, which other object."""

from __future__ import annotations

import functools
import re

from pilothouse.pods import TEMPLATES
from pilothouse.references import custom, gateways, kubernetes
from pilothouse.references.row import PODS, GroupKind, How, Row

TABLE: tuple[Row, ...] = (*kubernetes.ROWS, *gateways.ROWS, *custom.ROWS)
"""Every row. Source: the API reference of Kubernetes and of each project; where a field says so, its own description
there."""

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


def steps(path: str) -> tuple[str, ...]:
    """A row's path as steps; the empty one is every item of a list."""
    return tuple(match[2] or match[1] for match in _STEP.finditer(path))


class Node:
    """One step of all paths that a kind's rows share."""

    __slots__ = ("children", "fields", "is_text", "items", "leads_on", "rows")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        """The rows whose field this is."""
        self.children: dict[str | int, Node] = {}
        """The steps from here; the empty one is every item of a list."""
        self.fields: tuple[tuple[str | int, Node], ...] = ()
        """The steps into a map."""
        self.items: Node | None = None
        """The step into each item of a list."""
        self.leads_on = False
        """Whether there are steps from here."""
        self.is_text = False
        """Whether its rows look for names in a text that most often holds none."""

    def settle(self) -> None:
        """Work out once what every walk asks for."""
        self.items = self.children.get("")
        self.fields = tuple((step, child) for step, child in self.children.items() if step != "")
        self.leads_on = bool(self.children)
        self.is_text = bool(self.rows) and self.rows[0].how is How.DNS
        for child in self.children.values():
            child.settle()


@functools.cache
def trees(*, of_names: bool = False) -> dict[GroupKind, Node]:
    """The rows of each kind as a tree of their paths, so that one walk through an object follows all of them.

    :param of_names: without the selectors.
    """
    found: dict[GroupKind, Node] = {}
    for row in sorted(TABLE, key=lambda row: row.source == PODS):
        if of_names and row.how.selects:
            continue
        sources = [(row.source, ())] if row.source != PODS else list(TEMPLATES.items())
        for source, before in sources:
            node = found.setdefault(source, Node())
            for step in (*before, *steps(row.path)):
                node = node.children.setdefault(step, Node())
            node.rows.append(row)
    for root in found.values():
        root.settle()
    return found
