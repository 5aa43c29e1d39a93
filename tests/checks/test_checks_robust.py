"""No object makes a check raise: whatever anyone may have written, in every kind that is known."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse import yamlio
from pilothouse.checks import catalogue, check_object, check_stack
from pilothouse.checks.chosen import field_names
from pilothouse.checks.run import DEFECT
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.36")
JUNK = st.sampled_from(
    [None, True, 0, -1, 2**63, 1.5, "", "a", "Mi", "1/0", [], {}, [None], [[]], {"": None}, {"a": []}]
)


@cache
def examples() -> list[dict[str, Any]]:
    """Good objects: one at least of every kind of the catalogue, and the reference stack's own."""
    root = Path(__file__).parents[2]
    files = [root / "tests" / "schemas" / "valid.yaml", *sorted((root / "dist" / "prod").rglob("*.yaml"))]
    found = [document.value for file in files for document in yamlio.load_all(file.read_bytes(), file=file.name)]
    return [body for body in found if isinstance(body.get("metadata"), dict) and "name" in body["metadata"]]


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every field and item below an object, as what holds it and its key."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found.append((value, key))
        places(inner, found)
    return found


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    body: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(examples())))
    for _ in range(draw(st.integers(0, 3))):
        inside = [(holder, key) for holder, key in places(body, []) if holder is not body and key != "name"]
        if not inside:
            break
        holder, key = inside[draw(st.integers(0, len(inside) - 1))]
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(JUNK))
        elif isinstance(holder, dict):
            del holder[key]
    if not isinstance(body.get("metadata"), dict) or not isinstance(body["metadata"].get("name"), str):
        body["metadata"] = {"name": "a"}
    return body


@given(st.lists(mutated(), min_size=1, max_size=6))
@settings(deadline=None, max_examples=300)
def test_no_check_raises(bodies: list[dict[str, Any]]) -> None:
    manifests = [Manifest(body, Position(file="a.yaml", line=1)) for body in bodies]
    manifests = [manifest for manifest in manifests if manifest.is_object]
    stack = Stack(somebodys("1.36"), CATALOGUE, manifests)
    found = [finding for manifest in manifests for finding in check_object(manifest, stack)] + check_stack(stack)
    assert [finding.message for finding in found if finding.code == DEFECT] == []


@given(mutated())
@settings(deadline=None, max_examples=1000)
def test_a_check_has_nothing_to_say_of_an_object_without_its_fields(body: dict[str, Any]) -> None:
    manifest = Manifest(body, Position(file="a.yaml", line=1))
    stack = Stack(somebodys("1.36"), CATALOGUE, [manifest])
    pods = template_of(manifest)
    missed = []
    for check in catalogue().values():
        if check.fields is None:
            continue
        of_kind = check.kinds is None or (manifest.group, manifest.kind) in check.kinds
        if check.on_object and of_kind and check.fields.isdisjoint(field_names(body)):
            missed += [(check.code, problem.message) for problem in check.on_object(manifest, stack)]
        if check.on_pods and pods is not None and check.fields.isdisjoint(field_names(pods.body)):
            missed += [(check.code, problem.message) for problem in check.on_pods(manifest, pods, stack)]
    assert missed == []
