"""Gateways: which of their listeners a route of the Gateway API is attached to.

Source: Gateway API reference, ParentReference, Listener and AllowedRoutes; GEP-724 and GEP-718.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references import selects
from pilothouse.stack import Stack

GROUP = "gateway.networking.k8s.io"
ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
"""The kinds of routes."""
BY_HOST = ("HTTPRoute", "GRPCRoute", "TLSRoute")
"""Those that have hostnames."""
ROUTES_OF: dict[str, tuple[str, ...]] = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""A listener's protocol -> the kinds of routes that it can serve. Other protocols are an implementation's own."""


class Listener(NamedTuple):
    """One listener of a Gateway."""

    gateway: Manifest
    place: int
    """Its place among the Gateway's listeners, from 0."""
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, unique within the Gateway."""
        return text(self.body.get("name"))

    @property
    def hostname(self) -> str:
        """The hosts that it serves; empty for all of them."""
        return text(self.body.get("hostname"))

    @property
    def protocol(self) -> str:
        """``HTTP``, ``HTTPS``, ``TLS``, ``TCP``, ``UDP``, or an implementation's own."""
        return text(self.body.get("protocol"))

    @property
    def path(self) -> FieldPath:
        """Where it stands in the Gateway."""
        return ("spec", "listeners", self.place)


class Parent(NamedTuple):
    """One Gateway that a route asks to be attached to."""

    route: Manifest
    path: FieldPath
    """Where the reference stands in the route."""
    ref: dict[str, Any]
    gateway: Manifest
    named: list[Listener]
    """The listeners that the reference names: those of its section and port, all where it says neither."""

    admitted: list[Listener]
    """Those of them that let a route of this kind in from this namespace."""


def listeners(gateway: Manifest) -> list[Listener]:
    """The listeners of a Gateway."""
    listed = mappings(mapping(gateway.body, "spec").get("listeners"))
    return [Listener(gateway, index, body) for index, body in listed]


def routes(stack: Stack) -> Iterator[Manifest]:
    """Every route of a stack."""
    for kind in ROUTES:
        yield from stack.of_kind(GROUP, kind)


_kept: WeakKeyDictionary[Stack, list[Parent]] = WeakKeyDictionary()


def parents(stack: Stack) -> list[Parent]:
    """Every Gateway of the stack that a route asks to be attached to; those that are elsewhere are left out.

    They are looked up once, however many ask.
    """
    found = _kept.get(stack)
    if found is None:
        found = _kept[stack] = list(_parents(stack))
    return found


def _parents(stack: Stack) -> Iterator[Parent]:
    known: dict[Identity, list[Listener]] = {}
    let_in: dict[tuple[Identity, int, str, str], bool] = {}
    for route in routes(stack):
        for index, ref in mappings(mapping(route.body, "spec").get("parentRefs")):
            if text(ref.get("group"), GROUP) != GROUP or text(ref.get("kind"), "Gateway") != "Gateway":
                continue
            identity = Identity(GROUP, "Gateway", text(ref.get("namespace")) or route.namespace, text(ref.get("name")))
            gateways = stack.by_identity.get(identity, [])
            if len(gateways) != 1:
                continue  # of two with one name OBJ003 tells
            if identity not in known:
                known[identity] = listeners(gateways[0])
            section, port = text(ref.get("sectionName")), ref.get("port")
            named = [
                each
                for each in known[identity]
                if section in ("", each.name) and (port is None or port == each.body.get("port"))
            ]
            admitted = []
            for each in named:
                key = (identity, each.place, route.kind, route.namespace)
                if key not in let_in:
                    let_in[key] = takes_kind(each, route) and takes_namespace(each, route, stack)
                if let_in[key]:
                    admitted.append(each)
            yield Parent(route, ("spec", "parentRefs", index), ref, gateways[0], named, admitted)


def hostnames(route: Manifest) -> list[tuple[int, str]]:
    """The hostnames of a route, each with its place; none for a route of every host that its listeners serve."""
    listed = listing(mapping(route.body, "spec").get("hostnames")) if route.kind in BY_HOST else []
    return [(index, name) for index, name in enumerate(listed) if isinstance(name, str) and name]


def meet(one: str, other: str) -> bool:
    """Whether there is a host that falls under both hostnames.

    :param one: a name; ``*.`` in front stands for one or more labels, and an empty one for every host.
    :param other: the same.
    """
    one, other = one.lower(), other.lower()
    if not one or not other or one == other:
        return True
    if one.startswith("*."):
        return other.endswith(one[1:]) or (other.startswith("*.") and one.endswith(other[1:]))
    return other.startswith("*.") and one.endswith(other[1:])


def takes_kind(listener: Listener, route: Manifest) -> bool:
    """Whether a listener serves routes of this kind."""
    kinds = [
        each.get("kind")
        for _, each in mappings(mapping(listener.body, "allowedRoutes").get("kinds"))
        if text(each.get("group"), GROUP) == GROUP
    ]
    if kinds and route.kind not in kinds:
        return False
    return route.kind in ROUTES_OF.get(listener.protocol, ROUTES)


def takes_namespace(listener: Listener, route: Manifest, stack: Stack) -> bool:
    """Whether a listener lets routes of this namespace in; True where its labels are not known."""
    namespaces = mapping(listener.body, "allowedRoutes", "namespaces")
    match namespaces.get("from", "Same"):
        case "Same":
            return route.namespace == listener.gateway.namespace
        case "None":
            return False
        case "Selector":
            labels = labels_of(route.namespace, stack)
            return labels is None or selects(mapping(namespaces, "selector"), labels)
    return True


def labels_of(namespace: str, stack: Stack) -> dict[str, Any] | None:
    """The labels of a namespace, with the one that Kubernetes itself gives it.

    :returns: None where the stack does not define the namespace.
    """
    for manifest in stack.by_identity.get(Identity("", "Namespace", "", namespace), []):
        return {**manifest.labels, "kubernetes.io/metadata.name": namespace}
    return None
