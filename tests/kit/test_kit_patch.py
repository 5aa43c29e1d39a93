"""Patches: what a construct does not name, laid over its object by Kubernetes' own list keys."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilothouse_kit.patch import patched

NAMES = st.sampled_from(["containers", "env", "ports", "args", "metadata", "x"])
SCALARS = st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.booleans()
ITEMS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "c"])}, optional={"value": SCALARS, "port": st.integers(1, 3)}
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.lists(ITEMS, max_size=3, unique_by=lambda item: item["name"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
MAPS = st.dictionaries(NAMES, VALUES, max_size=4)


@given(MAPS)
def test_an_empty_patch_changes_nothing(body: dict[str, Any]) -> None:
    assert patched(body, {}) == body


@given(MAPS, MAPS)
def test_a_patch_twice_is_a_patch_once_and_its_arguments_stay(body: dict[str, Any], patch: dict[str, Any]) -> None:
    before = copy.deepcopy((body, patch))
    once = patched(body, patch)
    assert patched(once, patch) == once
    assert (body, patch) == before


@given(MAPS, NAMES)
def test_none_removes(body: dict[str, Any], name: str) -> None:
    assert name not in patched(body, {name: None})
    assert patched({}, {"above": {name: None}}) == {"above": {}}


def test_a_container_is_found_by_its_name_and_a_new_one_is_added() -> None:
    body = {"containers": [{"name": "web", "image": "a", "env": [{"name": "A", "value": "1"}]}]}
    patch = {"containers": [{"name": "web", "env": [{"name": "B", "value": "2"}]}, {"name": "sidecar", "image": "s"}]}
    web, sidecar = patched(body, patch)["containers"]
    assert web == {"name": "web", "image": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    assert sidecar == {"name": "sidecar", "image": "s"}


def test_ports_of_two_protocols_are_two_ports() -> None:
    body = {"ports": [{"port": 53, "protocol": "UDP"}]}
    patch = {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "name": "dns"}]}
    assert patched(body, patch)["ports"] == [
        {"port": 53, "protocol": "UDP", "name": "dns"},
        {"port": 53, "protocol": "TCP"},
    ]


def test_a_list_whose_items_lack_their_key_is_replaced_as_a_whole() -> None:
    below = {"ports": [{"port": 80}]}
    assert patched(below, {"ports": [{"name": "http"}]}) == {"ports": [{"name": "http"}]}


def test_other_lists_are_replaced_as_a_whole() -> None:
    assert patched({"args": ["a", "b"]}, {"args": ["c"]}) == {"args": ["c"]}
