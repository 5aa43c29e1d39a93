"""Where things stand: the line and column that a message sends its reader to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.fieldpath import FieldPath
from pilothouse.yamlio import Document, YamlReadError, dump, expand_lists, load_all
from tests.yamlio.yaml_values import strings, values


def paths(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def at(text: str, document: Document, path: FieldPath, *, key: bool = False) -> str:
    """The text from a field's position on."""
    position = document.position(path, key=key)
    assert position.file == "f.yaml" and position.column is not None
    line = text.split("\n")[position.line - 1 :]
    return "\n".join(line)[position.column - 1 :]


def field(value: Any, path: FieldPath) -> Any:
    for step in path:
        value = value[step]
    return value


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(value=st.dictionaries(strings, values, min_size=1, max_size=4), before=st.integers(0, 3))
def test_every_key_and_value_is_found_where_it_was_written(value: Any, before: int) -> None:
    text = "---\na: 1\n" * before + "---\n" + dump(value)
    document = load_all(text, file="f.yaml")[-1]
    for path in paths(value):
        found = field(value, path)
        if isinstance(path[-1], str):
            written_key = dump({path[-1]: 1}).removeprefix("? ").split("\n")[0].removesuffix(": 1")
            assert at(text, document, path, key=True).startswith(written_key)
        if isinstance(found, (dict, list)) and found:
            first = (*path, 0 if isinstance(found, list) else next(iter(found)))
            inner = at(text, document, first, key=True)
            assert at(text, document, path).removeprefix("? ").removeprefix("- ").startswith(inner[:5])
        elif isinstance(found, str) and "\n" in found:
            assert at(text, document, path)[0] in '|"'
        else:
            assert at(text, document, path).startswith(dump(found).rstrip("\n"))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(value=st.dictionaries(strings, values, min_size=1, max_size=4), indent=st.sampled_from([None, 1, "\t"]))
def test_every_key_and_value_of_a_json_file_is_found(value: Any, indent: Any) -> None:
    text = '{"first":\n  1}\n' + json.dumps(value, indent=indent)
    document = load_all(text, file="f.yaml")[-1]
    assert document.line == 3
    for path in paths(value):
        if isinstance(path[-1], str):
            assert at(text, document, path, key=True).startswith(json.dumps(path[-1]))
        found = field(value, path)
        start = "{" if isinstance(found, dict) else "[" if isinstance(found, list) else json.dumps(found)
        assert at(text, document, path).startswith(start)


TEXT = """\
# a comment
apiVersion: v1   # another
kind: ConfigMap
metadata: {name: x, labels: {app: "a b"}}
data:
  "quoted": 'v'
  text: |
    line
  é: ü 🚢
  base: &base
    one: 1
  more:
    <<: *base
    two: *base
---

- a
-   b
- [c,
   d]
"""


@pytest.mark.parametrize(
    ("number", "path", "line", "column", "key_column"),
    [
        (0, (), 2, 1, 1),
        (0, ("apiVersion",), 2, 13, 1),
        (0, ("metadata", "name"), 4, 18, 12),
        (0, ("metadata", "labels", "app"), 4, 35, 30),
        (0, ("data",), 6, 3, 1),
        (0, ("data", "quoted"), 6, 13, 3),
        (0, ("data", "text"), 7, 9, 3),
        (0, ("data", "é"), 9, 6, 3),
        (0, ("data", "base", "one"), 11, 10, 5),
        (0, ("data", "more", "two"), 14, 10, 5),
        (0, ("data", "more", "one"), 11, 10, 5),
        (0, ("data", "more", "two", "one"), 11, 10, 5),
        (1, (), 17, 1, 1),
        (1, (1,), 18, 5, 5),
        (1, (2, 1), 20, 4, 4),
    ],
)
def test_positions(number: int, path: FieldPath, line: int, column: int, key_column: int) -> None:
    for text in (TEXT, TEXT.replace("\n", "\r\n")):
        document = load_all(text, file="charts/x.yaml")[number]
        if path != ("data",):
            value = document.position(path)
            assert (value.file, value.line, value.column) == ("charts/x.yaml", line, column)
        key = document.position(path, key=True)
        if path and isinstance(path[-1], str) and path != ("data",):
            assert (key.line, key.column) == (line, key_column)
        assert document.line == (2, 17)[number]


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("spec",), 2, 1),
        (("metadata", "name", "x", 3), 4, 18),
        (("metadata", "nope"), 4, 11),
        (("metadata", 0), 4, 11),
        (("data", "base", "two"), 10, 9),
    ],
)
def test_a_path_that_leads_nowhere_has_the_place_of_its_nearest_ancestor(
    path: FieldPath, line: int, column: int
) -> None:
    position = load_all(TEXT, file="f")[0].position(path)
    assert (position.line, position.column) == (line, column)


def test_the_items_of_a_list_are_documents_with_their_own_places() -> None:
    text = (
        "a: 1\n---\napiVersion: v1\nkind: List\nitems:\n- kind: A\n  x: 1\n"
        "- {apiVersion: v1, kind: List, items: [{kind: B}]}\n- kind: C\n"
        "---\nkind: List\nitems: []\n---\napiVersion: v1\nkind: PodList\nitems: []\n"
        "---\napiVersion: v1\nkind: List\nitems: {}\n"
    )
    documents = expand_lists(load_all(text, file="f"))
    kinds = [document.value.get("kind") for document in documents]
    assert kinds == [None, "A", "B", "C", "List", "PodList", "List"]
    assert [document.line for document in documents[:4]] == [1, 6, 8, 9]
    assert [str(document.position(("kind",))) for document in documents[1:4]] == ["f:6:9", "f:8:47", "f:9:9"]
    assert str(documents[1].position(("x",), key=True)) == "f:7:3"
    assert str(documents[1].position(("nope",))) == "f:6:3"
    as_json = json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"kind": "A"}, {"kind": "B"}]}, indent=1)
    assert [str(document.position(("kind",))) for document in expand_lists(load_all(as_json, file="f"))] == [
        "f:6:12",
        "f:9:12",
    ]


TWICE = "a second time, expected it once: it stands at"
REFUSALS: dict[str | bytes, tuple[str, ...]] = {
    "a: 1\nb: 2\na: 3\n": (f"3:1: found the key 'a' {TWICE} f:1:1 already",),
    "x: {b: 1, 'b': 2}\n": (f"1:11: found the key 'b' {TWICE} f:1:5 already",),
    "1: a\n'1': b\n": (f"2:1: found the key '1' {TWICE} f:1:1 already",),
    '{"a": {"b": 1,\n"b": 2}}': (f"2:1: found the key 'b' {TWICE} f:1:8 already",),
    '{"{}": 1, "{}": 1}': (f"1:11: found the key '{{}}' {TWICE} f:1:2 already",),
    "a: b: c\n": (
        "1:5: found a ': ' where no key can end, expected quotes around the text, or the key on a line of its own",
    ),
    "a:\n\t- b\n": ("2:1: found a tab, which cannot start a value, expected quotes around it",),
    "a: `x`\n": ("1:4: found '`', which cannot start a value, expected quotes around it",),
    "a: .inf\nb: .NaN\n": (
        "1:4: found .inf, which JSON cannot carry; expected a finite number",
        "2:4: found .nan, which JSON cannot carry; expected a finite number",
    ),
    "a: !!int x\n": ("1:4: found !!str 'x', expected !!int as its tag says",),
    "a: *x\n": ("1:4: found the alias *x, expected an anchor &x before it",),
    "~: 1\n": ("1:1: found null as a key, expected a string: put it in quotes, or give the key a name",),
    "a\0b\n": ("1:2: found the character U+0000, expected text: YAML allows it only as an escape",),
    "a: 1\n---\n\ufeffb: 1\n": (
        "3:1: found a byte order mark (U+FEFF), expected it nowhere but at the start of the file",
    ),
    "%YAML 1.2\n---\na: 1\n": ("1:1: found a %YAML directive of another version, expected 1.1 or none",),
    "<<: 1\n": ("1:5: found something else than a map after <<, expected a map, its alias, or a list of these",),
    "a: [b\n": (
        "2:1: found the end of the text inside [ ], expected ',' or ']' (while parsing a flow sequence at f:1:4)",
    ),
    b"a: 1\nb: \xff\n": ("2:4: found bytes that are no UTF-8, expected UTF-8",),
    '{"a": "\\ud800"}': (
        "1:10: found an escape that stands for no character, expected \\u0000 to \\uD7FF, \\uE000 to \\uFFFF, or "
        "\\U00010000 to \\U0010FFFF (while parsing a quoted scalar at f:1:7)",
    ),
    "a: '\ud800'": ("1:5: found the character U+D800, expected text: YAML allows it only as an escape",),
}


@pytest.mark.parametrize(("text", "problems"), REFUSALS.items(), ids=ascii)
def test_a_refusal_says_where_what_and_what_was_expected(text: str | bytes, problems: tuple[str, ...]) -> None:
    with pytest.raises(YamlReadError) as caught:
        load_all(text, file="f")
    assert [f"{position}: {message}" for position, message in caught.value.problems] == [f"f:{one}" for one in problems]
    assert str(caught.value) == "\n".join(f"f:{one}" for one in problems)


def test_every_document_with_a_mistake_is_told_at_once() -> None:
    with pytest.raises(YamlReadError) as caught:
        load_all("a: 1\na: 2\nb: {c: 1, c: 1}\n---\n'\n---\nfine: 1\n---\n- ]\n---\n? [a]\n: 1\n", file="f")
    assert [str(position) for position, _ in caught.value.problems] == ["f:2:1", "f:3:11", "f:6:1", "f:9:3", "f:11:3"]
