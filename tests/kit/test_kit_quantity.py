"""Quantities, held against the API server's own reader."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.quantity import parse
from tests.go_program import built as go_built

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
SUFFIXES = [*DECIMAL, *BINARY]

NUMBERS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "+", "-"]),
    st.integers(0, 10**12) | st.sampled_from(["0", "00", "007"]),
    st.sampled_from(["", ".", ".5", ".25", ".000000001", ".0000000001", ".999999999999"]),
)
QUANTITIES = st.builds(
    "{}{}".format,
    NUMBERS,
    st.sampled_from(SUFFIXES)
    | st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-", "0"]), st.integers(0, 30)),
)
ANYTHING = st.text(st.sampled_from("0159.+-eEinumkKMGTPx "), max_size=8)

Go = Callable[[object], "Decimal | None"]


@pytest.fixture(scope="session")
def go() -> Iterator[Go]:
    """What the API server reads; None for what it refuses."""
    program = go_built(Path(__file__).parent / "goquantity")
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def read(quantity: object) -> Decimal | None:
            requests.write(json.dumps(quantity).encode() + b"\n")
            requests.flush()
            answer = answers.readline().decode().rstrip("\n")
            return Decimal(answer[1:]) if answer.startswith("+") else None

        yield read
        process.stdin.close()


def read(quantity: object) -> Decimal | None:
    try:
        return parse(quantity)  # type: ignore[arg-type]
    except ValueError:
        return None


@settings(max_examples=1000)
@given(QUANTITIES | NUMBERS.map(lambda number: f" {number} "))
def test_a_quantity_is_what_the_api_server_reads(go: Go, quantity: str) -> None:
    expected = go(quantity)
    assert expected is not None
    assert parse(quantity) == expected


@settings(max_examples=1000)
@given(ANYTHING)
def test_what_the_api_server_refuses_is_refused(go: Go, text: str) -> None:
    found = read(text)
    expected = go(text)
    # Without a digit in front, the API server reads 0; a person who wrote it meant something else.
    digits = any(character.isdecimal() for character in text.partition("e")[0].partition("E")[0])
    if digits or expected is None:
        assert found == expected


@given(st.integers(-(10**12), 10**12), st.sampled_from(SUFFIXES))
def test_a_suffix_is_its_power(number: int, suffix: str) -> None:
    with localcontext() as exact:
        exact.prec = 100
        factor = Decimal(10) ** DECIMAL[suffix] if suffix in DECIMAL else Decimal(2) ** BINARY[suffix]
        expected = number * factor
        if suffix in BINARY:
            expected = max(min(expected, Decimal(2**63 - 1)), Decimal(-(2**63 - 1)))
        assert parse(f"{number}{suffix}") == expected


@given(st.integers(-(10**9), 10**9), st.integers(-9, 30), st.sampled_from("eE"))
def test_an_exponent_is_a_power_of_ten(number: int, exponent: int, letter: str) -> None:
    assert parse(f"{number}{letter}{exponent}") == Decimal(number).scaleb(exponent)


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("0.5", "0.5"),
        ("500m", "0.5"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1e+3", "1000"),
        ("1Ki", "1024"),
        ("12E", "12000000000000000000"),
        ("1e-3", "0.001"),
        ("1.", "1"),
        (".5", "0.5"),
        ("1.G", "1000000000"),
        ("+1", "1"),
        ("128974848", "128974848"),
        ("129e6", "129000000"),
        ("129M", "129000000"),
        ("128974848000m", "128974848"),
        ("123Mi", "128974848"),
        (0.5, "0.5"),
        (1e-05, "0.00001"),
        (3, "3"),
        ("0.1n", "0.000000001"),
        ("-0.1n", "-0.000000001"),
        ("100Ei", "9223372036854775807"),
    ],
)
def test_a_quantity_of_the_documentation_is_read(go: Go, quantity: str | float, number: str) -> None:
    assert parse(quantity) == Decimal(number) == go(quantity)


REFUSED = [
    "",
    "1 Gi",
    "1gi",
    "1ki",
    "1K",
    "1e",
    "1E+",
    "1e3m",
    "1m3",
    "1e-5n",
    "1Gib",
    "1.1.1",
    "1,5",
    "1_0",
    "٣",
    "+-1",
]


@pytest.mark.parametrize("quantity", [*REFUSED, True])
def test_what_is_no_quantity_is_refused_by_both(go: Go, quantity: object) -> None:
    assert go(quantity) is None
    with pytest.raises(ValueError, match="expected a quantity such as 500m or 128Mi, got "):
        parse(quantity)  # type: ignore[arg-type]


@pytest.mark.parametrize("quantity", ["Gi", "m", ".", "+", "e3", "1e10000", "1e99999999999999999999", "nan", "inf"])
def test_what_nobody_can_mean_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match="expected a quantity"):
        parse(quantity)


@given(st.text(max_size=20) | st.floats() | st.integers() | st.none() | st.booleans())
def test_whatever_is_given_there_is_a_number_or_a_value_error(quantity: object) -> None:
    found = read(quantity)
    assert found is None or found.is_finite()
