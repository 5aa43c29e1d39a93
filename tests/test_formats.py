"""What the API server takes as a name, a port or an address."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse import formats

LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
SUBNETS = st.builds(
    lambda address, prefix: ip_network((address, prefix), strict=False), st.ip_addresses(v=4), st.integers(0, 32)
)


@given(st.lists(LABEL, min_size=1, max_size=5).map(".".join))
def test_names_of_labels_are_hosts(name: str) -> None:
    assert formats.subdomain(name) == formats.host(name) == formats.host(f"*.{name}") == ""


@given(st.text(max_size=20))
def test_a_host_holds_nothing_but_labels(name: str) -> None:
    labels = name.removeprefix("*.").split(".")
    plain = all(label and label.isascii() and label.strip("-") == label and "*" not in label for label in labels)
    letters = all(
        character.islower() or character.isdigit() or character in "-." for character in name.removeprefix("*.")
    )
    assert (formats.host(name) == "") == (plain and letters)


@pytest.mark.parametrize(
    "host", ["", "*", "*.", "a.*.b", "*a.b", "a_b", "A.b", "a..b", ".a", "a.", "a:80", "a/b", "a\n"]
)
def test_no_hosts(host: str) -> None:
    assert formats.host(host) != ""


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("http", True),
        ("8080-a", True),
        ("a" * 15, True),
        ("a" * 16, False),
        ("8080", False),
        ("a--b", False),
        ("-a", False),
        ("a-", False),
        ("A", False),
        ("a_b", False),
        ("", False),
        ("a\n", False),
    ],
)
def test_names_of_ports(name: str, fine: bool) -> None:
    assert (formats.port(name) == "") == fine


@given(st.integers())
def test_numbers_of_ports(number: int) -> None:
    assert (formats.port(number) == "") == (0 < number < 65536)


@given(st.ip_addresses())
def test_every_address_is_read(address: object) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    assert formats.address(str(address), strict=True) == (None if mapped else address)
    assert formats.address(str(address), strict=False) == (mapped or address)


def test_leading_zeros_are_refused_since_they_may_be_octal() -> None:
    assert formats.address("010.001.000.009", strict=True) is None
    assert str(formats.address("010.001.000.009", strict=False)) == "10.1.0.9"
    assert formats.subnet("10.0.0.1/8", strict=True) is None
    assert formats.subnet("10.0.0.1/08", strict=False) is not None


@pytest.mark.parametrize(
    "value", ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "a", "fe80::1%eth0", "1 0.0.0.1", "::g", "１.1.1.1"]
)
@pytest.mark.parametrize("strict", [True, False])
def test_no_addresses(value: str, strict: bool) -> None:
    assert formats.address(value, strict=strict) is None


@pytest.mark.parametrize(
    "value", ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0.0/-1", "/8", "10.0.0.0/8/8"]
)
def test_no_subnets(value: str) -> None:
    assert formats.subnet(value, strict=False) is None


@given(SUBNETS, SUBNETS)
def test_a_subnet_lies_within_one_that_holds_it_and_more(inner: object, outer: object) -> None:
    one, other = formats.subnet(str(inner), strict=True), formats.subnet(str(outer), strict=True)
    assert one is not None and other is not None
    assert formats.within(one, other) == (inner != outer and inner.subnet_of(outer))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("selector", "paths"),
    [
        ({}, []),
        ({"matchLabels": {"app": "web", "example.com/app": ""}}, []),
        ({"matchLabels": {"a b": "web"}}, [("matchLabels", "a b")]),
        ({"matchLabels": {"app": "a b"}}, [("matchLabels", "app")]),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}, []),
        ({"matchExpressions": [{"key": "app", "operator": "In"}]}, [("matchExpressions", 0, "values")]),
        (
            {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["a"]}]},
            [("matchExpressions", 0, "values")],
        ),
        ({"matchExpressions": [{"key": "app", "operator": "Like"}]}, [("matchExpressions", 0, "operator")]),
        ({"matchExpressions": [{"key": "/", "operator": "Exists"}]}, [("matchExpressions", 0, "key")]),
        (
            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}]},
            [("matchExpressions", 0, "values", 0)],
        ),
    ],
)
def test_selectors(selector: dict[str, object], paths: list[tuple[object, ...]]) -> None:
    assert [path for path, _ in formats.label_selector(selector)] == paths
