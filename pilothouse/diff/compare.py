"""Compare: the fields in which two states of an object differ, as the API server reads them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pilothouse.diff.change import FieldChange, Item, Path
from pilothouse.diff.defaults import Defaults, of_kind
from pilothouse.diff.normal import same_scalar
from pilothouse.fieldpath import FieldPath
from pilothouse.manifest import Body
from pilothouse.pods import template_path
from pilothouse.schemas import Catalogue, tree
from pilothouse.schemas.kinds import Schema

_UNSET = msgspec.UNSET
_encode = msgspec.msgpack.Encoder().encode
_SERVERS_OWN = ("status",)
"""Fields that the cluster writes, whatever is applied."""
_ORDERED = frozenset({"initContainers", "env"})
"""Lists with keys whose order counts wherever they stand: init containers run one after the other, and a variable may
be made of those before it. Below a workload's pod template that of every list does: in another order it is another
template to the controllers, and the pods are replaced. Seen on a cluster."""


def compare(before: Body, after: Body, catalogue: Catalogue) -> list[FieldChange]:
    """Every field that differs between two states of one object.

    Equal are: quantities of one amount, a missing field and its default, ``null`` and nothing, the order of keys, and
    the order of a list's items where Kubernetes tells them apart by keys.

    :param before: as it was.
    :param after: as it is.
    :param catalogue: the kinds of the cluster that it is for.
    :returns: in the order of the fields as they were, then of new ones.
    """
    if before == after and _encode(before) == _encode(after):
        return []
    api_version, kind = str(after.get("apiVersion", "")), str(after.get("kind", ""))
    known = catalogue.kind(api_version, kind) is not None
    schema = catalogue.schema(api_version, kind) if known else {}
    look = _Look(schema.get("$defs", {}))
    node = tree.resolve(schema, look.definitions) if schema else None
    before, after = ({key: value for key, value in each.items() if key not in _SERVERS_OWN} for each in (before, after))
    look.template = template_path(after) or None
    return list(look.maps(before, after, node, of_kind(api_version.rpartition("/")[0], kind), ()))


class _Look:
    """One look at two states.

    :param definitions: the schema's ``$defs``.
    """

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions
        self.template: FieldPath | None = None
        """Where the object's pod template stands; None where it has none."""

    def maps(
        self, before: Body, after: Body, node: Schema | None, defaults: Defaults | None, path: Path
    ) -> Iterator[FieldChange]:
        """What differs between two maps."""
        for key in [*before, *(key for key in after if key not in before)]:
            below = self._step(node, key)
            default = defaults.step(key) if defaults is not None else None
            yield from self.values(before.get(key), after.get(key), below, default, (*path, key))

    def values(
        self, before: Any, after: Any, node: Schema | None, defaults: Defaults | None, path: Path
    ) -> Iterator[FieldChange]:
        """What differs between two values; None stands for nothing."""
        if before is None or after is None:
            if before is None and after is None:
                return
            default = self._default(node, defaults)
            if default is None or type(default) is not type(before if after is None else after):
                yield FieldChange(path, _UNSET if before is None else before, _UNSET if after is None else after)
                return
            there = default if before is None else before, default if after is None else after
            if next(self.values(*there, node, defaults, path), None) is not None:
                yield FieldChange(path, _UNSET if before is None else before, _UNSET if after is None else after)
        elif isinstance(before, dict) and isinstance(after, dict):
            yield from self.maps(before, after, node, defaults, path)
        elif isinstance(before, list) and isinstance(after, list):
            yield from self._lists(before, after, node, defaults, path)
        elif not same_scalar(before, after, node):
            yield FieldChange(path, before, after)

    def _step(self, node: Schema | None, key: str | int) -> Schema | None:
        return tree.step(node, key, self.definitions) if node is not None else None

    @staticmethod
    def _default(node: Schema | None, defaults: Defaults | None) -> Any:
        if defaults is not None and defaults.value is not None:
            return defaults.value
        return node.get("default") if node is not None else None

    def _lists(
        self, before: list[Any], after: list[Any], node: Schema | None, defaults: Defaults | None, path: Path
    ) -> Iterator[FieldChange]:
        item = self._step(node, 0)
        below = defaults.step(0) if defaults is not None else None
        keys = tree.list_keys(node) if node is not None else None
        was = _keyed(before, keys, below) if keys is not None else None
        now = _keyed(after, keys, below) if keys is not None else None
        if was is None or now is None:
            yield from self._aligned(before, after, item, below, path)
            return
        for key in [*was, *(key for key in now if key not in was)]:
            yield from self.values(was.get(key), now.get(key), item, below, (*path, key))
        if path[-1] in _ORDERED or (self.template is not None and path[: len(self.template)] == self.template):
            old, new = [key for key in was if key in now], [key for key in now if key in was]
            if old != new:
                yield FieldChange(path, [str(key) for key in was], [str(key) for key in now], order=True)

    def _aligned(
        self, before: list[Any], after: list[Any], item: Schema | None, defaults: Defaults | None, path: Path
    ) -> Iterator[FieldChange]:
        """What differs between two lists without keys: their items as they follow each other."""
        for old, new in _pairs(before, after):
            if old is None:
                assert new is not None
                yield FieldChange((*path, new), after=after[new])
            elif new is None:
                yield FieldChange((*path, old), before=before[old])
            elif before[old] is None or after[new] is None:
                if before[old] is not after[new]:
                    yield FieldChange((*path, old), before[old], after[new])
            else:
                yield from self.values(before[old], after[new], item, defaults, (*path, old))


def _keyed(items: list[Any], keys: tuple[str, ...] | None, defaults: Defaults | None) -> dict[Item, Any] | None:
    """The items under their keys; None where one has none, or two have the same."""
    found: dict[Item, Any] = {}
    for item in items:
        if not keys:
            values: list[tuple[str, Any]] = [("", item)]
        elif isinstance(item, dict):
            values = [(key, item.get(key, _default_key(key, defaults))) for key in keys]
        else:
            return None
        if any(isinstance(value, dict | list) for _, value in values):
            return None
        name = Item(tuple((key, value) for key, value in values if value is not None))
        if not name.keys or name in found:
            return None
        found[name] = item
    return found


def _default_key(key: str, defaults: Defaults | None) -> Any:
    below = defaults.step(key) if defaults is not None else None
    return below.value if below is not None else None


def _pairs(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Which item of one list became which of another, as indices; None on one side where it is gone, or new."""
    old, new = [_encode(each) for each in before], [_encode(each) for each in after]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, last - first)
        for offset in range(paired):
            yield start + offset, first + offset
        for index in range(start + paired, end):
            yield index, None
        for index in range(first + paired, last):
            yield None, index
