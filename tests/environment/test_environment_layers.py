from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pilothouse.environment.layers import Items, Map, Node, as_written, idle_nulls, lay_over, place, plain, tree
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position


class File(msgspec.Struct, frozen=True):
    """A file that remembers what stands where: its position's file is its name and the path asked for."""

    name: str
    value: Any

    def position(self, path: FieldPath, *, key: bool = False) -> Position:
        value = self.value
        for step in path:
            value = value[step]
        return Position(f"{self.name}{path!r}", 2 if key else 1)


_KEYS = st.sampled_from("abcd")
_SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y", ""])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=8
)
_MAPS = st.dictionaries(_KEYS, _VALUES, max_size=4)


def _tree(name: str, value: Any) -> Node:
    return tree(value, File(name, value))


def _flat(node: Node) -> Any:
    """Everything there is to a tree: order, nulls, places and where merging stops."""
    if isinstance(node, Map):
        return ("map", node.alone, node.key, [(name, _flat(child)) for name, child in node.entries.items()])
    if isinstance(node, Items):
        return ("list", node.key, [_flat(item) for item in node.items])
    return ("scalar", node.value, node.at)


@given(_MAPS, _MAPS, _MAPS)
@example({"a": None}, {"a": {"x": 1}}, {"a": {"y": 2}})
@example({"a": {"x": 1}}, {"a": None}, {"a": {"y": 2}})
@example({"a": {"x": 1}}, {"a": 1}, {"a": {"y": None}})
@settings(deadline=None, max_examples=300)
def test_merging_is_associative(one: Any, two: Any, three: Any) -> None:
    low, middle, high = _tree("low", one), _tree("middle", two), _tree("high", three)
    assert _flat(lay_over(high, lay_over(middle, low))) == _flat(lay_over(lay_over(high, middle), low))


@given(_MAPS)
@settings(deadline=None)
def test_an_empty_map_over_or_under_a_map_changes_no_value(value: Any) -> None:
    node, empty = _tree("a", value), _tree("empty", {})
    assert as_written(lay_over(empty, node)) == as_written(lay_over(node, empty)) == as_written(node)


@given(_MAPS, _MAPS)
@settings(deadline=None)
def test_merging_changes_neither_side(one: Any, two: Any) -> None:
    low, high = _tree("low", one), _tree("high", two)
    before = _flat(low), _flat(high)
    lay_over(high, low)
    assert (_flat(low), _flat(high)) == before


def _merged(upper: Any, lower: Any) -> Any:
    """The rule in its plainest words, for two files: lower has no null left."""
    if not isinstance(upper, dict):
        return upper
    result = dict(lower) if isinstance(lower, dict) else {}
    for name, value in upper.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(value, result.get(name))
    return result


@given(_MAPS, _MAPS)
@settings(deadline=None)
def test_maps_merge_others_replace_and_null_removes(upper: Any, lower: Any) -> None:
    settled = plain(_tree("low", lower))
    assert plain(lay_over(_tree("high", upper), _tree("low", lower))) == _merged(upper, settled)


def _walk(value: Any, path: FieldPath = ()) -> Any:
    yield path, value
    if isinstance(value, dict | list):
        for step, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _walk(child, (*path, step))


@given(_MAPS, _MAPS, _MAPS)
@settings(deadline=None)
def test_every_value_knows_the_file_that_set_it(one: Any, two: Any, three: Any) -> None:
    sources = {"low": one, "middle": two, "high": three}
    low, middle, high = (_tree(name, value) for name, value in sources.items())
    merged = lay_over(high, lay_over(middle, low))
    for path, value in _walk(plain(merged)):
        position = place(merged, path)
        name = next(name for name in sources if position.file == f"{name}{path!r}")
        there = sources[name]
        for step in path:
            there = there[step]
        if isinstance(value, dict):
            assert isinstance(there, dict)
            # No file above mentions it: the place is the topmost one.
            above = list(sources)[list(sources).index(name) + 1 :]
            assert not any(_mentions(sources[other], path) for other in above)
        else:
            assert there == value


def _mentions(value: Any, path: FieldPath) -> bool:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return isinstance(value, dict)


@given(_MAPS, _MAPS)
@settings(deadline=None)
def test_idle_nulls_are_those_without_which_nothing_would_change(upper: Any, lower: Any) -> None:
    high, low = _tree("high", upper), _tree("low", lower)
    assert isinstance(high, Map)
    idle = {path for path, _ in idle_nulls(high, low)}
    settled = plain(low)
    for path, value in _walk(upper):
        if value is not None or any(isinstance(step, int) for step in path):
            continue
        inherited = settled
        for step in path:
            inherited = inherited.get(step) if isinstance(inherited, dict) else None
        assert (path in idle) == (inherited is None)


def test_a_map_over_a_removed_map_inherits_nothing() -> None:
    low, middle, high = _tree("low", {"a": {"x": 1}}), _tree("middle", {"a": None}), _tree("high", {"a": {"y": 2}})
    assert plain(lay_over(lay_over(high, middle), low)) == {"a": {"y": 2}}


def test_what_was_cut_off_stays_cut_off_under_further_layers() -> None:
    layers = [{"a": {"x": 1}}, {"a": None}, {"a": {"y": 2}}, {"a": {"z": 3}}]
    low, *rest = [_tree(str(number), value) for number, value in enumerate(layers)]
    upper = rest[0]
    for node in rest[1:]:
        upper = lay_over(node, upper)
    assert plain(lay_over(upper, low)) == {"a": {"y": 2, "z": 3}}


def test_a_list_replaces_a_list_and_keeps_its_nulls() -> None:
    merged = lay_over(_tree("high", {"a": [{"b": None}, None]}), _tree("low", {"a": [1, 2, 3]}))
    assert plain(merged) == {"a": [{"b": None}, None]}
