"""One value changed in a text that people write: it reads back so, and every other line stays byte for byte."""

from __future__ import annotations

import copy
import textwrap
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.fieldpath import FieldPath
from pilothouse.yamlio import load_all
from pilothouse.yamlio.edit import EditError, quote, remove, same, set_value

KEYS = ["charts", "kubia", "values", "image", "on", "1", "a.b/c", "x-y", "replicas"]
PLAIN = ["v1", "oliwave/kubia", "a b", "3", "1.50", "true", "null", "~", "0x1F", "http://a.b:80/c", "12:30:45"]
STRINGS = st.sampled_from(
    ["v2", "1.10", "no", "1e3", "", " lead", "a: b", "a #b", "it's", 'say "x"', "a,b", "[x]", "{", "two\nlines\n"]  # noqa: RUF005
    + ["tab\there", "naïve ☃", "trail ", "a\n\n", "\n", "-", "null", "y", "0o17", "back\\slash", "?x", "*x", "&x", "!x"]
)
SCALARS = STRINGS | st.integers(-5, 10**12) | st.booleans() | st.none() | st.sampled_from([1.5, 1e300])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=3,
)
COMMENTS = st.sampled_from(["", "", "", "  # why: [x] {y} 'z", " #"])


class Line(NamedTuple):
    """One line of a written text, and whose it is."""

    text: str
    owner: FieldPath
    leaf: bool
    """Whether all that is below its owner stands on its lines."""


def written_key(name: str) -> str:
    return '"on"' if name == "on" else name


@st.composite
def scalar_text(draw: st.DrawFn) -> str:
    """A scalar on one line, in any quotes, fit for block and flow style."""
    style = draw(st.sampled_from(["plain", "plain", "single", "double"]))
    if style == "plain":
        return draw(st.sampled_from(PLAIN[:-2]))
    text = draw(st.sampled_from(["v1", "1.9", "a # b", "it", "", "x: y", "{z}"]))
    return f"'{text}'" if style == "single" else f'"{text}"'


@st.composite
def flow_text(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "map", "list"] if depth else ["map", "list"]))
    if kind == "scalar" or depth > 2:
        return draw(scalar_text())
    pad = draw(st.sampled_from(["", " "]))
    comma = draw(st.sampled_from(["", ","]))
    if kind == "list":
        items = draw(st.lists(flow_text(depth + 1), max_size=3))
        return f"[{pad}{', '.join(items)}{comma if items else ''}{pad}]"
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
    fields = [f"{written_key(key)}: {draw(flow_text(depth + 1))}" for key in keys]
    return f"{{{pad}{', '.join(fields)}{comma if fields else ''}{pad}}}"


@st.composite
def block_map(draw: st.DrawFn, path: FieldPath, column: int, depth: int, step: int) -> list[Line]:
    lines: list[Line] = []
    blanks = " " * column
    for name in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1, max_size=4)):
        key = written_key(name)
        here, comment = (*path, name), draw(COMMENTS)
        if draw(st.integers(0, 5)) == 0:
            lines.append(Line(draw(st.sampled_from([f"{blanks}# note", "", "  ", "# far left"])), (*path, "#"), False))
        kind = draw(st.sampled_from(["scalar", "scalar", "map", "map", "flow", "list", "literal", "folded", "empty"]))
        if kind == "map" and depth < 4:
            lines.append(Line(f"{blanks}{key}:{comment}", here, False))
            lines += draw(block_map(here, column + step, depth + 1, step))
        elif kind == "list":
            lines.append(Line(f"{blanks}{key}:{comment}", here, False))
            dash = blanks if draw(st.booleans()) else blanks + "  "
            for index in range(draw(st.integers(1, 3))):
                if draw(st.integers(0, 2)):
                    lines.append(Line(f"{dash}- {draw(scalar_text())}{draw(COMMENTS)}", (*here, index), True))
                else:
                    inner = draw(block_map((*here, index), len(dash) + 2, 4, step))
                    while not inner[0].text.strip() or inner[0].text.lstrip().startswith("#"):
                        inner.pop(0)
                    lines.append(Line(f"{dash}- {inner[0].text.lstrip()}", inner[0].owner, inner[0].leaf))
                    lines += inner[1:]
        elif kind in ("literal", "folded"):
            mark = "|" if kind == "literal" else ">"
            lines.append(Line(f"{blanks}{key}: {mark}{draw(st.sampled_from(['', '-', '+']))}{comment}", here, True))
            lines += [
                Line(f"{blanks}  {text}", here, True) for text in draw(st.sampled_from([["one"], ["a: b", "# c"]]))
            ]
            lines += [Line("", here, True)] * draw(st.integers(0, 1))
        elif kind == "empty":
            lines.append(Line(f"{blanks}{key}:{comment}", here, True))
        elif kind == "flow":
            text = draw(flow_text(0))
            if draw(st.booleans()) and len(text) > 4:
                opened, closed = text[0], text[-1]
                lines.append(Line(f"{blanks}{key}: {opened}", here, True))
                lines.append(Line(f"{blanks}  {text[1:-1].strip()}{comment}", here, True))
                lines.append(Line(f"{blanks}  {closed}", here, True))
            else:
                lines.append(Line(f"{blanks}{key}: {text}{comment}", here, True))
        elif draw(st.integers(0, 4)) == 0:
            lines.append(Line(f"{blanks}{key}: 'over", here, True))
            lines.append(Line(f"{blanks}  two lines'{comment}", here, True))
        else:
            lines.append(Line(f"{blanks}{key}: {draw(scalar_text())}{comment}", here, True))
    return lines


@st.composite
def texts(draw: st.DrawFn) -> list[Line]:
    head = draw(st.sampled_from([[], [Line("# head", ("#",), False)], [Line("---", ("#",), False)]]))
    return head + draw(block_map((), 0, 0, draw(st.sampled_from([1, 2, 4]))))


def every_path(value: Any, path: FieldPath = ()) -> list[FieldPath]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += every_path(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += every_path(item, (*path, index))
    return found


def changed(value: Any, path: FieldPath, new: Any) -> Any:
    """The value with one change, by another way than the editor's."""
    root = {"": copy.deepcopy(value)}
    at, last = root, ""
    for step in path:
        if isinstance(at, dict):
            at.setdefault(last, {})
        if at[last] is None:
            at[last] = {}
        at, last = at[last], step
    at[last] = new
    return root[""]


def middle(old: list[str], new: list[str]) -> tuple[int, int]:
    """The lines of the old text that the new one does not have: from, to."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return first, len(old) - last


@given(texts(), st.data(), VALUES, st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(deadline=None, max_examples=600)
def test_one_value_changes_and_no_other_line(
    lines: list[Line], data: st.DataObject, value: Any, newline: str, ends: bool
) -> None:
    text = newline.join(line.text for line in lines) + (newline if ends else "")
    (document,) = load_all(text, file="f")
    old = document.value
    path = data.draw(st.sampled_from(every_path(old)))
    if data.draw(st.booleans()):
        # A field that is not there: below a map, or below a null, which counts as an empty one.
        at = old
        for step in path:
            at = at[step]
        if at is None or isinstance(at, dict):
            path = (*path, *data.draw(st.lists(st.sampled_from(["new", "no", "a,b"]), min_size=1, max_size=2)))
    new = set_value(text, path, value, file="f")
    (document,) = load_all(new, file="f")
    assert same(document.value, changed(old, path, value))
    assert set_value(new, path, value, file="f") == new
    keeps = any("|+" in line.text or ">+" in line.text for line in lines)
    before, after = text.split(newline), new.split(newline)
    first, last = middle(before, after)
    for line in [*lines, Line("", ("#",), False)][first:last]:
        # Below a block that keeps its breaks, an empty line is part of the value.
        inside = line.owner[: len(path)] == path or (keeps and not line.text.strip())
        assert inside or (line.leaf and path[: len(line.owner)] == line.owner), (line, new)


SHARED = """\
shared: &shared {deep: {a: &tag v1}, b: 2}
user: *shared
tag: *tag
merged:
  <<: *shared  # all of it
  own: x
"""
_USED = {("shared",), ("shared", "deep"), ("shared", "deep", "a"), ("shared", "b")}
_BEHIND = {("user", "deep"), ("user", "b"), ("user", "deep", "a"), ("merged", "deep", "a")}


@given(texts(), st.data(), VALUES, st.booleans())
@settings(deadline=None, max_examples=200)
def test_an_edit_reaches_one_field_or_is_refused_because_of_an_alias(
    lines: list[Line], data: st.DataObject, value: Any, first: bool
) -> None:
    body = "".join(f"{line.text}\n" for line in lines if line.text != "---")
    text = SHARED + body if first else body + SHARED
    (document,) = load_all(text, file="f")
    old = document.value
    path = data.draw(st.sampled_from(every_path(old)))
    now = old
    for step in path:
        now = now[step]
    if path in _USED | _BEHIND and not same(now, value):
        with pytest.raises(EditError, match=r"anchor|alias|<<"):
            set_value(text, path, value, file="f")
        return
    (document,) = load_all(set_value(text, path, value, file="f"), file="f")
    assert same(document.value, changed(old, path, value))


def edit(text: str, path: FieldPath, value: Any) -> str:
    return set_value(textwrap.dedent(text).lstrip("\n"), path, value, file="f.yaml")


ANCHORED = """
    base: &base {image: a, tag: &tag v1}
    one:
      <<: *base
      more: x
    two: *base
    three: {tag: *tag}
    four: &unused {x: 1}
"""


def test_what_an_alias_stands_for_is_not_changed_behind_its_back() -> None:
    for path, said in (
        (("base", "image"), "belongs to the anchor &base, which line 3 uses"),
        (("base",), "belongs to the anchor &base, which line 3 uses"),
        (("base", "tag"), "belongs to the anchor"),
        (("two", "image"), "stands behind the alias *base"),
    ):
        with pytest.raises(EditError, match=said.replace("*", r"\*")) as caught:
            edit(ANCHORED, path, "b")
        assert str(caught.value).startswith("f.yaml:")
    whole = textwrap.dedent(ANCHORED).lstrip("\n")
    assert edit(ANCHORED, ("three", "tag"), "v2") == whole.replace("tag: *tag", "tag: v2")
    assert edit(ANCHORED, ("two",), "x") == whole.replace("two: *base", "two: x")
    assert edit(ANCHORED, ("one", "image"), "b") == whole.replace("more: x\n", "more: x\n  image: b\n")
    assert edit(ANCHORED, ("four", "x"), 2) == whole.replace("x: 1", "x: 2")


def test_a_new_field_does_not_end_the_last_line_of_a_block() -> None:
    """``one`` has no line break while the file ends after it."""
    assert set_value("a:\n  b: |\n    one", ("a", "new"), 1, file="f") == "a:\n  new: 1\n  b: |\n    one"
    assert set_value("a:\n  b: |\n    one\n", ("a", "new"), 1, file="f") == "a:\n  b: |\n    one\n  new: 1\n"


def test_a_value_whose_own_anchor_is_used_elsewhere_stays() -> None:
    text = "a: {b: &b 1}\nc: *b\n"
    with pytest.raises(EditError, match="holds the anchor &b, which line 2 uses"):
        set_value(text, ("a",), 1, file="f")


def test_a_path_through_what_is_no_map_is_refused_with_its_place() -> None:
    for path in (("a", "b"), ("a", 0), ("c", "x"), ("c", 5), ("c", 0, "x")):
        with pytest.raises(EditError) as caught:
            edit("a: text\nc:\n  - 1\n", path, 1)
        assert caught.value.position.line in (1, 3)


def test_a_new_line_stands_as_its_neighbours_do() -> None:
    text = """
        charts:
            kubia:
                values:
                    a: 1  # one
                    # two

            db: {values: {size: 3}}
        # the end
        """
    whole = textwrap.dedent(text).lstrip("\n")
    assert edit(text, ("charts", "kubia", "values", "b"), "x") == whole.replace("# one\n", "# one\n            b: x\n")
    assert edit(text, ("charts", "kubia", "values", "b", "c"), 1) == whole.replace(
        "# one\n", "# one\n            b:\n                c: 1\n"
    )
    assert edit(text, ("charts", "db", "values", "name"), "1.10") == whole.replace("size: 3", 'size: 3, name: "1.10"')
    assert edit(text, ("labels", "team"), "x") == whole.replace("size: 3}}\n", "size: 3}}\nlabels:\n    team: x\n")


def test_quotes_stay_as_they_are() -> None:
    assert edit("a: 'x' # c\n", ("a",), "it's") == "a: 'it''s' # c\n"
    assert edit("a: 'x'\n", ("a",), "two\nlines") == 'a: "two\\nlines"\n'
    assert edit('a: "1.9"\n', ("a",), "v2") == 'a: "v2"\n'
    assert edit('a: "1"\n', ("a",), 2) == "a: 2\n"
    assert edit("a: v1\n", ("a",), "1.10") == 'a: "1.10"\n'
    assert edit("a: |\n  x\n  y\nb: 1\n", ("a",), "z\nz\n") == "a: |\n  z\n  z\nb: 1\n"


@given(texts(), st.data())
@settings(deadline=None, max_examples=300)
def test_quotes_make_text_of_what_was_written(lines: list[Line], data: st.DataObject) -> None:
    text = "".join(f"{line.text}\n" for line in lines)
    (document,) = load_all(text, file="f")
    path = data.draw(st.sampled_from(every_path(document.value)))
    value: Any = document.value
    for step in path:
        value = value[step]
    if value is None:
        return
    if isinstance(value, dict | list):
        with pytest.raises(EditError, match="no plain value"):
            quote(text, path, file="f")
        return
    new = quote(text, path, file="f")
    assert (new == text) == isinstance(value, str)
    (document,) = load_all(new, file="f")
    found: Any = document.value
    for step in path:
        found = found[step]
    assert isinstance(found, str)
    assert found == value if isinstance(value, str) else found in text


def without(value: Any, path: FieldPath) -> Any:
    """The value without one field, by another way than the editor's."""
    root = copy.deepcopy(value)
    at = root
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return root


@given(texts(), st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(deadline=None, max_examples=600)
def test_one_field_goes_and_no_other_line(lines: list[Line], data: st.DataObject, newline: str, ends: bool) -> None:
    text = newline.join(line.text for line in lines) + (newline if ends else "")
    (document,) = load_all(text, file="f")
    old = document.value
    path = data.draw(st.sampled_from(every_path(old)))
    if len(path) == 1 and len(old) == 1:
        with pytest.raises(EditError, match="remove the file"):
            remove(text, path, file="f")
        return
    try:
        new = remove(text, path, file="f")
    except EditError as error:
        assert "by hand" in error.message
        return
    (document,) = load_all(new, file="f")
    assert same(document.value, without(old, path))
    assert remove(new, (*path[:-1], "never there") if isinstance(path[-1], str) else (*path[:-1], 99), file="f") == new
    left = iter(new.split(newline))
    for line in lines:
        gone = line.owner[: len(path)] == path
        # The line of what held it alone is written anew, and so is that of an item whose first field it was.
        rewritten = (line.leaf or line.text.rstrip().endswith(":")) and path[: len(line.owner)] == line.owner
        begins = line.text.lstrip().startswith("-") and line.owner[:-1] == path[:-1]
        if line.text.strip() and not (gone or rewritten or begins or holds(line, path)):
            assert any(line.text.strip() in other for other in left), (line, new)


def holds(line: Line, path: FieldPath) -> bool:
    """Whether a line begins what the path leads through."""
    return not line.text.strip().startswith("#") and path[: len(line.owner)] == line.owner


def cut(text: str, *path: str | int) -> str:
    return remove(textwrap.dedent(text).lstrip("\n"), path, file="f.yaml")


def test_what_is_removed_goes_with_its_line() -> None:
    text = "a: 1  # one\n# two\nb:\n  - x  # x\n  # y is next\n  - y\n  - z: 1\n    w: 2\nc: {d: 1, e: 2, f: [1]}\n"
    assert cut(text, "a") == text.replace("a: 1  # one\n", "")
    assert cut(text, "b", 0) == text.replace("  - x  # x\n", "")
    assert cut(text, "b", 1) == text.replace("  - y\n", "")
    assert cut(text, "b", 2) == text.replace("  - z: 1\n    w: 2\n", "")
    assert cut(text, "b", 2, "z") == text.replace("z: 1\n    w: 2", "w: 2")
    assert cut(text, "b", 2, "w") == text.replace("    w: 2\n", "")
    assert cut(text, "c", "d") == text.replace("d: 1, ", "")
    assert cut(text, "c", "f") == text.replace(", f: [1]", "")
    assert cut(text, "c", "f", 0) == text.replace("[1]", "[]")
    assert cut(text, "c", "nothing") == cut(text, "nothing") == text
    assert cut("a:\n  b:\n    c: 1\nd: 2\n", "a", "b") == "a: {}\nd: 2\n"
    assert cut("a: 1\nb:\n", "b") == "a: 1\n"
    assert cut("a: 1\nb: 2", "b") == "a: 1\n"


def test_what_an_alias_stands_for_is_not_removed_behind_its_back() -> None:
    for path in (("base", "image"), ("base",), ("base", "tag"), ("two", "image"), ("one", "image")):
        with pytest.raises(EditError):
            cut(ANCHORED, *path)
    whole = textwrap.dedent(ANCHORED).lstrip("\n")
    assert cut(ANCHORED, "two") == whole.replace("two: *base\n", "")
    assert cut(ANCHORED, "one", "more") == whole.replace("  more: x\n", "")
