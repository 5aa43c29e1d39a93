"""Keys and values as they are typed on a command line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.environment.setting import Assignment, Schemas, SettingError, parse, read_value
from pilothouse.fieldpath import format_path
from pilothouse.yamlio import dump

_WORDS = st.text(st.characters(exclude_characters="[]=", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
_STEPS = _WORDS.filter(lambda word: not word.isdigit()) | st.integers(0, 99)
TEXT = Schemas.whole({"type": "string"})
NUMBER = Schemas.whole({"type": "integer"})
ANY = Schemas.whole({})


@settings(deadline=None)
@given(st.sampled_from(["charts", "labels"]), st.lists(_STEPS, max_size=4), st.text(max_size=8))
def test_a_key_as_pilothouse_writes_it_is_read_back(top: str, steps: list[str | int], value: str) -> None:
    path = (top, *steps)
    assert parse([f"{format_path(path)}={value}"]) == [Assignment(path, value)]


def test_an_instance_begins_below_charts() -> None:
    assert [assignment.path for assignment in parse(["web.values.a=1", "profile=lab", "charts.web={}"])] == [
        ("charts", "web", "values", "a"),
        ("profile",),
        ("charts", "web"),
    ]


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12).filter(str.strip))
def test_a_field_of_text_gives_text_or_null(text: str) -> None:
    try:
        value = read_value(text, lambda: TEXT)
    except SettingError:
        assert text.lstrip()[0] in "'\"[{"
        return
    assert value is None or isinstance(value, (str, dict, list))
    if text.isalnum() and text.lower() != "null":
        assert value == text


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@settings(deadline=None)
@given(_VALUES)
def test_without_a_type_a_value_is_what_yaml_says(value: Any) -> None:
    import json

    text = json.dumps(value, ensure_ascii=True)
    if "\\ud" not in text:
        assert read_value(text, lambda: ANY) == value
    assert dump(value)


@pytest.mark.parametrize("text", ["a: b", "x\nw: 1", "[", "'"])
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        read_value(text, lambda: NUMBER if text not in ("[", "'") else TEXT)
