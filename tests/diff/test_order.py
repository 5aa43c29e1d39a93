"""The order in which changes reach the cluster: what others need first, what goes last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.derive.order import in_apply_order, rank
from pilothouse.diff.order import apply_order
from pilothouse.diff.stacks import compare_all
from pilothouse.stack import Stack
from tests.diff.foreseen import bodies, changes, stack

KINDS = {
    "Namespace": "v1",
    "ConfigMap": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "Ingress": "networking.k8s.io/v1",
    "Widget": "example.com/v1",
}


def objects(*names: str, value: int = 1) -> str:
    return "".join(
        f"apiVersion: {KINDS[name]}\nkind: {name}\nmetadata: {{name: a}}\nspec: {{a: {value}}}\n---\n" for name in names
    )


def order(before: str, after: str) -> list[str]:
    return [each.kind for each in apply_order(changes(before, after))]


def test_what_comes_is_applied_in_the_order_of_the_kustomizations() -> None:
    assert order("", objects(*reversed(KINDS))) == [
        "Namespace",
        "ConfigMap",
        "Service",
        "Deployment",
        "Ingress",
        "Widget",
    ]


def test_what_goes_is_pruned_last_and_the_other_way_round() -> None:
    before, after = (
        objects("Namespace", "Service", "Deployment", "Ingress"),
        objects("ConfigMap", "Deployment", value=2),
    )
    assert order(before, after) == ["ConfigMap", "Deployment", "Ingress", "Service", "Namespace"]


def test_each_environment_has_its_own_places() -> None:
    one = stack(bodies(objects("Deployment")))
    two = stack(bodies(objects("Deployment", value=2)))
    more = stack(bodies(objects("Deployment", value=2) + objects("Namespace", "Service")))
    changed = compare_all({"dev": one, "prod": one}, {"dev": two, "prod": more}, _nothing)
    assert [(each.change.identity.kind, each.environments, each.order) for each in changed] == [
        ("Deployment", ("dev", "prod"), (1, 3)),
        ("Namespace", ("prod",), (1,)),
        ("Service", ("prod",), (2,)),
    ]


def _nothing(name: str) -> Stack:
    raise AssertionError(name)


@given(st.sets(st.sampled_from(list(KINDS))), st.sets(st.sampled_from(list(KINDS))))
def test_every_change_has_one_place(before: set[str], after: set[str]) -> None:
    found = changes(objects(*before), objects(*after, value=2))
    placed = apply_order(found)
    assert sorted(placed) == sorted(each.identity for each in found)
    applied = [each for each in placed if each.kind in after]
    assert placed[: len(applied)] == applied
    assert applied == [each.identity for each in in_apply_order(stack(bodies(objects(*after, value=2))))]
    ranks = [rank(each.group, each.kind) for each in placed[len(applied) :]]
    assert ranks == sorted(ranks, reverse=True)
