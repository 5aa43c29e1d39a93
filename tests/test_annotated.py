"""Waivers that stand on the object itself."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.annotated import PREFIX, waivers, without
from pilothouse.finding import Position
from pilothouse.manifest import Manifest

KEYS = st.sampled_from([f"{PREFIX}SVC001", f"{PREFIX}", f"{PREFIX}nope", "a", "waive.pilothouse.dev", "configmap/x"])
ANYTHING = st.none() | st.integers() | st.text(max_size=3)
BODIES = st.fixed_dictionaries(
    {"kind": st.just("Pod")},
    optional={
        "metadata": ANYTHING
        | st.fixed_dictionaries(
            {"name": ANYTHING},
            optional={"annotations": ANYTHING | st.dictionaries(KEYS, ANYTHING, max_size=4), "labels": ANYTHING},
        )
    },
)


@given(BODIES)
def test_taking_waivers_out_leaves_everything_else(body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    left = without(body)
    assert body == before
    assert list(waivers(Manifest(left, Position("a.yaml", 1)))) == []
    found = [waiver.code for waiver in waivers(Manifest(body, Position("a.yaml", 1)))]
    if not found:
        assert left is body
        return
    kept = {key: value for key, value in body["metadata"]["annotations"].items() if not key.startswith(PREFIX)}
    assert found == [key.removeprefix(PREFIX) for key in body["metadata"]["annotations"] if key not in kept]
    assert left["metadata"] == (
        {**body["metadata"], "annotations": kept}
        if kept
        else {key: value for key, value in body["metadata"].items() if key != "annotations"}
    )


def test_a_reason_that_is_no_text_is_none() -> None:
    body = {"kind": "Pod", "metadata": {"name": "a", "annotations": {f"{PREFIX}SVC001": True}}}
    (waiver,) = waivers(Manifest(body, Position("a.yaml", 1)))
    assert (waiver.reason, waiver.object) == ("", "Pod a")
