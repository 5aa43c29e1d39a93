"""Routes of VirtualServices by themselves: whether each is reached, and does what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import MESH, NETWORKING, gateways_of, spec
from pilothouse.stack import Stack

VIRTUAL_SERVICE = [(NETWORKING, "VirtualService")]


_PROTOCOLS = ("http", "tls", "tcp")


Match = dict[str, Any]


def routes(manifest: Manifest) -> Iterator[tuple[FieldPath, dict[str, Any], list[tuple[int, dict[str, Any]]]]]:
    """Every route with its place and its weighted destinations."""
    said = spec(manifest)
    for protocol in _PROTOCOLS:
        for index, route in mappings(said.get(protocol)):
            yield ("spec", protocol, index), route, mappings(route.get("route"))


def _covers(one: Match, other: Match) -> bool:
    """Whether a match takes every request that another takes: it asks for nothing that the other does not ask for."""
    for field, wanted in one.items():
        if field == "name" or wanted in (None, {}, []):
            continue
        given = other.get(field)
        if field in ("headers", "withoutHeaders", "queryParams", "sourceLabels") and isinstance(wanted, dict):
            had = mapping(given)
            if not all(key in had and had[key] == value for key, value in wanted.items()):
                return False
        elif field == "uri":
            if not _covers_path(mapping(wanted), mapping(given), bool(other.get("ignoreUriCase"))):
                return False
        elif field == "sniHosts" and isinstance(wanted, list) and isinstance(given, list):
            if any(host not in wanted for host in given):
                return False
        elif field == "ignoreUriCase":
            continue
        elif wanted != given:
            return False
    return True


def _covers_path(wanted: Match, given: Match, any_case: bool) -> bool:
    prefix = text(wanted.get("prefix"))
    if prefix == "/":
        return True
    if prefix and not any_case:
        return text(given.get("prefix")).startswith(prefix) or text(given.get("exact")).startswith(prefix)
    return wanted == given


def _shadowed(service: Manifest) -> Iterator[tuple[FieldPath, int | None, int, list[int]]]:
    """The routes of which a part is never reached: its place, the match (None for a route without), the earlier route
    that takes its requests; and the matches that are taken, of all."""
    said = spec(service)
    for protocol in _PROTOCOLS:
        earlier: list[tuple[int, Match]] = []
        for index, route in mappings(said.get(protocol)):
            matches: list[tuple[int | None, Match]] = [*mappings(route.get("match"))] or [(None, {})]
            taken: list[tuple[int | None, int]] = []
            own: list[tuple[int, Match]] = []
            for number, match in matches:
                by = next((before for before, each in chain(earlier, own) if _covers(each, match)), None)
                if by is not None:
                    taken.append((number, by))
                else:
                    own.append((index, match))
            for number, by in taken:
                yield ("spec", protocol, index), number, by, [len(taken), len(matches)]
            if not route.get("delegate"):
                earlier += own


@object_check(
    "VS010",
    Severity.WARNING,
    "a route that no request reaches",
    kinds=VIRTUAL_SERVICE,
    equals=("istioctl IST0130",),
)
def unreachable(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Routes are tried in their order, and the first whose match fits is taken. A route behind one that matches
    everything, or that takes the same requests, is never reached.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http:
      - directResponse: {status: 200}
      - {match: [{headers: {end-user: {exact: jason}}}], directResponse: {status: 403}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http:
      - {match: [{headers: {end-user: {exact: jason}}}], directResponse: {status: 403}}
      - directResponse: {status: 200}
    ```

    Source: Istio's reference, VirtualService, ``http``: "An ordered list of route rules".
    """
    said = set()
    for path, number, by, (taken, of) in _shadowed(manifest):
        if taken != of and number is not None:
            message = f"an earlier match, of route {by} of {path[1]}, takes every request of this one"
            place = (*path, "match", number)
            yield Problem(manifest, message, place, "remove the match, or put its route first", "VS011")
        elif taken == of and path not in said:
            said.add(path)
            message = f"no request reaches this route: route {by} of {path[1]}, before it, takes all of them"
            yield Problem(manifest, message, path, "put the narrower match first, or remove the route")


@object_check(
    "VS011",
    Severity.ADVICE,
    "a match that an earlier route takes already",
    kinds=(),
    equals=("istioctl IST0131",),
)
def ineffective(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """One of a route's matches takes requests that an earlier route has taken: it has no effect, and may show that the
    routes stand in the wrong order.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http:
      - {match: [{uri: {prefix: /api}}], directResponse: {status: 200}}
      - {match: [{uri: {prefix: /api/v2}}, {uri: {prefix: /web}}], directResponse: {status: 403}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.example.com]
      http:
      - {match: [{uri: {prefix: /api/v2}}, {uri: {prefix: /web}}], directResponse: {status: 403}}
      - {match: [{uri: {prefix: /api}}], directResponse: {status: 200}}
    ```
    """
    return iter(())  # the look of VS010 finds it


_TOGETHER = (
    ("route", "redirect"),
    ("route", "directResponse"),
    ("fault", "redirect"),
    ("fault", "directResponse"),
    ("rewrite", "redirect"),
    ("rewrite", "directResponse"),
    ("redirect", "directResponse"),
    ("mirror", "mirrors"),
    ("delegate", "route"),
    ("delegate", "redirect"),
)
"""Fields of a route that Istio's webhook refuses together."""


_ALONE = frozenset(chain.from_iterable(_TOGETHER))


_DOING = frozenset({"route", "redirect", "directResponse", "delegate"})


@object_check(
    "VS015", Severity.ERROR, "a route that Istio refuses", kinds=VIRTUAL_SERVICE, equals=("istioctl IST0106",)
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A route does one thing: it sends the request on, redirects it, answers it, or leaves it to another
    VirtualService. Istio's webhook refuses a route that does none, or two that exclude each other, and a
    VirtualService without any route.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{route: [{destination: {host: ratings}}], redirect: {uri: /v2}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings], http: [{redirect: {uri: /v2}}]}
    ```
    """
    for path, route, _ in routes(manifest):
        has = {field for field, value in route.items() if value and field in _ALONE}
        for one, other in _TOGETHER if len(has) > 1 else ():
            if one in has and other in has:
                message = f"a route cannot have both {one} and {other}"
                yield Problem(manifest, message, (*path, other), "make two routes of it, or remove one of the two")
        if has.isdisjoint(_DOING):
            yield Problem(manifest, "this route says nothing to do", path, "add route, redirect or directResponse")
    if not any(True for _ in routes(manifest)):
        yield Problem(manifest, "this VirtualService has no route", ("spec",), "add http, tls or tcp routes")


@object_check(
    "VS016",
    Severity.ERROR,
    "a VirtualService for every host of the mesh",
    kinds=VIRTUAL_SERVICE,
    equals=("istioctl IST0106",),
)
def every_host(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The host ``*`` stands for every host, which only a gateway can serve: Istio's webhook refuses it where the
    VirtualService counts in sidecars, as it does where it names no gateway.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec: {hosts: ["*"], http: [{directResponse: {status: 200}}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop, namespace: default}
    spec: {hosts: ["*"], gateways: [infra/shop], http: [{directResponse: {status: 200}}]}
    ```
    """
    hosts = listing(spec(manifest).get("hosts"))
    if "*" in hosts and all(name == MESH for _, name in gateways_of(manifest)):
        path = ("spec", "hosts", hosts.index("*"))
        yield Problem(manifest, "sidecars cannot serve the host *", path, "name the gateways, or the hosts")


_EXPRESSIONS = ("regex", "uriRegexRewrite")


_LOOKS_AROUND = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!]|<[=!]|>)|\\[1-9])")


def _patterns(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key in _EXPRESSIONS and isinstance(inner, str):
            yield (*path, key), inner
        elif isinstance(inner, dict | list):
            yield from _patterns(inner, (*path, key))


@object_check(
    "VS017",
    Severity.ERROR,
    "a regular expression that Istio cannot read",
    kinds=VIRTUAL_SERVICE,
    fields=_EXPRESSIONS,
    equals=("istioctl IST0106",),
)
def expressions(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Istio's regular expressions are those of RE2, which has neither look-around nor back references. Its webhook
    refuses what RE2 cannot read, and what is longer than 1,024 characters.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http: [{match: [{uri: {regex: "/(?!admin).*"}}], directResponse: {status: 200}}]
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings]
      http:
      - {match: [{uri: {prefix: /admin}}], directResponse: {status: 403}}
      - {match: [{uri: {regex: "/[a-z]+"}}], directResponse: {status: 200}}
    ```

    Source: Istio's reference, StringMatch, ``regex``; RE2's page "Syntax".
    """
    for protocol in _PROTOCOLS:
        for path, pattern in _patterns(spec(manifest).get(protocol), ("spec", protocol)):
            found = _LOOKS_AROUND.search(pattern)
            if found:
                message = f"RE2 does not know {found[0]} in {pattern}"
                yield Problem(manifest, message, path, "write it without look-around and back references")
            elif len(pattern) > 1024:
                yield Problem(manifest, f"{len(pattern)} characters, at most 1024 are read", path, "shorten it")
