"""Direction: an impact on access says whether it widens or narrows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from pilothouse.diff.impact import Effect, Impact
from pilothouse.manifest import Identity

WIDENS, NARROWS, CHANGES = "widens", "narrows", "changes"
"""Somebody may more, or less; or something else, of which nobody can tell whether it is more or less."""


def access(
    direction: str,
    says: str,
    field: str = "",
    *,
    then: str = "",
    on: Identity | None = None,
    facts: Mapping[str, int | str | bool] | None = None,
) -> Impact:
    """An impact on access.

    :param direction: :data:`WIDENS`, :data:`NARROWS` or :data:`CHANGES`.
    :param says: who may do what, or no longer.
    :param field: the field that is to blame.
    :param then: what to do about it.
    :param on: the object to which it happens, where that is another one.
    :param facts: what a program would ask for besides ``direction``.
    """
    return Impact(Effect.ACCESS, f"{direction}: {says}", then, field, on, {"direction": direction, **(facts or {})})


Permission = TypeVar("Permission", bound=Hashable)
_MANY = 250_000
"""Comparisons of two permissions that are made at most: beyond, only equal ones are told from each other."""


def beyond(
    these: Iterable[Permission],
    those: Sequence[Permission],
    covers: Callable[[Permission, Permission], bool],
) -> list[Permission]:
    """Those permissions that no single one of others includes.

    :param these: what is allowed.
    :param those: what is allowed elsewhere.
    :param covers: whether the first of two includes all of the second.
    """
    equal = set(those)
    left = [each for each in dict.fromkeys(these) if each not in equal]
    if len(left) * len(equal) > _MANY:
        return left
    return [each for each in left if not any(covers(other, each) for other in equal)]
