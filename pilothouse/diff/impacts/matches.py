"""Matches: which requests a route is about, in words: ``GET requests for /api* with header x-canary=true``.

Source: Istio's reference, HTTPMatchRequest, L4MatchAttributes and TLSMatchAttributes; Gateway API reference,
HTTPRouteMatch and GRPCRouteMatch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pilothouse.diff.impacts.words import joined, labels, short
from pilothouse.lenient import listing, mapping, mappings, text

EVERY, REST = "all requests", "all other requests"
"""What a match is about that asks for nothing."""


def _pattern(value: Any) -> str:
    """Istio's StringMatch: an exact one as it is, others with what they leave open."""
    said = mapping(value)
    if not said:
        return "anything"
    if "prefix" in said:
        return f"{short(said['prefix'])}*"
    if "regex" in said:
        return f"~{short(said['regex'])}"
    return short(next(iter(said.values())))


def of_virtual_service(match: Mapping[str, Any]) -> str:
    """One match of a VirtualService's route."""
    more = [f"with header {short(key)}={_pattern(each)}" for key, each in mapping(match.get("headers")).items()]
    more += [f"without header {short(key)}={_pattern(each)}" for key, each in mapping(match, "withoutHeaders").items()]
    more += [f"with query {short(key)}={_pattern(each)}" for key, each in mapping(match.get("queryParams")).items()]
    for field, form in (("scheme", "by {}"), ("authority", "for host {}")):
        if match.get(field):
            more.append(form.format(_pattern(match[field])))
    for field, form in (
        ("sniHosts", "for host {}"),
        ("destinationSubnets", "to {}"),
        ("gateways", "through gateway {}"),
    ):
        if listing(match.get(field)):
            more.append(form.format(joined(map(short, match[field]), last="or")))
    if match.get("port"):
        more.append(f"on port {short(match['port'])}")
    if mapping(match.get("sourceLabels")):
        more.append(f"from pods with {labels(match['sourceLabels'])}")
    if match.get("sourceNamespace"):
        more.append(f"from namespace {short(match['sourceNamespace'])}")
    return _said(_pattern(match["method"]) if match.get("method") else "", _path(match), more)


def _path(match: Mapping[str, Any]) -> str:
    return _pattern(match["uri"]) if match.get("uri") else ""


_PATHS = {"Exact": "{}", "PathPrefix": "{}*", "RegularExpression": "~{}"}


def of_route(match: Mapping[str, Any]) -> str:
    """One match of a route of the Gateway API."""
    path, method = mapping(match.get("path")), match.get("method")
    where = ""
    if path and (path.get("type", "PathPrefix"), path.get("value", "/")) != ("PathPrefix", "/"):
        where = _PATHS.get(text(path.get("type"), "PathPrefix"), "{}").format(short(path.get("value", "/")))
    if isinstance(method, dict):
        where, method = "/".join(short(method[part]) for part in ("service", "method") if method.get(part)), ""
    more = [
        f"with {what} {short(each.get('name'))}{'=~' if each.get('type') == 'RegularExpression' else '='}"
        f"{short(each.get('value'))}"
        for field, what in (("headers", "header"), ("queryParams", "query"))
        for _, each in mappings(match.get(field))
    ]
    return _said(short(method) if method else "", where, more)


def _said(method: str, path: str, more: Iterable[str]) -> str:
    first = f"{method} requests" if method else "requests" if path else EVERY
    return " ".join([first, *([f"for {path}"] if path else []), *more])
