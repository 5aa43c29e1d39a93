"""Text that is YAML, or nearly: pieces, whole documents, and strategies made of them."""

from __future__ import annotations

from hypothesis import strategies as st

YAML_PIECES = (
    *(
        "a",
        "b",
        "key",
        "x y",
        "1",
        "true",
        '"q"',
        "'s'",
        '"a\\nb"',
        '"\\x41\\u00e9\\/\\e"',
        "- ",
        "-",
        "? ",
        ": ",
        ":",
        "\n",
        "\n",
    ),
    *(
        "\n  ",
        "\n    ",
        "\n ",
        "  ",
        " ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "#c",
        " # c\n",
        "|",
        ">",
        "|-",
        ">+",
        "|2",
        ">1-",
    ),
    *(
        "&a ",
        "*a",
        "&b ",
        "*b",
        "!!str ",
        "!foo ",
        "!!int ",
        "!!float ",
        "! ",
        "!<tag:yaml.org,2002:int> ",
        "<<: ",
        "<<",
        "---",
    ),
    *("%YAML 1.1\n", "%YAML 1.2\n", "%TAG !e! tag:e,1:\n", "!e!x ", "\t", "\r\n", "é", "~", "null", "=", "@", "`", "%"),
    *(
        "''",
        '"',
        "'",
        "\\",
        "- - ",
        "a: ",
        "b: ",
        "c:\n",
        "- a: 1\n",
        "  b: 2\n",
        "\n- ",
        "\n  - ",
        "\n\n",
        ".",
        "0x1",
        "1e3",
    ),
)
"""Pieces of YAML, of which anything may come together."""

YAML_TEXTS = (
    "a: &x {b: 1, c: [1,2]}\nd: *x\ne:\n  <<: *x\n  b: 2\n  f: [*x, *x]\n",
    "a: |\n  t\n   u\n\n  v\nb: >-\n  x\n  y\n\n  z\nc: 'it''s'\nd: \"a\\\n  b\"\n",
    "- 1\n- - 2\n  - 3\n-\n  a: b\n- ? x\n  : y\n- {a: 1, 'b': 2, \"c\": [x, y,]}\n",
    "x: {a: [1, {b: c}], d: e f, g:h: i}\ny: [a:b, 'c':d, \"e\":f, {g}]\n",
    "k: v # c\n# c\nl:   w  \n\"q k\": 1\n'r': 2\nm: a\n  b\n  c\n",
    "a:\n- b\n- c:\n  - d\n  e: |+\n    t\n\n  f: 1\ng: !!str 1\nh: &z\ni: *z\n",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports:\n  - port: 80\n    name: http\n",
)
"""Whole texts that show every construct; a few pieces put in or taken out make them odd."""


@st.composite
def broken_yaml(draw: st.DrawFn) -> str:
    """A whole text with a few pieces put in, replaced or taken out."""
    text = draw(st.sampled_from(YAML_TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 2))
        text = text[:start] + draw(st.sampled_from(("", *YAML_PIECES))) + text[end:]
    return text


yaml_texts = st.one_of(st.lists(st.sampled_from(YAML_PIECES), min_size=1, max_size=14).map("".join), broken_yaml())
"""Text that is YAML, or nearly."""


_MANIFEST = """\
# made by hand
apiVersion: v1
kind: ConfigMap
metadata:
  name: x
  labels: {}
spec:
  ports:
  - port: 80
    name: "http"
  -  - a
     - b
  - - 1
    - c: 'it''s'
      d:
  args: []
  -
data:
  text: |
    one
      two

    three
  last: |-
    x
  more: |+
    y

status:
"""


@st.composite
def nearly_ordinary_yaml(draw: st.DrawFn) -> str:
    """A manifest whose lines were moved, doubled, dropped, or cut."""
    lines = draw(st.sampled_from((_MANIFEST, _MANIFEST.replace("  -\n", "").replace("-  -", "- -")))).split("\n")[:-1]
    start = draw(st.integers(0, len(lines) - 1))
    lines = lines[start : start + draw(st.integers(1, 30))]
    for _ in range(draw(st.integers(0, 3))):
        index = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(("in", "out", "drop", "double", "cut", "put", "all")))
        line = lines[index]
        if kind == "in":
            lines[index] = " " * draw(st.integers(1, 3)) + line
        elif kind == "out":
            lines[index] = line[draw(st.integers(1, 2)) :]
        elif kind == "drop" and len(lines) > 1:
            del lines[index]
        elif kind == "double":
            lines.insert(index, draw(st.sampled_from(lines)))
        elif kind == "cut":
            lines[index] = line[: draw(st.integers(0, len(line)))] + draw(
                st.sampled_from(("", " ", "\t", ":", " #", "x"))
            )
        elif kind == "put":
            put = (
                "",
                " ",
                "   ",
                "\t",
                "# c",
                "  # c",
                "---",
                "...",
                "- x",
                "  - y",
                "z: 1",
                "  z:",
                "|",
                "x",
                "    w",
                '"q": 1',
            )
            lines.insert(index, draw(st.sampled_from(put)))
        else:
            lines = ["  " + other for other in lines]
    return "\n".join(lines) + draw(st.sampled_from(("\n", "\n", "", "\n\n", "\n  ")))
