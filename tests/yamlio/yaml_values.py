"""Values and words that YAML readers are known to misread, and strategies made of them."""

from __future__ import annotations

import math
import re
from typing import Any

from hypothesis import strategies as st

WORDS = re.findall(
    r"\S+",
    "y Y n N yes Yes YES yEs no No NO nO on On ON off Off OFF true True TRUE tRue false False FALSE "
    "null Null NULL nULL ~ .nan .NaN .NAN nan NaN .inf .Inf .INF +.inf -.inf -.Inf +.INF inf -inf +inf Infinity "
    "0 1 -1 +1 00 01 07 08 -01 0o17 0O17 -0o17 0x1F 0X1f -0x1F +0x1f 0xZZ 0x 0b101 0B1 -0b11 0b 0b-1 0b+1 0b2 "
    "1_000 _1 1_ 1__0 0x_1F 0b1_1 -1_0 1_0.5 ._5 1,000 "
    "1.0 1. .5 -.5 +.5 . .. ... -. +. 1e3 1E3 1e+3 1e-3 1.e3 1.0e3 .5e3 1e .e3 e3 1e400 -1e400 .5e999 1e-400 "
    "1.5.5 1.2.3 10.0.0.1 10.0.0.0/8 1:30 12:30:45 12:30:45.5 190:20:30 -1:30 1:60 001:30 "
    "2001-01-01 2001-1-1 2001-13-01 2001-02-30 0000-01-01 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z "
    "2001-12-15T02:59:43.1Z = << <<: < > >- | |- |2 * *a & &a ! !x !!str !!int % %x @ @x ` `x ' '' \" \"\" # #x "
    "? ?x - -- --- ---- : :: x: :x x:y x#y , ,x [ ] { } [] {} [x {x a,b {{x}} {{.X}} %YAML "
    "9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615 "
    "18446744073709551616 0xFFFFFFFFFFFFFFFF 0x10000000000000000 0777777777777777777777 1777777777777777777777 "
    "123456789012345678901234567890 0123456789 0.1 1e21 1e16 1e15 123456.7 1234567.0 0.0001 0.00001 1e-7 1e7 1e6 1e5 "
    "100m 1Gi 128Mi 5s 1h 2d 1e3m 12e 1E 0x1p-2 1p 0.5Gi 25% 8080:80 1a 1f 0d 1b 1o --foo --foo=bar -x -1x -n -y",
)
"""Words; each is looked at as a plain scalar when reading, and as a string when writing."""

STRINGS = (
    *WORDS,
    *(
        "",
        " ",
        "  ",
        " x",
        "x ",
        "\t",
        "\tx",
        "x\t",
        "a\tb",
        "x: y",
        "x :y",
        "x #y",
        "x# y",
        "a  b",
        "- x",
        "? x",
        "--- x",
    ),
    *(
        "2001-12-14 21:59:43.10",
        "2001-12-14 21:59:43.10 -5",
        "12:30 x",
        "1 2",
        "key: [",
        "\\",
        "\\n",
        "a\\b",
        'a"b',
        "it's",
    ),
    *(
        "\n",
        "\n\n",
        "a\n",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\na",
        "\n\na\n",
        " a\nb",
        "  a\n b\n",
        "a\n b\n",
        "a\n\n b\n",
    ),
    *(
        "\ta\nb",
        "a\n\tb\n",
        "a\n  ",
        "a\n  \n",
        "a\n \nb",
        " \na",
        "  \n a\n",
        "a \nb",
        "a\nb ",
        "a\nb \n",
        "#a\nb",
        "- a\n- b\n",
    ),
    *(
        "---\na",
        "a\n---\nb\n",
        "a\n...\nb",
        "...\na",
        "%a\nb",
        "a\r\nb",
        "a\rb",
        "\r",
        "\r\n",
        "a\n\r\n",
        "a: b\nc: d\n",
        "a\n#b\n",
    ),
    *(
        "\0",
        "\a\b\x1b\x7f",
        "\x80\x9f",
        "\x85",
        "a\x85b",
        "a\n\x85b\n",
        "\xa0",
        "a\xa0b",
        "\u2028",
        "a\u2029b",
        "a\n\u2028b\n",
    ),
    *(
        "\ufeff",
        "a\ufeffb",
        "\ufeffa\nb",
        "a\n\ufeffb",
        "\ufffe",
        "\uffff",
        "\ue000",
        "\u200b",
        "\u202e",
        "\xad",
        "é",
        "中文",
        "🚢",
    ),
    *(
        "👨\u200d👩\u200d👧",
        "\U0010ffff",
        "\U0001fffe",
        "a\n🚢\n",
        "a\nb\xa0\n",
        "\u3000",
        "a\u3000b",
        "\ud7ff",
        "\ufffd",
        "Ünïcödé: x",
    ),
    *("x" * 127, "x" * 128, "x" * 129, "x" * 1001, "x " * 600 + "x", "é" * 1200, "\x01" * 300, "x" * 5000, "a\n" * 600),
)
"""Strings that some reader of YAML takes for something else, or not at all."""

FLOATS = (
    *(
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1.5,
        1e15,
        1e16,
        1e17,
        1e20,
        1e21,
        1e22,
        123456789012345680.0,
        2.0**53,
        2.0**63,
        2.0**64,
    ),
    *(
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        1e-5,
        1e-7,
        1e-4,
        1e100,
        -1e-100,
        1 / 3,
        math.pi,
        1e6,
        1e5,
    ),
)
INTEGERS = (0, 1, -1, 8, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), -(2**63) + 1, 10**18)

_ODD = st.text(
    alphabet=" \t\n:#-?*&!|>%@`'\"{}[],=<~.0123456789eExXoObBnNyYtT_+\\ar\x85\xa0\ufeff\u2028é🚢", max_size=12
)
_NUMBERS = st.from_regex(r"[-+.]?[0-9_.:eExXbo+-]{1,12}[TtZz ]?[0-9:]{0,4}", fullmatch=True)
_ANY = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20)
strings = st.one_of(
    st.sampled_from(STRINGS),
    _ODD,
    _NUMBERS,
    _ANY,
    st.lists(st.one_of(_ODD, _ANY, st.sampled_from(STRINGS)), min_size=2, max_size=5).map("\n".join),
    st.tuples(st.sampled_from(WORDS), st.sampled_from((" ", "", ":", " #", "\n", "\t")), _ANY).map("".join),
)
integers = st.one_of(st.sampled_from(INTEGERS), st.integers(-(2**63), 2**64 - 1))
floats = st.one_of(st.sampled_from(FLOATS), st.floats(allow_nan=False, allow_infinity=False))
scalars: st.SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), integers, floats, strings)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)),
    max_leaves=12,
)
"""Every JSON value, with the dangerous ones often."""


def same(left: object, right: object) -> bool:
    """Whether two values are equal in type too: 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return repr(left) == repr(right)
    return left == right


def same_json(value: object, read: object) -> bool:
    """Whether what Go's JSON says is the value. JSON has one zero, and Go writes a float such as 1.0 as 1."""
    if isinstance(value, float):
        return type(read) in (int, float) and float(read) == value  # type: ignore[arg-type]
    if isinstance(value, dict) and isinstance(read, dict):
        return value.keys() == read.keys() and all(same_json(value[key], read[key]) for key in value)
    if isinstance(value, list) and isinstance(read, list):
        return len(value) == len(read) and all(map(same_json, value, read))
    return type(value) is type(read) and value == read
