"""Input made to exhaust its reader is refused, or read like any other; it never ends in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pilothouse.yamlio import YamlReadError, load_all

MIB = 1024 * 1024
LONG = "x" * MIB
MERGED = "a: &a {" + ", ".join(f"k{index}: 1" for index in range(2000)) + "}\n"


def laughs(levels: int) -> str:
    """Aliases of aliases: ten times more at each level."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: laughs(40), "aliases that stand for more than"),
        (lambda: "\n---\n".join([laughs(5)] * 300), "aliases that stand for more than"),
        (lambda: MERGED + "".join(f"b{i}: {{<<: *a}}\n" for i in range(9000)), "aliases that stand for more than"),
        (lambda: f'a: &a "{LONG}"\nb: [' + "*a, " * 100_000 + "]", "aliases that stand for more than"),
        (lambda: f'a: &a\n  ? "{LONG}"\n  : 1\nb: [' + "*a, " * 100_000 + "]", "aliases that stand for more than"),
        (lambda: "- &a0 [x]\n" + "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, 1000)), "inside each other"),
        (lambda: "[" * 10_000, "more than 200 maps and lists inside each other"),
        (lambda: "[" * 10_000 + "]" * 10_000, "more than 200 maps and lists inside each other"),
        (lambda: "[" * MIB, "more than 200 maps and lists inside each other"),
        (lambda: "{a: " * 10_000, "more than 200 maps and lists inside each other"),
        (lambda: "- " * 10_000 + "a", "more than 200 maps and lists inside each other"),
        (lambda: "? " * 10_000 + "a", "more than 200 maps and lists inside each other"),
        (lambda: "".join(" " * level + "a:\n" for level in range(3000)), "more than 200 maps and lists"),
        (lambda: '{"a":' * 100_000 + "1" + "}" * 100_000, "more than 200 maps and lists inside each other"),
        (lambda: '{"a":' * 201 + "1" + "}" * 201, "more than 200 maps and lists inside each other"),
        (lambda: '{"a":[' * 100 + "[1]" + "]}" * 100, "more than 200 maps and lists inside each other"),
        (lambda: "a: " + "x" * (100 * MIB), "a file of 104,857,603 bytes, expected at most 33,554,432"),
        (lambda: b"a: " + b"x" * (100 * MIB), "a file of 104,857,603 bytes, expected at most 33,554,432"),
        (lambda: 'a: "' + "x" * (30 * MIB), "the end of the text inside quotes"),
        (lambda: "x" * (30 * MIB) + ": 1", "where no key can end"),
        (lambda: "---\n\t\n" * MIB, "a tab"),
        (lambda: "a: 1\n" * 100_000, "a second time"),
        (lambda: '{"a":' + "1" * MIB + "}", ""),
        (lambda: "\0" * MIB, "U+0000"),
        (lambda: b"\xff" * MIB, "no UTF-8"),
        (lambda: "%a\n" * MIB, ""),
        (lambda: "%a\n---\n" * MIB, ""),
        (lambda: '"' + "\\/" * MIB + '"', "the escape \\/"),
    ],
)  # fmt: skip
def test_hostile_input_is_refused(make: Callable[[], str | bytes], found: str) -> None:
    try:
        load_all(make(), file="f")
    except YamlReadError as error:
        assert found in str(error)
        assert len(error.problems) <= 50
    else:
        assert not found


@pytest.mark.parametrize(
    "text",
    [
        "x" * (30 * MIB),
        '"' + "x y " * (7 * MIB) + '"',
        "1" * (30 * MIB),
        "|\n" + "  x\n" * (3 * MIB),
        "[" + "1," * MIB + "1]",
    ],
    ids=["word", "quoted", "digits", "block", "list"],
)
def test_a_large_file_within_the_limit_is_read(text: str) -> None:
    documents = load_all(text, file="f")
    assert len(documents) == 1
    assert len(documents[0].value) >= MIB
