"""Quantities in every form that Kubernetes writes; tests/kit holds them against the API server's own reader."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.quantity import amounts, parse


@given(
    st.integers(0, 10**9), st.sampled_from(["", "n", "u", "m", "k", *"MGTPE", *(f"{letter}i" for letter in "KMGTPE")])
)
def test_a_quantity_is_its_number_times_its_suffix(number: int, suffix: str) -> None:
    amount = parse(f"{number}{suffix}")
    for other, factor in (("m", 1000), ("u", 10**6), ("", 1)):
        if suffix == "":
            assert parse(f"{number * factor}{other}") == amount
    if suffix.endswith("i"):
        assert amount == min(number * 2 ** (10 * ("KMGTPE".index(suffix[0]) + 1)), 2**63 - 1)
    assert parse(f"-{number}{suffix}") == -amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("1e3", "1000"), ("1E3", "1000"), (".5", "0.5"), ("5.", "5"), (2, "2"), (0.5, "0.5")],
        *[("1E", str(10**18)), ("1Ei", str(2**60)), ("+1", "1")],
    ],
)
def test_every_form_of_a_quantity(text: Any, expected: str) -> None:
    assert parse(text) == Decimal(expected)


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1GI", "1e", "x", None, True, [], "1e1.5", "1K"])
def test_what_is_no_quantity(text: Any) -> None:
    with pytest.raises(ValueError, match="expected a quantity"):
        parse(text)


def test_of_what_anyone_wrote_only_quantities_count() -> None:
    assert amounts({"cpu": "500m", "memory": "much", "pods": 3}) == {"cpu": Decimal("0.5"), "pods": 3}
    assert amounts(None) == amounts("x") == {}
