"""Normal: when two values of a field are one to the API server."""

from __future__ import annotations

from typing import Any

from pilothouse import quantity
from pilothouse.schemas.kinds import Schema

_QUANTITY = "KMGTPE]i"
"""What stands in the pattern of every field that holds a quantity, of Kubernetes' own kinds and of custom resources."""


def is_number(value: Any) -> bool:
    """Whether it is a number; truth values are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_scalar(before: Any, after: Any, node: Schema | None) -> bool:
    """Whether two values that are no maps or lists are one.

    :param before: one.
    :param after: the other.
    :param node: the field's schema, resolved; None where nothing is known of it.
    """
    if (type(before) is type(after) or (is_number(before) and is_number(after))) and before == after:
        return True
    if node is None or _QUANTITY not in str(node.get("pattern", "")):
        return False
    first, second = quantity.amount(before), quantity.amount(after)
    return first is not None and first == second
