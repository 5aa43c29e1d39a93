"""Patches: what a construct does not name, laid over its object by Kubernetes' own list keys."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse_kit import patch as patch_module

SCALARS = st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.booleans()
NAMES = st.sampled_from(["a", "b", "c"])
ENV = st.lists(
    st.fixed_dictionaries({"name": NAMES, "value": SCALARS}), max_size=3, unique_by=lambda item: item["name"]
)
PORTS = st.lists(
    st.fixed_dictionaries({"containerPort": st.integers(1, 3)}, optional={"protocol": st.sampled_from(["TCP", "UDP"])}),
    max_size=3,
    unique_by=lambda item: (item["containerPort"], item.get("protocol", "TCP")),
)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES}, optional={"env": ENV, "ports": PORTS, "args": st.lists(SCALARS, max_size=2), "tty": SCALARS}
    ),
    max_size=3,
    unique_by=lambda item: item["name"],
)
SPECS = st.fixed_dictionaries({}, optional={"containers": CONTAINERS, "hostNetwork": SCALARS, "nodeName": SCALARS})
LABELS = st.dictionaries(NAMES, SCALARS, max_size=3)


def pod(spec: dict[str, Any], labels: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels or {}}, "spec": spec}


def patched(body: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    return patch_module.patched(body, patch, "1.34")


def laid_over(spec: dict[str, Any], patch: dict[str, Any]) -> Any:
    return patched(pod(spec), {"spec": patch})["spec"]


@given(SPECS, LABELS)
def test_an_empty_patch_changes_nothing(spec: dict[str, Any], labels: dict[str, Any]) -> None:
    assert patched(pod(spec, labels), {}) == pod(spec, labels)


@given(SPECS, SPECS, LABELS)
def test_a_patch_twice_is_a_patch_once_and_its_arguments_stay(
    spec: dict[str, Any], patch: dict[str, Any], labels: dict[str, Any]
) -> None:
    body, laid = pod(spec, labels), {"metadata": {"labels": labels}, "spec": patch}
    before = copy.deepcopy((body, laid))
    once = patched(body, laid)
    assert patched(once, laid) == once
    assert (body, laid) == before


@given(SPECS, SPECS)
def test_every_container_of_either_side_is_there_once(spec: dict[str, Any], patch: dict[str, Any]) -> None:
    names = [container["name"] for container in laid_over(spec, patch).get("containers", [])]
    expected = {container["name"] for side in (spec, patch) for container in side.get("containers", [])}
    assert sorted(names) == sorted(expected)


@given(SPECS, st.sampled_from(["containers", "hostNetwork", "nodeName"]))
def test_none_removes(spec: dict[str, Any], name: str) -> None:
    assert name not in laid_over(spec, {name: None})
    assert laid_over({}, {"securityContext": {name: None}}) == {"securityContext": {}}


def test_a_container_is_found_by_its_name_and_a_new_one_is_added() -> None:
    spec = {"containers": [{"name": "web", "image": "a", "env": [{"name": "A", "value": "1"}]}]}
    patch = {"containers": [{"name": "web", "env": [{"name": "B", "value": "2"}]}, {"name": "sidecar", "image": "s"}]}
    web, sidecar = laid_over(spec, patch)["containers"]
    assert web == {"name": "web", "image": "a", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    assert sidecar == {"name": "sidecar", "image": "s"}


def test_ports_of_two_protocols_are_two_ports() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 53, "protocol": "UDP"}]}}
    patch = {"spec": {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "name": "dns"}]}}
    assert patched(service, patch)["spec"]["ports"] == [
        {"port": 53, "protocol": "UDP", "name": "dns"},
        {"port": 53, "protocol": "TCP"},
    ]


def test_a_list_is_merged_or_replaced_as_its_own_kind_says() -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "spec": {"ingress": [{"ports": [{"port": 80}]}]},
    }
    patch = {"spec": {"ingress": [{"ports": [{"port": 443}]}]}}
    assert patched(policy, patch)["spec"]["ingress"] == [{"ports": [{"port": 443}]}]
    assert laid_over(
        {"containers": [{"name": "a", "args": ["x"]}]}, {"containers": [{"name": "a", "args": ["y"]}]}
    ) == {"containers": [{"name": "a", "args": ["y"]}]}


def test_a_set_is_united() -> None:
    body = pod({}) | {"metadata": {"finalizers": ["example.com/a"]}}
    patch = {"metadata": {"finalizers": ["example.com/b", "example.com/a"]}}
    assert patched(body, patch)["metadata"]["finalizers"] == ["example.com/a", "example.com/b"]


def test_an_item_without_its_key_is_refused_where_it_stands() -> None:
    with pytest.raises(ValueError, match=r"patch: spec\.containers\[0\]\.env: items are found by name"):
        laid_over({"containers": []}, {"containers": [{"name": "a", "env": [{"value": "1"}]}]})
