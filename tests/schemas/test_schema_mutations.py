"""Valid objects pass, in every minor; one wrong field in them is found where it stands, whatever it is."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_objects import catalogue_of, valid_objects

from pilothouse.fieldpath import FieldPath
from pilothouse.schemas import Catalogue, Problem, known_minors, tree

Body = dict[str, Any]
MINOR = "1.36"


def _name(body: Body) -> str:
    return f"{body['kind']}-{body['metadata']['name']}"


@pytest.mark.parametrize("minor", known_minors())
@pytest.mark.parametrize("body", valid_objects(), ids=_name)
def test_what_the_api_server_takes_is_never_refused(minor: str, body: Body) -> None:
    assert catalogue_of(minor).validate(body) == []


def places(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """Every field and element of an object, but its apiVersion, kind and metadata.

    :param value: the object, or a part of it.
    :param path: where the part stands.
    """
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, sub in steps:
        if path or key not in ("apiVersion", "kind", "metadata"):
            yield (*path, key)
            yield from places(sub, (*path, key))


def at(body: Any, path: FieldPath) -> Any:
    """What stands at a path."""
    for key in path:
        body = body[key]
    return body


def changed(body: Body, path: FieldPath, value: Any) -> Body:
    """A copy of an object in which a field has another value."""
    other = copy.deepcopy(body)
    at(other, path[:-1])[path[-1]] = value
    return other


def node(body: Body, path: FieldPath) -> dict[str, Any]:
    """The schema of a field; empty where anything may stand there."""
    return catalogue_of(MINOR).node(body["apiVersion"], body["kind"], path) or {}


def judge(body: Body) -> list[Problem]:
    """The problems of an object."""
    return catalogue_of(MINOR).validate(body)


@st.composite
def spots(draw: st.DrawFn) -> tuple[Body, FieldPath]:
    """A valid object and the path of one of its fields."""
    body = draw(st.sampled_from([body for body in valid_objects() if any(places(body))]))
    return body, draw(st.sampled_from(sorted(places(body), key=str)))


@settings(max_examples=300, deadline=None)
@given(spots(), st.randoms(use_true_random=False))
def test_a_misspelled_field_is_one_problem_at_its_place(spot: tuple[Body, FieldPath], rnd: random.Random) -> None:
    body, path = spot
    field = path[-1]
    parent = node(body, path[:-1])
    if isinstance(field, int) or field not in parent.get("properties", {}) or parent.get("additionalProperties", True):
        return
    place = rnd.randrange(len(field))
    wrong = field[:place] + "x" + field[place:]
    if wrong in parent["properties"]:
        return
    other = copy.deepcopy(body)
    fields = at(other, path[:-1])
    fields[wrong] = fields.pop(field)
    problems = judge(other)
    assert (*path[:-1], wrong) in [problem.path for problem in problems]
    if len(field) > 3:
        assert [problem.path for problem in problems] == [(*path[:-1], wrong)]
        assert f"did you mean {field}?" in problems[0].message


@settings(max_examples=300, deadline=None)
@given(spots())
def test_a_missing_required_field_is_found(spot: tuple[Body, FieldPath]) -> None:
    body, path = spot
    other = copy.deepcopy(body)
    parent = at(other, path[:-1])
    parent.pop(path[-1])
    problems = judge(other)
    if path[-1] in node(body, path[:-1]).get("required", ()):
        assert [problem.path for problem in problems] == [path]
        assert problems[0].message.startswith("missing required field ")
    # One that is optional may still be asked for by a choice between fields, at the object that holds it.
    assert all(problem.path in (path, path[:-1]) or problem.path[:-1] == path[:-1] for problem in problems)


_ODD: list[tuple[str, Any]] = [
    ("string", "odd value"),
    ("integer", 3),
    ("number", 2.5),
    ("boolean", True),
    ("array", []),
    ("object", {}),
]


@settings(max_examples=400, deadline=None)
@given(spots(), st.sampled_from(_ODD))
def test_a_value_of_another_type_is_found(spot: tuple[Body, FieldPath], odd: tuple[str, Any]) -> None:
    body, path = spot
    kind, value = odd
    types = node(body, path).get("type")
    types = [types] if isinstance(types, str) else types
    problems = judge(changed(body, path, value))
    if types and kind not in types and not (kind == "integer" and "number" in types):
        assert [problem.path for problem in problems] == [path]
        assert "expected " in problems[0].message
    assert all(problem.path[: len(path) - 1] == path[:-1] for problem in problems)


@settings(max_examples=200, deadline=None)
@given(spots(), st.sampled_from([-1, 1]), st.integers(1, 10**6))
def test_a_number_out_of_range_is_found(spot: tuple[Body, FieldPath], side: int, beyond: int) -> None:
    body, path = spot
    schema = node(body, path)
    bound = schema.get("minimum" if side < 0 else "maximum")
    if bound is None or "integer" not in schema.get("type", ()):
        return
    problems = judge(changed(body, path, bound + side * beyond))
    assert [problem.path for problem in problems] == [path]


@settings(max_examples=200, deadline=None)
@given(spots(), st.text(max_size=12))
def test_a_value_outside_an_enumeration_is_found(spot: tuple[Body, FieldPath], value: str) -> None:
    body, path = spot
    options = node(body, path).get("enum")
    if not options or value in options:
        return
    problems = judge(changed(body, path, value))
    assert path in [problem.path for problem in problems]


@settings(max_examples=200, deadline=None)
@given(spots())
def test_null_counts_as_absent_where_a_field_is_optional(spot: tuple[Body, FieldPath]) -> None:
    body, path = spot
    if isinstance(path[-1], int):
        return
    dropped = copy.deepcopy(body)
    at(dropped, path[:-1]).pop(path[-1])
    assert [p.path for p in judge(changed(body, path, None))] == [p.path for p in judge(dropped)]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(spots(), _JSON)
def test_any_value_anywhere_gets_an_answer(spot: tuple[Body, FieldPath], value: Any) -> None:
    body, path = spot
    for problem in judge(changed(body, path, value)):
        assert problem.message and isinstance(problem.path, tuple)


@settings(max_examples=200, deadline=None)
@given(_JSON, _JSON, _JSON)
def test_any_object_gets_an_answer(api_version: Any, kind: Any, rest: Any) -> None:
    body = {"apiVersion": api_version, "kind": kind, "spec": rest}
    assert judge(body) or catalogue_of(MINOR).kind(api_version, kind) is not None


def test_every_schema_compiles_and_stands_alone() -> None:
    for minor in known_minors():
        catalogue: Catalogue = catalogue_of(minor)
        for kind in catalogue.kinds():
            schema = catalogue.schema(kind.api_version, kind.kind)
            for definition in schema["$defs"].values():
                assert set(tree.references(definition)) <= schema["$defs"].keys()
            catalogue.validate({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x"}})
