"""Random types that a chart's values may have, each with values that it takes."""

from __future__ import annotations

import datetime
import decimal
import enum
import itertools
import uuid
from typing import Annotated, Any, Literal, NamedTuple, Optional

import msgspec
from hypothesis import strategies as st

NAMES = ("image", "replicas", "port", "host_name", "a")


_COUNTER = itertools.count()


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Case(NamedTuple):
    """A type, and what it takes."""

    type: Any
    values: st.SearchStrategy[Any]

    def __repr__(self) -> str:
        return f"Case({self.type!r})"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "red", "x", "3", "2031-01-31", "PT1H", "YWI=", "ä\n"])
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "type", "typo"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=10,
)
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5)
_NUMBERS = st.integers(-(10**6), 10**6)
SCALARS = [
    Case(int, st.integers()),
    Case(float, st.floats(allow_nan=False) | _NUMBERS),
    Case(str, _TEXT),
    Case(bool, st.booleans()),
    Case(type(None), st.none()),
    Case(Annotated[int, msgspec.Meta(ge=1, le=9)], st.integers(1, 9)),
    Case(Annotated[int, msgspec.Meta(multiple_of=5)], _NUMBERS.map(lambda number: number * 5)),
    Case(Annotated[float, msgspec.Meta(gt=0, lt=1)], st.floats(0, 1, exclude_min=True, exclude_max=True)),
    Case(Annotated[str, msgspec.Meta(min_length=1, max_length=3)], st.text("abé😀", min_size=1, max_size=3)),
    Case(Annotated[str, msgspec.Meta(pattern="^[a-z]+$")], st.text("abc", min_size=1)),
    Case(Literal["red", "blue"], st.sampled_from(["red", "blue"])),
    Case(Literal[1, 2, "auto", None], st.sampled_from([1, 2, "auto", None])),
    Case(Colour, st.sampled_from(["red", "blue"])),
    Case(Size, st.sampled_from([1, 2])),
    Case(datetime.date, st.dates().map(str)),
    Case(uuid.UUID, st.uuids().map(str)),
    Case(decimal.Decimal, _NUMBERS.map(str) | _NUMBERS),
    Case(bytes, st.sampled_from(["", "YWI=", "YWJj"])),
    Case(Any, JSON),
]


def struct(fields: list[tuple[str, Case, bool]], tag: str | None = None) -> Case:
    """A struct of these fields (name, case, whether it must be there), closed as ``pilothouse.Values`` is."""
    definitions = [
        (name, case.type)
        if needed
        else (name, case.type | msgspec.UnsetType, msgspec.UNSET)
        if case.type is not Any
        else (name, Any, msgspec.UNSET)
        for name, case, needed in fields
    ]
    made = msgspec.defstruct(
        f"Made{next(_COUNTER)}", definitions, kw_only=True, frozen=True, forbid_unknown_fields=True, tag=tag
    )
    always = {name: case.values for name, case, needed in fields if needed}
    if tag is not None:
        always["type"] = st.just(tag)
    return Case(
        made, st.fixed_dictionaries(always, optional={name: c.values for name, c, needed in fields if not needed})
    )


def _fields(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[list[tuple[str, Case, bool]]]:
    one = st.tuples(st.sampled_from(NAMES), inner, st.booleans())
    return st.lists(one, max_size=4, unique_by=lambda field: field[0])


def _unions(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    tagged = st.tuples(_fields(inner), _fields(inner)).map(lambda two: (struct(two[0], "one"), struct(two[1], "two")))
    return tagged.map(lambda pair: Case(pair[0].type | pair[1].type, pair[0].values | pair[1].values))


def _containers(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    keys = st.sampled_from(["a", "b", "a.b", "x/y", "[0]"])
    return st.one_of(
        inner.map(lambda case: Case(list[case.type], st.lists(case.values, max_size=3))),
        inner.map(lambda case: Case(dict[str, case.type], st.dictionaries(keys, case.values, max_size=3))),
        inner.map(lambda case: Case(Optional[case.type], st.none() | case.values)),  # noqa: UP045 -- Any has no |
        st.tuples(inner, inner).map(
            lambda two: Case(tuple[two[0].type, two[1].type], st.tuples(two[0].values, two[1].values).map(list))
        ),
        _fields(inner).map(struct),
        _unions(inner),
    )


TYPES = st.recursive(st.sampled_from(SCALARS), _containers, max_leaves=6)
STRUCTS = _fields(TYPES).map(struct)
"""Structs of any of them: what a chart's values are."""


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value in a value, the root's left out."""
    if isinstance(value, dict):
        steps: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    else:
        return []
    return [found for step, child in steps for found in ((*path, step), *places(child, (*path, step)))]


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy with another value at one place."""
    if not path:
        return new
    if isinstance(value, dict):
        return {step: replaced(child, path[1:], new) if step == path[0] else child for step, child in value.items()}
    return [replaced(child, path[1:], new) if step == path[0] else child for step, child in enumerate(value)]


@st.composite
def near_misses(draw: st.DrawFn, case: Case) -> Any:
    """A value of a type, changed in one place or left as it is."""
    value = draw(case.values)
    path = draw(st.sampled_from([(), *places(value)]))
    here = value
    for step in path:
        here = here[step]
    if isinstance(here, dict) and draw(st.booleans()):
        if here and draw(st.booleans()):
            gone = draw(st.sampled_from(list(here)))
            return replaced(value, path, {name: child for name, child in here.items() if name != gone})
        return replaced(value, path, {**here, draw(st.sampled_from([*NAMES, "typo", "type"])): draw(JSON)})
    return replaced(value, path, draw(JSON)) if path else value
