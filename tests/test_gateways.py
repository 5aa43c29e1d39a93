"""Which hosts fall under two hostnames of the Gateway API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.gateways import meet

LABELS = st.lists(st.sampled_from(["a", "b", "example"]), min_size=1, max_size=3).map(".".join)
NAMES = st.one_of(LABELS, LABELS.map("*.{}".format), st.just(""))


def serves(hostname: str, host: str) -> bool:
    """Whether one host falls under a hostname, as the reference says it."""
    if not hostname:
        return True
    return host.endswith(hostname[1:]) and host != hostname[2:] if hostname.startswith("*.") else host == hostname


@given(NAMES, NAMES)
def test_two_hostnames_meet_where_a_host_falls_under_both(one: str, other: str) -> None:
    deeper = [f"x.{name.removeprefix('*.')}".strip(".") for name in (one, other)]
    hosts = [*deeper, *(f"y.{name}" for name in deeper), one, other, "z"]
    assert meet(one, other) == meet(other, one)
    assert meet(one, other) == any(
        host and "*" not in host and serves(one, host) and serves(other, host) for host in hosts
    )


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("*.example.com", "shop.example.com", True),
        ("*.example.com", "a.shop.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "*.shop.example.com", True),
        ("*.example.com", "*.example.org", False),
        ("*.ample.com", "*.example.com", False),
        ("Shop.example.com", "shop.Example.com", True),
    ],
)
def test_wildcards(one: str, other: str, met: bool) -> None:
    assert meet(one, other) is met is meet(other, one)
