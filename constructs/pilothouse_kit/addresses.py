"""Addresses: names of hosts, IP addresses and networks, as the API server takes them."""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def is_host(text: str) -> bool:
    """Whether a text is a DNS name: not an address, lower case, no dot at its end."""
    address = text.replace(".", "").isdecimal()
    return not address and len(text) <= 253 and _HOST.fullmatch(text) is not None


def host_problems(argument: str, host: str, *, wildcard: bool = True) -> list[str]:
    """What is wrong with the name of a host.

    :param argument: the argument that it was given as, for messages.
    :param host: such as ``shop.example.com``.
    :param wildcard: whether ``*.example.com`` is one too.
    """
    if is_host(host.removeprefix("*.") if wildcard else host):
        return []
    return [f"{argument}: expected a DNS name in lower case, got {host!r}"]


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network with the number of its leading bits; Python alone would take an address and a mask for one too.

    :raises ValueError: where it is none, or its address is not the network's first one.
    """
    if not text.rpartition("/")[2].isdecimal() or "/" not in text or "%" in text:
        raise ValueError(f"expected a network such as 10.0.0.0/8, got {text!r}")
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"expected a network such as 10.0.0.0/8, got {text!r}: {error}") from None


def endpoint_family(text: str) -> int:
    """4 or 6 for an address that endpoints may have.

    :raises ValueError: for what is no address, and for those that mean another machine to each who asks.

    Source: Kubernetes API reference, EndpointSlice.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"expected IP addresses, got {text!r}") from None
    if "%" in text or address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        raise ValueError(f"{text} is no address of one machine that every node reaches")
    return address.version
