"""An outline is all that the checks of a whole stack read."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse import judged
from pilothouse.checks import Check, catalogue, check_stack
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.stack import Stack
from tests.checks.test_checks_robust import examples as objects
from tests.checks.test_checks_robust import places
from tests.checks.test_pages import examples, judge_one

OF_STACKS = [check for check in catalogue().values() if check.on_stack is not None]


def with_images(manifest: Manifest, image: str) -> int:
    """Give every container another image, but those of a name that means something: how many there are."""
    template = template_of(manifest)
    containers = template.containers("containers", "initContainers", "ephemeralContainers") if template else []
    changed = [
        each for _, each in containers if isinstance(each.get("image"), str) and each["image"] not in ("", "auto")
    ]
    for container in changed:
        container["image"] = image
    return len(changed)


@pytest.mark.parametrize("check", OF_STACKS, ids=lambda check: check.code)
def test_no_check_of_a_whole_stack_asks_which_image_a_container_runs(check: Check) -> None:
    version, files = examples(check)["bad"]
    folders = {name.rpartition("/")[0] for name in files}
    for folder in folders:
        inside = {name: text for name, text in files.items() if name.rpartition("/")[0] == folder}
        _, stack = judge_one(version, folder, inside)
        before = check_stack(stack)
        for manifest in stack:
            with_images(manifest, "registry.example.com/team/other:0.0.1-rc.1")
        assert check_stack(Stack(stack.environment, stack.catalogue, stack.manifests, stack.machine_files)) == before


def outline(body: dict[str, Any]) -> str:
    manifest = Manifest(body, Position("charts/web.py", 3))
    before = copy.deepcopy(body)
    found = judged.outline([manifest], [manifest.packed()])
    assert body == before
    return found


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_whatever_else_changes_is_seen(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(objects())))
    before = outline(body)
    if with_images(Manifest(body, Position("charts/web.py", 3)), "other:1"):
        assert outline(body) == before
    inside = [
        (holder, key) for holder, key in places(body, []) if not isinstance(holder[key], dict | list) and key != "image"
    ]
    holder, key = data.draw(st.sampled_from(inside))
    holder[key] = f"{holder[key]} changed"
    assert outline(body) != before


def test_another_line_is_another_outline() -> None:
    body = objects()[0]
    first, second = (Manifest(body, Position("charts/web.py", line)) for line in (3, 4))
    assert judged.outline([first], [first.packed()]) != judged.outline([second], [second.packed()])
