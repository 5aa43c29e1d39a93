"""Foresee: what the changes between two states do in the cluster, each judged by all who know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.immutable import refused
from pilothouse.diff.impact import ORDER, Impact
from pilothouse.diff.impacts.access import access
from pilothouse.diff.impacts.breaks import breaks
from pilothouse.diff.impacts.data import data
from pilothouse.diff.impacts.nothing import nothing
from pilothouse.diff.impacts.renames import renames
from pilothouse.diff.impacts.rolls import rolls
from pilothouse.diff.impacts.scales import scales
from pilothouse.diff.impacts.stale import stale
from pilothouse.diff.impacts.traffic import traffic
from pilothouse.diff.impacts.words import printable
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
    data,
    breaks,
    scales,
    rolls,
    stale,
    renames,
    access,
    traffic,
)
"""All who say what a change does, each of one object; where none does, nothing may come of it for certain."""


def foresee(changes: Sequence[ObjectChange], before: Stack, after: Stack) -> list[ObjectChange]:
    """The changes, each with what it does in the cluster.

    :param changes: all objects that differ.
    :param before: all objects as they were.
    :param after: all objects as they are.
    """
    between = Between(before, after, {change.identity: change for change in changes})
    return [change._replace(impacts=_impacts(change, between)) for change in changes]


def _impacts(change: ObjectChange, between: Between) -> list[Impact]:
    found = [impact for judge in JUDGES for impact in judge(change, between)] or list(nothing(change, between))
    told = (each._replace(says=printable(each.says), then=printable(each.then)) for each in found)
    return sorted(told, key=lambda each: ORDER[each.effect])
