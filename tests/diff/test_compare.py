"""A difference is what the API server would see: no less, and no more."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilothouse.diff.compare import compare
from pilothouse.schemas import Catalogue
from tests.checks.test_checks_robust import examples as objects
from tests.checks.test_checks_robust import places
from tests.diff.patched import apply

CATALOGUE = Catalogue("1.34")


def deployment(**pod: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "web:1", "ports": [{"containerPort": 8080, "name": "http"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "team": "shop"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container, {"name": "log", "image": "log:1"}], **pod},
            },
        },
    }


def fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{'+' if each.added else '-' if each.removed else '~'} {each.field}"
        for each in compare(before, after, CATALOGUE)
    ]


def changed(body: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """The object with another value somewhere."""
    result = copy.deepcopy(body)
    at = result
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return result


CONTAINERS = ("spec", "template", "spec", "containers")


def test_a_field_is_told_by_the_name_of_its_container() -> None:
    before = deployment()
    after = changed(before, *CONTAINERS, 1, "image", to="log:2")
    assert fields(before, after) == ["~ spec.template.spec.containers[log].image"]


def test_an_insertion_is_one_difference() -> None:
    before = deployment()
    after = copy.deepcopy(before)
    after["spec"]["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "proxy:1"})
    assert fields(before, after) == ["+ spec.template.spec.containers[proxy]"]
    assert fields(after, before) == ["- spec.template.spec.containers[proxy]"]


def test_a_port_is_told_by_number_and_protocol() -> None:
    before = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80, "targetPort": "http"}]},
    }
    after = changed(before, "spec", "ports", to=[{"port": 443}, {"port": 80, "protocol": "TCP", "targetPort": 8080}])
    assert fields(before, after) == ["~ spec.ports[80/TCP].targetPort", "+ spec.ports[443/TCP]"]


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ((*CONTAINERS, 0, "resources"), {"requests": {"cpu": "1000m"}}, {"requests": {"cpu": 1}}),
        ((*CONTAINERS, 0, "resources"), {"limits": {"memory": "0.5Gi"}}, {"limits": {"memory": "512Mi"}}),
        ((*CONTAINERS, 0, "resources"), {}, None),
        (
            (*CONTAINERS, 0, "livenessProbe"),
            {"tcpSocket": {"port": 1}, "periodSeconds": 10},
            {"tcpSocket": {"port": 1}},
        ),
        (("spec", "strategy"), {"type": "RollingUpdate"}, None),
        (("spec", "strategy"), {}, None),
        (("spec", "revisionHistoryLimit"), 10, None),
        (("metadata", "annotations"), {}, None),
        (("status"), {"replicas": 1}, None),
        (("spec", "template", "spec", "dnsPolicy"), "ClusterFirst", None),
        (("spec", "template", "spec", "terminationGracePeriodSeconds"), 30, 30.0),
    ],
    ids=str,
)
def test_what_the_server_takes_for_one_is_no_difference(path: Any, first: Any, second: Any) -> None:
    path = path if isinstance(path, tuple) else (path,)
    one, other = changed(deployment(), *path, to=first), changed(deployment(), *path, to=second)
    assert fields(one, other) == fields(other, one) == []


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        (("spec", "replicas"), 1, True),
        (("spec", "replicas"), 1, "1"),
        (("spec", "revisionHistoryLimit"), 9, None),
        ((*CONTAINERS, 0, "ports"), [{"containerPort": 1}], [{"containerPort": 1, "protocol": "UDP"}]),
        ((*CONTAINERS, 0, "args"), ["1000m"], ["1"]),
        ((*CONTAINERS, 0, "args"), ["a", "b"], ["b", "a"]),
        ((*CONTAINERS, 0, "securityContext"), {}, {"runAsUser": 1}),
    ],
    ids=str,
)
def test_what_means_something_else_is_a_difference(path: Any, first: Any, second: Any) -> None:
    one, other = changed(deployment(), *path, to=first), changed(deployment(), *path, to=second)
    assert fields(one, other) and fields(other, one)


@pytest.mark.parametrize("containers", ["containers", "initContainers"])
def test_the_order_of_a_templates_list_is_a_difference_of_its_own(containers: str) -> None:
    two = [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]
    (told,) = compare(deployment(**{containers: two}), deployment(**{containers: two[::-1]}), CATALOGUE)
    assert (told.field, told.before, told.after, told.order) == (
        f"spec.template.spec.{containers}",
        ["a", "b"],
        ["b", "a"],
        True,
    )


def test_the_order_of_ports_that_no_pods_are_made_of_is_nothing() -> None:
    ports = [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]
    one, other = (
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": each}}
        for each in (ports, ports[::-1])
    )
    assert fields(one, other) == []


def test_routes_without_keys_are_told_by_their_place() -> None:
    def service(*weights: int) -> dict[str, Any]:
        routes = [{"destination": {"host": "web", "subset": f"v{n}"}, "weight": w} for n, w in enumerate(weights)]
        body = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "web"}}
        return {**body, "spec": {"hosts": ["web"], "http": [{"route": routes}]}}

    assert fields(service(90, 10), service(75, 25)) == [
        "~ spec.http[0].route[0].weight",
        "~ spec.http[0].route[1].weight",
    ]


@st.composite
def pair(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object, and the same with some fields changed, added, repeated or gone."""
    before: dict[str, Any] = draw(st.sampled_from(objects()))
    after = copy.deepcopy(before)
    for _ in range(draw(st.integers(0, 4))):
        inside = [(holder, key) for holder, key in places(after, []) if holder is not after]
        if not inside:
            break
        holder, key = draw(st.sampled_from(inside))
        match draw(st.sampled_from(("change", "remove", "repeat", "turn"))):
            case "change":
                holder[key] = draw(st.sampled_from([None, True, 0, 7, "x", "500m", "0.5", [], {}, [1, "a"], {"a": 1}]))
            case "remove":
                del holder[key]
            case "repeat" if isinstance(holder, list):
                holder.insert(draw(st.integers(0, len(holder))), copy.deepcopy(holder[key]))
            case "turn" if isinstance(holder, list):
                holder.reverse()
    return before, after


@given(pair())
@settings(deadline=None, max_examples=1000)
def test_applying_a_diff_to_what_was_gives_what_is(bodies: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = bodies
    kept = copy.deepcopy(before)
    changes = compare(before, after, CATALOGUE)
    made = apply(before, changes)
    assert before == kept
    # Where an item with a key is added among others is not told: an insertion is one difference.
    placed = {each.path[:-1] for each in changes if each.added}
    assert [each for each in compare(made, after, CATALOGUE) if not (each.order and each.path in placed)] == []


@given(st.sampled_from(range(400)), st.randoms())
@settings(deadline=None, max_examples=200)
def test_the_order_of_keys_is_no_difference(number: int, random: Any) -> None:
    body = objects()[number % len(objects())]

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    assert compare(body, shuffled(body), CATALOGUE) == []


@given(pair())
@settings(deadline=None, max_examples=500)
def test_the_way_back_is_as_long(bodies: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = bodies
    assume(after.get("kind") == before.get("kind") and after.get("apiVersion") == before.get("apiVersion"))
    assert bool(compare(before, after, CATALOGUE)) is bool(compare(after, before, CATALOGUE))
