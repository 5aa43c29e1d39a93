"""Impact: what a change does in the cluster when it is applied."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from pilothouse.manifest import Identity


class Effect(enum.StrEnum):
    """What sort of thing happens; the gravest first."""

    DATA = "data-at-risk"
    """Stored data goes, or may go."""
    REPLACE = "replace"
    """The API server refuses the change: the object can only be replaced."""
    BREAKS = "breaks"
    """Something that stays still needs what goes."""
    ACCESS = "access"
    """Somebody may do or reach more than before, or less."""
    TRAFFIC = "traffic"
    """Requests go elsewhere."""
    SCALES = "scales"
    """There are more pods, or fewer."""
    ROLLS = "rolls"
    """Pods are replaced by new ones."""
    STALE = "stale"
    """Pods go on with what they have read before."""
    RENAMED = "renamed"
    """One object goes, and one that says nearly the same comes."""
    NOTHING = "nothing"
    """No pod, no request and nobody's rights change."""


class Impact(NamedTuple):
    """One thing that happens."""

    effect: Effect
    says: str
    """What happens, as one sentence without a full stop, told of the object that changes."""
    then: str = ""
    """What to do about it, or instead; empty where nothing is to be done."""
    field: str = ""
    """The field that is to blame, as :attr:`pilothouse.diff.change.FieldChange.field` writes it; empty: the whole."""
    on: Identity | None = None
    """The object to which it happens, where that is another than the one that changes."""
    facts: Mapping[str, int | str | bool] = {}
    """What of it a program would ask for, such as the number of pods; by names in camelCase."""


ORDER = {effect: number for number, effect in enumerate(Effect)}
"""Effect -> how grave it is; 0 is the gravest."""
