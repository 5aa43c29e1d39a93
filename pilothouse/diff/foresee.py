"""Foresee: what the changes between two states do in the cluster, each judged by all who know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.immutable import refused
from pilothouse.diff.impact import ORDER, Impact
from pilothouse.diff.impacts.access import access
from pilothouse.diff.impacts.traffic import traffic
from pilothouse.manifest import Identity
from pilothouse.stack import Stack


class Between(NamedTuple):
    """Two states of one environment, and what differs."""

    before: Stack
    after: Stack
    changes: Mapping[Identity, ObjectChange]


Judge = Callable[[ObjectChange, Between], Iterable[Impact]]
JUDGES: tuple[Judge, ...] = (
    lambda change, between: refused(change, between.after.catalogue),
    access,
    traffic,
)
"""All who say what a change does, each of one object."""


def foresee(changes: Sequence[ObjectChange], before: Stack, after: Stack) -> list[ObjectChange]:
    """The changes, each with what it does in the cluster.

    :param changes: all objects that differ.
    :param before: all objects as they were.
    :param after: all objects as they are.
    """
    between = Between(before, after, {change.identity: change for change in changes})
    return [
        change._replace(
            impacts=sorted(
                (impact for judge in JUDGES for impact in judge(change, between)), key=lambda each: ORDER[each.effect]
            )
        )
        for change in changes
    ]
