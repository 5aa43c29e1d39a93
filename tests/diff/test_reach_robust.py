"""No object makes a judge raise, whatever anyone may have written in it, before or after."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.access import JUDGES as ACCESS
from pilothouse.diff.impacts.traffic import JUDGES as TRAFFIC
from pilothouse.diff.stacks import compare_stacks
from pilothouse.manifest import Identity
from tests.checks.test_checks_robust import JUNK as ANYONES
from tests.checks.test_checks_robust import examples, places
from tests.diff import test_access, test_traffic
from tests.diff.foreseen import bodies, stack

JUNK = ANYONES | st.sampled_from(["a\nb", "\x1b[31m", "a: b", 2**63, 1e300, ["*"], {"*": "*"}])


@cache
def objects() -> list[dict[str, Any]]:
    """Objects of every kind that a judge of access or traffic looks at."""
    found = [body for body in examples() if _kind(body) in ACCESS.keys() | TRAFFIC.keys()]
    for module in (test_access, test_traffic):
        for name, test in vars(module).items():
            marks = getattr(test, "pytestmark", ()) if name.startswith("test_") else ()
            for mark in marks:
                found += [body for row in mark.args[1] for text in row[:2] for body in _read(text)]
    return found


def _read(text: Any) -> list[dict[str, Any]]:
    return bodies(text) if isinstance(text, str) and "kind:" in text else []


def _kind(body: dict[str, Any]) -> tuple[str, str]:
    return str(body.get("apiVersion", "")).rpartition("/")[0], str(body.get("kind"))


def test_there_is_an_object_of_every_kind_that_is_judged() -> None:
    there = {_kind(body) for body in objects()}
    missing = {kind for _, kind in ACCESS.keys() | TRAFFIC.keys() - there if _ not in ("", "apps")} - {
        each for _, each in there
    }
    assert missing <= {"Rollout", "TLSRoute", "TCPRoute", "UDPRoute"}


@st.composite
def states(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Some objects, and the same with fields changed or gone, on either side."""
    chosen = draw(st.lists(st.sampled_from(objects()), min_size=1, max_size=5))
    sides = []
    for _ in range(2):
        side = [copy.deepcopy(body) for body in chosen]
        for body in side:
            for _ in range(draw(st.integers(0, 3))):
                inside = [each for each in places(body, []) if each[0] is not body and each[1] != "name"]
                if not inside:
                    break
                holder, key = draw(st.sampled_from(inside))
                if draw(st.booleans()):
                    holder[key] = copy.deepcopy(draw(JUNK))
                elif isinstance(holder, dict):
                    del holder[key]
        kept = [body for body in side if isinstance(body.get("metadata"), dict) and draw(st.integers(0, 9))]
        sides.append([body for body in kept if isinstance(body["metadata"].get("name"), str)])
    return sides[0], sides[1]


@given(states())
@settings(deadline=None, max_examples=1500)
def test_no_judge_raises_and_what_it_says_is_one_line_of_plain_facts(
    both: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    before, after = both
    for change in compare_stacks(stack(before), stack(after)):
        for impact in change.impacts:
            _is_told(impact)


def _is_told(impact: Impact) -> None:
    assert impact.says and "\n" not in impact.says and not impact.says.endswith(".")
    assert impact.on is None or isinstance(impact.on, Identity)
    assert all(isinstance(fact, int | str) for fact in impact.facts.values())
    json.dumps(dict(impact.facts))
    if impact.effect is Effect.ACCESS:
        assert impact.facts["direction"] in ("widens", "narrows", "changes")


@given(states())
@settings(deadline=None, max_examples=300)
def test_nothing_is_foretold_of_what_does_not_change(
    both: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    before, _ = both
    assert compare_stacks(stack(before), stack(copy.deepcopy(before))) == []
