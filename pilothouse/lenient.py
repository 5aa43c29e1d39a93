"""Lenient: parts of an object as they should be; empty where something else stands, which the schema checks tell."""

from __future__ import annotations

from typing import Any


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """A map, or one inside it; empty where there is none.

    :param value: where to begin.
    :param keys: the steps from there.
    """
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: Any, default: str = "") -> str:
    """A string; another one where there is none."""
    return value if isinstance(value, str) else default


def scalar(value: Any) -> str | int | None:
    """A string or a whole number; None where there is neither."""
    return value if isinstance(value, str | int) else None


def count(value: Any, default: int) -> int:
    """A whole number that is not negative; another one where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def listing(value: Any) -> list[Any]:
    """A list; empty where there is none."""
    return value if isinstance(value, list) else []


def mappings(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The maps in a list, each with its index; none where there is no list."""
    if not isinstance(value, list):
        return []
    return [(index, item) for index, item in enumerate(value) if isinstance(item, dict)]
