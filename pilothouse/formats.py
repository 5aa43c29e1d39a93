"""Formats: what the API server takes as a port, a host, a label or an address; each says what was expected instead.

Source: Kubernetes documentation, "Object Names and IDs" and "Labels and Selectors"; RFC 1035, 1123 and 6335; the API
server's own validation where it takes more or less than those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.schemas.lifecycle import number

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_PORT_NAME = re.compile(r"(?=[-0-9]*[a-z])[a-z0-9]+(-[a-z0-9]+)*\Z")
_OF_ADDRESSES = re.compile(r"[0-9A-Fa-f:.]+\Z")
_KEY_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\Z")

STRICT_ADDRESSES = "1.36"
"""The minor since which an address has no leading zeros, and a subnet no bits behind its mask. Source: KEP-4858."""

Address = IPv4Address | IPv6Address


def port_number(value: int) -> str:
    """What is wrong with the number of a port; empty where nothing is."""
    return "" if 1 <= value <= 65535 else "expected 1 to 65535"


@lru_cache(4096)
def port_name(value: str) -> str:
    """What is wrong with the name of a container's port; empty where nothing is."""
    if len(value) <= 15 and _PORT_NAME.match(value):
        return ""
    return "expected at most 15 lower-case letters, digits and single '-', a letter among them"


def port(value: Any) -> str:
    """What is wrong with a port's number or name; empty where nothing is, and for what is neither."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return port_name(value) if isinstance(value, str) else port_number(value)


@lru_cache(4096)
def dns_label(value: str) -> str:
    """What is wrong with a DNS label; empty where nothing is."""
    if len(value) <= 63 and _LABEL.match(value):
        return ""
    return "expected at most 63 lower-case letters, digits and '-', a letter or digit first and last"


@lru_cache(4096)
def subdomain(value: str) -> str:
    """What is wrong with a DNS name; empty where nothing is."""
    if len(value) <= 253 and _SUBDOMAIN.match(value):
        return ""
    return "expected a DNS name of lower-case letters, digits, '-' and '.'"


def host(value: str) -> str:
    """What is wrong with a host, which may begin with ``*.``; empty where nothing is."""
    if "*" not in value:
        return subdomain(value)
    if len(value) <= 253 and value.startswith("*.") and _SUBDOMAIN.match(value[2:]):
        return ""
    return "expected '*.' and a DNS name behind it"


@lru_cache(4096)
def qualified_name(value: str) -> str:
    """What is wrong with a name that may have a DNS prefix and ``/``, as a label's key; empty where nothing is."""
    prefix, slash, name = value.rpartition("/")
    if slash and subdomain(prefix):
        return "expected a DNS name before '/'"
    if len(name) > 63 or not _KEY_NAME.match(name):
        return "expected at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last"
    return ""


@lru_cache(4096)
def label_value(value: str) -> str:
    """What is wrong with the value of a label; empty where nothing is."""
    if not value or (len(value) <= 63 and _KEY_NAME.match(value)):
        return ""
    return "expected at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last"


def labels(value: Any) -> Iterator[tuple[FieldPath, str]]:
    """What is wrong with a map of labels: the key as a path, and a sentence."""
    for key, wanted in mapping(value).items():
        if isinstance(key, str) and (problem := qualified_name(key)):
            yield (key,), f"the label {key!r} is none that an object can carry: {problem}"
        elif isinstance(wanted, str) and (problem := label_value(wanted)):
            yield (key,), f"the value {wanted!r} of {key} is none that a label can have: {problem}"


_VALUED = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}
"""Operator of a LabelSelector -> whether it has values."""


def label_selector(value: Any) -> Iterator[tuple[FieldPath, str]]:
    """What is wrong with a LabelSelector: the field as a path in it, and a sentence."""
    for path, problem in labels(mapping(value).get("matchLabels")):
        yield ("matchLabels", *path), problem
    for index, expression in mappings(mapping(value).get("matchExpressions")):
        at: FieldPath = ("matchExpressions", index)
        key, operator, values = expression.get("key"), expression.get("operator"), listing(expression.get("values"))
        if isinstance(key, str) and (problem := qualified_name(key)):
            yield (*at, "key"), f"the label {key!r} is none that an object can carry: {problem}"
        if isinstance(operator, str) and operator not in _VALUED:
            yield (*at, "operator"), f"there is no operator {operator!r}: expected {', '.join(_VALUED)}"
        elif isinstance(operator, str) and _VALUED[operator] is not bool(values):
            wanted = "at least one value" if _VALUED[operator] else "no values"
            yield (*at, "values"), f"{operator} goes with {wanted}, and {len(values)} stand here"
        for place, each in enumerate(values):
            if isinstance(each, str) and (problem := label_value(each)):
                yield (*at, "values", place), f"{each!r} is no value that a label can have: {problem}"


@lru_cache(4096)
def address(value: str, *, strict: bool) -> Address | None:
    """An IP address; None for what is none.

    :param value: as written.
    :param strict: whether leading zeros and IPv4 addresses mapped into IPv6 are refused, as since Kubernetes 1.36.
    """
    if not _OF_ADDRESSES.match(value):
        return None
    try:
        found = ip_address(value if strict else _without_zeros(value))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (None if strict else mapped) if mapped else found


def _without_zeros(value: str) -> str:
    return re.sub(r"(?<![0-9a-fA-F])0+(?=[0-9a-fA-F])", "", value)


@lru_cache(4096)
def subnet(value: str, *, strict: bool) -> tuple[Address, int] | None:
    """An IP subnet as its address and the length of its mask in bits; None for what is none.

    :param value: as written, such as ``10.0.0.0/8``.
    :param strict: as :func:`address` has it; and whether bits behind the mask are refused.
    """
    before, slash, mask = value.partition("/")
    found = address(before, strict=strict)
    if found is None or not slash or not (mask.isascii() and mask.isdecimal()):
        return None
    bits = int(mask) if len(mask) < 10 else 999
    if bits > found.max_prefixlen or (strict and (mask != str(bits) or int(found) % 2 ** (found.max_prefixlen - bits))):
        return None
    return found, bits


def within(inner: tuple[Address, int], outer: tuple[Address, int]) -> bool:
    """Whether one subnet lies in another and is smaller."""
    (one, length), (other, shorter) = inner, outer
    if one.version != other.version or shorter >= length:
        return False
    behind = one.max_prefixlen - shorter
    return int(one) >> behind == int(other) >> behind


def is_strict(minor: str) -> bool:
    """Whether the API server refuses addresses with leading zeros, and subnets with bits behind their mask.

    :param minor: of Kubernetes, such as ``1.36``.
    """
    return number(minor) >= number(STRICT_ADDRESSES)


def unreachable(address: Address) -> str:
    """Why nothing can be sent to an address from elsewhere; empty where it can."""
    if address.is_unspecified:
        return "it is the unspecified address"
    if address.is_loopback:
        return "it is a node's own, the loopback address"
    if address.is_link_local or (address.is_multicast and _is_local_multicast(address)):
        return "it is valid on one link only"
    return ""


def _is_local_multicast(address: Address) -> bool:
    return int(address) >> 8 == 0xE00000 if address.version == 4 else (int(address) >> 112) & 0xFF0F == 0xFF02
