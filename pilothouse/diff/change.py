"""Change: what differs between two states of an object, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from pilothouse.diff.impact import Impact
from pilothouse.fieldpath import format_path
from pilothouse.manifest import Identity, Manifest


class Item(NamedTuple):
    """An item of a list whose items have keys, as Kubernetes tells them apart."""

    keys: tuple[tuple[str, Any], ...]
    """The names and values of its keys; of an item of a set, its value under the empty name."""

    def __str__(self) -> str:
        return "/".join(str(value) for _, value in self.keys)


Step = str | int | Item
"""A key of a map, an index of a list without keys, or an item of a list with keys.

An index counts from 0 in the list as it was; that of an item which is added, in the list as it is."""


Path = tuple[Step, ...]


def written(path: Path) -> str:
    """A path as one word: ``spec.template.spec.containers[web].image``."""
    parts: list[str] = []
    plain: list[str | int] = []
    for step in path:
        if isinstance(step, Item):
            parts.append(_joined(parts, plain) + f"[{step}]")
            plain = []
        else:
            plain.append(step)
    return "".join([*parts, _joined(parts, plain)])


def _joined(before: Sequence[str], steps: Sequence[str | int]) -> str:
    word = format_path(steps)
    return f".{word}" if before and word and not word.startswith("[") else word


class FieldChange(NamedTuple):
    """One field that differs."""

    path: Path
    before: Any = msgspec.UNSET
    """As it was; unset where it was not there."""
    after: Any = msgspec.UNSET
    """As it is; unset where it is not there."""
    order: bool = False
    """Whether only the order of a list's items differs: ``before`` and ``after`` are the items' keys then."""

    @property
    def field(self) -> str:
        """The path as one word: ``spec.template.spec.containers[web].image``."""
        return written(self.path)

    @property
    def added(self) -> bool:
        """Whether the field is new."""
        return self.before is msgspec.UNSET

    @property
    def removed(self) -> bool:
        """Whether the field is gone."""
        return self.after is msgspec.UNSET


class ObjectChange(NamedTuple):
    """One object that differs."""

    identity: Identity
    before: Manifest | None
    """As it was; None where it is new."""
    after: Manifest | None
    """As it is; None where it is gone."""
    fields: Sequence[FieldChange] = ()
    """What differs, where it was and is."""
    impacts: Sequence[Impact] = ()
    """What it does in the cluster, the gravest first."""

    @property
    def manifest(self) -> Manifest:
        """The object as it is, or was."""
        found = self.after or self.before
        assert found is not None
        return found
