"""No object of a mesh makes a check raise: the examples of the mesh's own pages, with anything in any place."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse import yamlio
from pilothouse.checks import catalogue, check_object, check_stack
from pilothouse.checks.run import DEFECT
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from tests.checks.test_checks_robust import JUNK, places

CATALOGUE = Catalogue("1.36")
EXAMPLES = re.compile(r"^```yaml (?:bad|good)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def examples() -> list[list[dict[str, Any]]]:
    """The objects of each example."""
    pages = [check.page for check in catalogue().values() if check.family.startswith("mesh_")]
    texts = [text for page in pages for text in EXAMPLES.findall(page)]
    return [[document.value for document in yamlio.load_all(text.encode(), file="a.yaml")] for text in texts]


@st.composite
def mutated(draw: st.DrawFn) -> list[dict[str, Any]]:
    bodies = [copy.deepcopy(body) for _ in range(2) for body in draw(st.sampled_from(examples()))]
    for body in bodies:
        for _ in range(draw(st.integers(0, 3))):
            inside = [each for each in places(body, []) if each[0] is not body and each[1] != "name"]
            holder, key = inside[draw(st.integers(0, len(inside) - 1))] if inside else ({}, "")
            if inside and (draw(st.booleans()) or not isinstance(holder, dict)):
                holder[key] = copy.deepcopy(draw(JUNK))
            elif inside:
                del holder[key]
        if not isinstance(body.get("metadata"), dict) or not isinstance(body["metadata"].get("name"), str):
            body["metadata"] = {"name": "a"}
    return bodies


@given(mutated())
@settings(deadline=None, max_examples=400)
def test_no_check_raises(bodies: list[dict[str, Any]]) -> None:
    manifests = [Manifest(body, Position(file="a.yaml", line=1)) for body in bodies]
    stack = Stack(somebodys("1.36"), CATALOGUE, [manifest for manifest in manifests if manifest.is_object])
    found = [finding for manifest in stack for finding in check_object(manifest, stack)] + check_stack(stack)
    assert [finding.message for finding in found if finding.code == DEFECT] == []
