"""No change makes a judge raise, whatever anyone has written; and where nothing changes, nothing is said."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.diff.impact import ORDER
from pilothouse.diff.stacks import compare_stacks
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack
from tests.checks.test_checks_robust import JUNK, examples, places
from tests.diff.impacts_of import OURS, stack

Bodies = list[dict[str, Any]]


def changed(draw: Callable[[Any], Any], body: dict[str, Any]) -> None:
    """Change one place below an object: what its name is stays, but for another name."""
    inside = [(holder, key) for holder, key in places(body, []) if holder is not body or key in ("spec", "data")]
    if not inside:
        return
    holder, key = inside[draw(st.integers(0, len(inside) - 1))]
    match draw(st.sampled_from(("junk", "less", "name"))):
        case "junk":
            holder[key] = copy.deepcopy(draw(JUNK))
        case "less" if isinstance(holder, dict):
            del holder[key]
        case "name" if isinstance(body.get("metadata"), dict):
            body["metadata"]["name"] = draw(st.sampled_from(("a", "b", "web-4f6a8")))


def sound(bodies: Bodies) -> Bodies:
    stacked = stack(bodies)
    return [manifest.body for manifest in stacked if manifest.is_object]


@st.composite
def sides(draw: st.DrawFn) -> tuple[Bodies, Bodies]:
    """Some objects, and what became of them."""
    before = [copy.deepcopy(draw(st.sampled_from(examples()))) for _ in range(draw(st.integers(1, 6)))]
    for body in before:
        for _ in range(draw(st.integers(0, 2))):
            changed(draw, body)
    after = copy.deepcopy(before)
    for body in after:
        for _ in range(draw(st.integers(0, 2))):
            changed(draw, body)
    return sound(before), sound(after[draw(st.integers(0, 2)) :])


@given(sides())
@settings(deadline=None, max_examples=1500)
def test_no_judge_raises(bodies: tuple[Bodies, Bodies]) -> None:
    before, after = (stack(each) for each in bodies)
    for change in compare_stacks(before, after):
        assert [ORDER[each.effect] for each in change.impacts] == sorted(ORDER[each.effect] for each in change.impacts)
        for impact in change.impacts:
            assert impact.says and not impact.says.endswith(".")
            assert "\n" not in impact.says


def _whole() -> Stack:
    return stack(examples(), OURS)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_no_judge_raises_of_many_objects_that_refer_to_each_other(data: st.DataObject) -> None:
    number = st.integers(0, len(examples()) - 1)
    after = {place: copy.deepcopy(body) for place, body in enumerate(examples())}
    for place in data.draw(st.lists(number, max_size=6)):
        changed(data.draw, after[place])
    for place in data.draw(st.lists(number, max_size=6)):
        after.pop(place, None)
    compare_stacks(_whole(), stack(sound(list(after.values()))))


@given(st.lists(st.sampled_from(range(len(examples()))), min_size=1, max_size=8))
@settings(deadline=None, max_examples=200)
def test_of_what_stays_nothing_is_said(places_: list[int]) -> None:
    bodies = [examples()[place] for place in places_]
    assert compare_stacks(stack(bodies), stack(copy.deepcopy(bodies))) == []


def test_every_object_that_goes_or_comes_is_judged() -> None:
    """Of everything at once: each kind that is known, deleted and made."""
    nothing: list[Manifest] = []
    whole = _whole()
    assert all(change.after is None for change in compare_stacks(whole, whole.having(nothing)))
    assert all(change.before is None for change in compare_stacks(whole.having(nothing), whole))
