"""An object as it will be, from what it was and what differs: the way back from a diff."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from pilothouse.diff.change import FieldChange, Item, Step
from pilothouse.manifest import Body


def apply(body: Body, changes: Sequence[FieldChange]) -> Body:
    """What an object becomes.

    :param body: as it was; it stays as it is.
    :param changes: what :func:`pilothouse.diff.compare.compare` found from it to another.
    :returns: one that says the same as that other: of lists with keys, items may stand in another order.
    :raises ValueError: a change is about a field that the object does not have.
    """
    result: Body = copy.deepcopy(body)
    _apply(result, [(change.path, change) for change in changes])
    return result


_Pending = list[tuple[tuple[Step, ...], FieldChange]]


def _apply(at: Any, pending: _Pending) -> Any:
    """Apply changes below one value, and return it."""
    here = [change for path, change in pending if not path]
    if here:
        return _ordered(at, here[-1]) if here[-1].order else here[-1].after
    steps: dict[Step, _Pending] = {}
    for path, change in pending:
        steps.setdefault(path[0], []).append((path[1:], change))
    if isinstance(at, dict):
        for step, below in steps.items():
            _in_map(at, str(step), below)
        return at
    if not isinstance(at, list):
        raise ValueError(f"there is nothing to change below {at!r}")
    _in_list(at, steps)
    return at


def _in_map(at: dict[str, Any], key: str, below: _Pending) -> None:
    direct = [change for path, change in below if not path]
    if direct and direct[0].removed:
        at.pop(key, None)
        return
    inner = [(path, change) for path, change in below if path or not change.order]
    order = [change for path, change in below if not path and change.order]
    if inner:
        at[key] = _apply(at.get(key), inner)
    for change in order:
        at[key] = _ordered(at[key], change)


def _in_list(at: list[Any], steps: dict[Step, _Pending]) -> None:
    gone: set[int] = set()
    added: list[tuple[int, Any]] = []
    last: list[Any] = []
    for step, below in steps.items():
        for path, change in below:
            if isinstance(step, Item):
                continue
            if not path and change.added:
                added.append((int(step), change.after))
            elif not path and change.removed:
                gone.add(int(step))
        rest = [each for each in below if each[0] or not (each[1].added or each[1].removed)]
        if isinstance(step, Item):
            _in_keyed(at, step, below, gone, last)
        elif rest:
            at[int(step)] = _apply(at[int(step)], rest)
    at[:] = [item for index, item in enumerate(at) if index not in gone]
    for index, item in sorted(added, key=lambda each: each[0]):
        at.insert(index, item)
    at.extend(last)


def _in_keyed(at: list[Any], step: Item, below: _Pending, gone: set[int], last: list[Any]) -> None:
    place = next((index for index, item in enumerate(at) if _is(item, step)), None)
    if not below[0][0] and below[0][1].added:
        last.append(below[0][1].after)
    elif place is None:
        raise ValueError(f"there is no item {step}")
    elif not below[0][0] and below[0][1].removed:
        gone.add(place)
    else:
        at[place] = _apply(at[place], below)


_DEFAULT_KEYS = {"protocol": "TCP"}


def _is(item: Any, step: Item) -> bool:
    """Whether an item is the one that is meant."""
    if step.keys[0][0] == "":
        return bool(item == step.keys[0][1])
    return isinstance(item, dict) and all(item.get(key, _DEFAULT_KEYS.get(key)) == value for key, value in step.keys)


_KEYS = (
    ("name",),
    ("containerPort", "protocol"),
    ("mountPath",),
    ("devicePath",),
    ("ip",),
    ("conditionType",),
    ("topologyKey", "whenUnsatisfiable"),
)


def _ordered(at: list[Any], change: FieldChange) -> list[Any]:
    """A list with keys in the order that a change says."""
    places = {name: number for number, name in enumerate(change.after)}
    for keys in _KEYS:
        named = [_named(item, keys) for item in at]
        if set(named) <= places.keys():
            return [item for _, item in sorted(zip(named, at, strict=True), key=lambda each: places[each[0]])]
    return at


def _named(item: Any, keys: tuple[str, ...]) -> str:
    if not isinstance(item, dict):
        return str(item)
    values = (item.get(key, _DEFAULT_KEYS.get(key)) for key in keys)
    return "/".join(str(value) for value in values if value is not None)
