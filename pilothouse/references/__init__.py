"""References: which field of which kind names, or selects, which other object; and what that finds in a stack."""

from pilothouse.references.labels import selects
from pilothouse.references.lookup import Link, Mention, all_by_name, links, links_by_name, links_to, mentions
from pilothouse.references.row import PODS, GroupKind, How, Lack, Row, Where
from pilothouse.references.table import TABLE

__all__ = [
    "PODS",
    "TABLE",
    "GroupKind",
    "How",
    "Lack",
    "Link",
    "Mention",
    "Row",
    "Where",
    "all_by_name",
    "links",
    "links_by_name",
    "links_to",
    "mentions",
    "selects",
]
