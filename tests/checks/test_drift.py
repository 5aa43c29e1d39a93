"""Environments beside each other: which of them is production, and what a run of some of them says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks.environments import _version, is_production


@pytest.mark.parametrize("name", ["prod", "production", "eu-prod", "prod-2", "live"])
def test_names_of_production(name: str) -> None:
    assert is_production(name)


@pytest.mark.parametrize(
    "name", ["dev", "preprod", "pre-prod", "nonprod", "product", "staging", "prod-like", "delivery"]
)
def test_names_of_others(name: str) -> None:
    assert not is_production(name)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_tags_are_compared_as_numbers(one: list[int], other: list[int]) -> None:
    first, second = (_version(f"registry:5000/a/web:v{'.'.join(map(str, each))}") for each in (one, other))
    assert first is not None and second is not None
    assert (first[1] < second[1]) == (one < other)
    assert first[0] == second[0] == "web"


@pytest.mark.parametrize("image", ["web", "web:latest", "web@sha256:1234", "web:1.2-rc1", None, "registry:5000/web"])
def test_what_is_no_version_is_not_compared(image: str | None) -> None:
    assert _version(image) is None
