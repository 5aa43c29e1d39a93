"""What a chart gives for a machine's file is what the file's reader gets: YAML, TOML, INI and text."""

from __future__ import annotations

import configparser
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.dist.marker import header
from pilothouse.machines import content, ini
from pilothouse.machines.content import ContentError
from pilothouse.machines.ini import Ini
from pilothouse.yamlio import YamlReadError, load_all

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
TABLES = st.dictionaries(TEXTS, VALUES, max_size=5)


def with_header(text: str) -> str:
    """As it stands in the file."""
    return f"{header('charts/machines.py')}\n{text}"


def problems(path: str, given: Any) -> list[tuple[Any, str]]:
    with pytest.raises(ContentError) as caught:
        content.write(path, given)
    return caught.value.problems


@settings(deadline=None)
@given(TABLES)
def test_toml_reads_back_as_what_was_meant(table: dict[str, Any]) -> None:
    text = with_header(content.write("config.toml", table))
    assert repr(tomllib.loads(text)) == repr(in_order_of(table, tomllib.loads(text)))
    assert content.read("config.toml", text)[0].value == table


def in_order_of(meant: Any, found: Any) -> Any:
    """What was meant with its keys in the order that they were found in: TOML puts a table's own keys first."""
    if isinstance(meant, dict):
        return {key: in_order_of(meant[key], found[key]) for key in found} if meant.keys() == found.keys() else meant
    if isinstance(meant, list) and len(meant) == len(found):
        return [in_order_of(one, other) for one, other in zip(meant, found, strict=True)]
    return meant


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS | st.integers(0, 99)), max_size=5), min_size=1, max_size=3)
)
def test_yaml_documents_read_back_in_their_order(documents: list[dict[str, Any]]) -> None:
    text = with_header(content.write("config.yaml", documents))
    assert [document.value for document in load_all(text.encode(), file="f")] == documents


LINES = st.text(st.characters(exclude_categories=["C", "Zs", "Zl", "Zp"]), min_size=1, max_size=10)
NAMES = LINES.filter(lambda text: not set(text) & set("[]"))
KEYS = LINES.filter(lambda text: not set(text) & set("=:") and text[0] not in "[#;")
SECTIONS = st.dictionaries(
    NAMES,
    st.dictionaries(KEYS, LINES | st.integers() | st.booleans(), max_size=4)
    | st.lists(LINES.filter(lambda line: line[0] not in "[#;=:"), max_size=4),
    max_size=4,
)


@settings(deadline=None)
@given(SECTIONS)
def test_ini_reads_back_line_by_line(sections: dict[str, Any]) -> None:
    text = with_header(content.write("inventory.ini", Ini(sections)))
    read = ini.read(text)
    assert list(read) == list(sections)
    for name, section in sections.items():
        if isinstance(section, list):
            assert read[name] == section
        else:
            shown = {
                key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in section.items()
            }
            assert [line.partition(" = ")[::2] for line in read[name]] == list(shown.items())


@settings(deadline=None)
@given(SECTIONS)
def test_ini_is_what_pythons_own_reader_takes_it_for(sections: dict[str, Any]) -> None:
    text = with_header(content.write("inventory.ini", Ini(sections)))
    parser = configparser.RawConfigParser(
        allow_no_value=True, delimiters=("=",), strict=False, comment_prefixes=("#", ";"), default_section="\0"
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    assert parser.sections() == list(sections)
    for name, section in sections.items():
        if isinstance(section, dict):
            shown = {
                key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in section.items()
            }
            assert dict(parser[name]) == shown


ANY = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=2) | st.tuples(st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(ANY, st.sampled_from(["a.yaml", "a.toml", "a.ini", "a.txt", "a.json", "a"]))
def test_whatever_is_given_is_a_file_or_a_problem(given: Any, path: str) -> None:
    for offered in (given, Ini(given)):
        try:
            text = content.write(path, offered)
        except ContentError as error:
            assert error.problems
            assert all(message for _, message in error.problems)
        else:
            text.encode()
            if not isinstance(offered, str):
                content.read(path, with_header(text))
            assert text.endswith("\n") or not text


def test_what_holds_itself_is_a_problem() -> None:
    table: dict[str, Any] = {}
    table["again"] = table
    assert "contains itself" in problems("a.toml", table)[0][1]
    assert "contains itself" in problems("a.yaml", [table])[0][1]


def test_every_problem_is_told_with_its_place() -> None:
    assert problems("a.toml", {"a": None, "b": [{"c": None}], "d": 2**63}) == [
        (("a",), "TOML has no null: leave the key out"),
        (("b", 0, "c"), "TOML has no null: leave the key out"),
        (("d",), "found an integer above 2^63 - 1, which TOML does not have"),
    ]
    assert [path for path, _ in problems("a.yaml", [{"a": (1,)}, "no", {"b": {1: 2}}])] == [(0, "a"), (1,), (2, "b")]
    found = problems("a.ini", Ini({"a": ["x", "[b]", "y\nz"], "c]": [], "d": {"e=f": 1, "g": "\n"}, "h": 3}))
    assert [path for path, _ in found] == [("a", 1), ("a", 2), ("c]",), ("d", "e=f"), ("d", "g"), ("h",)]


def test_the_ending_says_the_format() -> None:
    assert "ends in .toml" in problems("a.yaml", {"a": 1})[0][1]
    assert "ends in .yaml or .yml" in problems("a.toml", [{"a": 1}])[0][1]
    assert "ends in .ini" in problems("a.cfg", Ini({}))[0][1]
    assert content.write("a.yml", "a: 1") == "a: 1\n"
    assert content.write("motd", "welcome") == "welcome\n"


def test_what_cannot_bear_the_first_line_is_refused() -> None:
    assert "JSON has no comments" in problems("a.json", "{}")[0][1]
    assert "a script begins with #!" in problems("setup.sh", "#!/bin/sh\n")[0][1]
    assert "U+0000" in problems("a", "a\0b")[0][1]


@pytest.mark.parametrize(
    ("path", "text"),
    [("a.yaml", "a: [\n"), ("a.toml", "[a\n"), ("a.ini", "[a\n"), ("a.ini", "host\n[a]\n"), ("a.yml", "a: 1\na: 2\n")],
)
def test_a_file_that_is_not_what_its_ending_says_cannot_be_read(path: str, text: str) -> None:
    with pytest.raises(YamlReadError):
        content.read(path, text)
