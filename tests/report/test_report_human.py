"""What a person reads at a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.finding import Finding, Position, Severity
from pilothouse.report import human
from pilothouse.report.text import columns
from tests.report.report_findings import any_findings, finding, texts

SOURCE = """\
class Kubia(Chart[KubiaValues]):
    def build(self) -> None:
        Service(self, "kubia", selects=web)

        Ingress(self, "kubia")
"""


def read_lines(file: str) -> list[str]:
    if file != "charts/kubia.py":
        raise FileNotFoundError(file)
    return SOURCE.splitlines()


def render(*findings: Finding, colour: bool = False, width: int = 100, advice: bool = True) -> str:
    return human.render(findings, colour=colour, width=width, advice=advice, read_lines=read_lines)


def test_a_finding_with_its_line_and_its_fix() -> None:
    shown = render(finding(fix="make the selector match the pods' labels", environment="dev"))
    assert shown == (
        "error[SVC001] charts/kubia.py:3:9 Service custom-namespace/kubia spec.selector (dev)\n"
        "  selects no pod of this stack\n"
        "  2 |     def build(self) -> None:\n"
        '> 3 |         Service(self, "kubia", selects=web)\n'
        "    |         ^\n"
        "  fix: make the selector match the pods' labels\n"
        "\n"
        "1 error in dev\n"
    )


def test_the_same_finding_in_several_environments_stands_once() -> None:
    shown = render(*(finding(environment=name) for name in ("dev", "staging", "prod")), finding("SVC002"))
    assert shown.count("error[SVC001]") == 1
    assert "spec.selector (dev, staging, prod)\n" in shown
    assert shown.endswith("\n2 errors in 3 environments\n")


def test_errors_come_first_then_file_and_line() -> None:
    shown = render(
        finding("A1", Severity.ADVICE, file="a.py", line=1),
        finding("W1", Severity.WARNING, file="b.py", line=10),
        finding("W2", Severity.WARNING, file="b.py", line=9),
        finding("E1", file="z.py", line=1),
        finding("E2", file="b.py", line=7, column=5),
        finding("E3", file="b.py", line=7, column=None),
    )
    assert re.findall(r"\[(\w\d)\]", shown) == ["E3", "E2", "E1", "W2", "W1", "A1"]
    assert shown.endswith("\n3 errors, 2 warnings, 1 piece of advice\n")


def test_advice_is_counted_and_shown_to_who_asks() -> None:
    advice = [finding("A1", Severity.ADVICE, line=line, environment="dev") for line in (1, 2)]
    assert render(*advice, advice=False) == "2 pieces of advice in dev (--advice shows the advice)\n"
    shown = render(finding("W1", Severity.WARNING), *advice, advice=False)
    assert re.findall(r"\[(\w\d)\]", shown) == ["W1"]
    assert shown.endswith("\n\n1 warning, 2 pieces of advice in dev (--advice shows the advice)\n")
    assert render(*advice).endswith("\n\n2 pieces of advice in dev\n")


def test_other_places_are_named_once() -> None:
    shown = render(finding(related=(Position("b.yaml", 7, 2), Position("b.yaml", 7, 2), Position("c.yaml", 1))))
    assert "\n  see also b.yaml:7:2, c.yaml:1\n" in shown


def test_many_findings_of_one_check_are_counted_by_file() -> None:
    many = [finding("Q1", Severity.WARNING, file=f"m/{number % 30:02}.yaml", line=number) for number in range(1, 2001)]
    shown = render(*many, finding("W2", Severity.WARNING, file="a.yaml"), finding("Z1", file="z.yaml"))
    assert re.findall(r"^\w+\[(\w\d)\]", shown, re.MULTILINE) == ["Z1", "W2", "Q1", "Q1", "Q1", "Q1", "Q1", "Q1"]
    assert "\nwarning[Q1] 1,995 more like these (--format json shows all of them):\n  67 in m/01.yaml\n" in shown
    assert shown.count(" in m/") == 10
    assert "in 20 more files\n" in shown
    assert sum(int(count.replace(",", "")) for count in re.findall(r"^ +([\d,]+) in ", shown, re.MULTILINE)) == 1995
    assert shown.endswith("\n1 error, 2001 warnings\n")
    assert len(render(*many[:20]).split("\n\n")) == 21, "twenty are not too many"


def test_nothing_found_is_no_text() -> None:
    assert render() == ""


def test_colours_only_when_asked() -> None:
    one = finding(environment="dev", fix="x")
    assert "\x1b" not in render(one)
    coloured = render(one, colour=True)
    assert coloured.startswith("\x1b[1;31merror[SVC001]\x1b[0m ")
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(one)


def test_a_file_that_cannot_be_read_only_lacks_its_line() -> None:
    assert render(finding(file="gone.py")).splitlines()[1:] == ["  selects no pod of this stack", "", "1 error"]


@pytest.mark.parametrize("line", [0, -1, 6, 10**9])
def test_a_line_that_is_not_there_is_not_shown(line: int) -> None:
    assert "|" not in render(finding(line=line))


def test_a_file_is_read_once() -> None:
    read = []

    def noted(file: str) -> list[str]:
        read.append(file)
        return read_lines(file)

    human.render([finding("A"), finding("B")], colour=False, width=80, advice=True, read_lines=noted)
    assert read == ["charts/kubia.py"]


def test_escape_sequences_are_shown_and_not_obeyed() -> None:
    shown = render(finding(message="\x1b]0;owned\x07 \u202eevil\x00", object="Pod a\rerror[X]"))
    assert "\\x1b]0;owned\\x07 \\u202eevil\\x00" in shown
    assert "Pod a error[X] spec.selector" in shown


def test_a_message_of_many_lines_cannot_pretend_to_be_another_finding() -> None:
    shown = render(finding(message="first\nerror[FAKE] x.py:1 Pod\n\n1 error"))
    assert "  first error[FAKE] x.py:1 Pod 1 error\n" in shown


def test_long_texts_are_cut_and_the_rest_is_wrapped() -> None:
    shown = render(finding(message="word " * 2000, fix="y" * 10_000), width=60)
    message = [line for line in shown.splitlines() if line.startswith("  word")]
    assert all(len(line) <= 60 for line in message)
    assert " ".join(line.strip() for line in message).endswith("…")
    assert sum(map(len, message)) < 1200
    assert len(shown) < 4000


def test_the_mark_stands_below_its_column_behind_tabs_and_wide_characters() -> None:
    line = '\tx("日本", web)'
    shown = human.render(
        [finding(file="a.py", line=1, column=line.index("web") + 1)],
        colour=False,
        width=80,
        advice=True,
        read_lines=lambda file: [line],
    )
    source, mark = (text for text in shown.splitlines() if "|" in text)
    # The gutter has 6 columns, a tab 4, and each of the two wide characters 2.
    assert source == '> 1 |     x("日本", web)'
    assert mark.index("^") == 6 + 4 + len('x("') + 2 * 2 + len('", ')


@given(
    st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=300), st.integers(1, 300), st.integers(1, 90)
)
def test_the_mark_points_at_the_character_of_its_column(line: str, column: int, width: int) -> None:
    shown = human.render(
        [finding(file="b.yaml", line=1, column=column)], colour=False, width=width, read_lines=lambda file: [line]
    )
    below = [text for text in shown.splitlines() if text.startswith("    |")]
    assert all(columns(text) <= max(width, 40) for text in shown.splitlines()[2:-2])
    if column > len(line) + 1:
        assert not below
    elif below and column <= len(line) and line[column - 1].isprintable() and line[column - 1] != " ":
        (source,) = (text for text in shown.splitlines() if text.startswith("> 1 |"))
        at = columns(below[0]) - 1
        assert any(columns(source[:index]) == at and source[index] == line[column - 1] for index in range(len(source)))


def test_tabs_are_blanks_where_no_column_is_known_too() -> None:
    shown = human.render(
        [finding(file="a.py", line=1, column=None)], colour=False, width=80, read_lines=lambda file: ["\tx\ty"]
    )
    assert "> 1 |     x   y\n" in shown


def test_a_long_line_is_shown_around_its_column() -> None:
    line = "x = [" + "a, " * 200 + "wrong, " + "b, " * 200 + "]"
    shown = human.render(
        [finding(file="a.py", line=1, column=line.index("wrong") + 1)],
        colour=False,
        width=60,
        read_lines=lambda file: [line],
    )
    source, mark = (text for text in shown.splitlines() if "|" in text)
    assert source[mark.index("^") :].startswith("wrong")
    assert source.startswith("> 1 | …")
    assert source.endswith("…")
    assert len(source) <= 60


HIDDEN = "hunter2"


@pytest.mark.parametrize(
    "line",
    [
        f"password: {HIDDEN}",
        f'    data={{"db-password": "{HIDDEN}"}},',
        f"DB_TOKEN = '{HIDDEN}'",
        f'env("API_KEY", "{HIDDEN}")',
        f"PrivateKey: |- {HIDDEN}",
        f"  clientSecret: '{HIDDEN}'",
    ],
)
def test_no_line_shows_what_stands_behind_a_telling_word(line: str) -> None:
    for file in ("a.py", "a.yaml"):
        shown = human.render(
            [finding(file=file, line=2)], colour=False, width=100, read_lines=lambda file: [line, line, line]
        )
        assert "2 |" in shown
        assert HIDDEN not in shown


def test_a_secret_is_not_shown_at_all() -> None:
    shown = human.render(
        [finding(file="a.py", line=1, object="Secret shop/db")],
        colour=False,
        width=100,
        read_lines=lambda file: [f'Secret(self, "db", data={{"key": "{HIDDEN}"}})'],
    )
    assert HIDDEN not in shown


def test_the_neighbours_of_a_line_of_yaml_are_not_shown() -> None:
    shown = human.render(
        [finding(file="all.yaml", line=2)], colour=False, width=100, read_lines=lambda file: [HIDDEN, "spec:", HIDDEN]
    )
    assert "> 2 | spec:" in shown
    assert HIDDEN not in shown


@given(any_findings, st.booleans(), st.integers(-5, 200), st.lists(texts, max_size=4))
def test_any_findings_make_safe_text(findings: list[Finding], colour: bool, width: int, lines: list[str]) -> None:
    shown = human.render(findings, colour=colour, width=width, advice=True, read_lines=lambda file: lines)
    shown.encode("utf-8")
    plain = re.sub(r"\x1b\[(?:0|[12]|1;3[136])m", "", shown) if colour else shown
    assert all(line.isprintable() for line in plain.split("\n"))
    assert human.render(findings, colour=colour, width=width, advice=True, read_lines=lambda file: lines) == shown
