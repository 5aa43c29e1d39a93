"""Text in Markdown is read back as it is, by the rules of CommonMark and of the forges."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pilothouse.report.markdown import block, code, prose, raw
from pilothouse.report.text import one_line, visible
from tests.report.markup import Seen
from tests.report.report_findings import texts

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
CALL = re.compile(r"[@#!$%~&]\w")
hostile = (
    texts
    | st.sampled_from(["```", "````", "~~~", "</details>", "<!--", "@all", "| a |"])
    | st.text(st.sampled_from("`*_{}[]()|~$<>&#@!\\ \n-+1.:/ab"), max_size=40)
)


def read(markdown: str) -> Seen:
    return Seen(READER.render(markdown))


@given(hostile)
def test_prose_is_read_as_it_was_and_calls_nobody(text: str) -> None:
    seen = read(f"- x {prose(text)} x\n")
    said = "".join(seen.words).strip()
    assert seen.tags == {"ul", "li"}
    assert not CALL.search(said)
    assert said.replace("\u200b", "").split() == f"x {one_line(text)} x".split()


@given(hostile)
def test_prose_does_not_leave_its_cell(text: str) -> None:
    seen = read(f"| a | b |\n|---|---|\n| {prose(text)} | end |\n")
    assert seen.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert [word for word in seen.words if word.strip()][-1] == "end"


@given(hostile)
def test_code_is_read_as_it_was(text: str) -> None:
    seen = read(f"x {code(text)} x\n")
    assert [each.strip() for each in seen.code] == [one_line(text, 300).strip()]
    assert "".join(seen.words).split() == ["x", "x"]


@given(st.lists(hostile, max_size=5))
def test_a_block_is_read_line_by_line(lines: list[str]) -> None:
    seen = read(f"{block(lines, 'diff')}\n\nend\n")
    assert seen.code == ["".join(f"{visible(line)}\n" for line in lines)]
    assert "".join(seen.words).strip() == "end"


@given(hostile)
def test_a_summary_is_read_as_it_was_and_calls_nobody(text: str) -> None:
    seen = read(f"<details>\n<summary>x {raw(text)} x</summary>\n\nend\n\n</details>\n")
    assert seen.tags == {"details", "summary", "p"}
    assert not CALL.search("".join(seen.words))
    assert "".join(seen.words).replace("\u200b", "").split() == ["x", *one_line(text, 300).split(), "x", "end"]
