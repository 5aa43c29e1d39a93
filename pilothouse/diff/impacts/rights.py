"""Rights: what the rules of Roles allow, compared, and told in words.

Source: Kubernetes documentation, "Using RBAC Authorization"; wildcards are read as the API server's authorizer reads
them (``tests/cluster/test_cluster_access.py``).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pilothouse.diff.impacts.words import joined, short
from pilothouse.lenient import listing, mappings

_ALL = "*"
_MANY = 50_000
"""Rights of one Role that are told apart at most."""


class Right(NamedTuple):
    """One thing that a rule allows; ``*`` stands for everything, what nobody knows yet included."""

    group: str | None
    """The API group; None for a path of the API server, such as ``/healthz``."""
    resource: str
    """The resource, with a subresource behind a slash; or the path."""
    name: str | None
    """The object's name; None for all of them."""
    verb: str


class TooManyError(Exception):
    """The rules allow more than is told apart."""


def rights(rules: Any) -> set[Right]:
    """What the rules of a Role allow.

    :param rules: the field ``rules``, as written.
    :raises TooManyError: it is too much.
    """
    found: set[Right] = set()
    for _, rule in mappings(rules):
        verbs, paths = (_texts(rule.get(field)) for field in ("verbs", "nonResourceURLs"))
        groups, resources = (_texts(rule.get(field)) for field in ("apiGroups", "resources"))
        names: list[Any] = _texts(rule.get("resourceNames")) or [None]
        if len(groups) * len(resources) * len(names) * len(verbs) + len(paths) * len(verbs) + len(found) > _MANY:
            raise TooManyError
        found.update(itertools.starmap(Right, itertools.product(groups, resources, names, verbs)))
        found.update(Right(None, _path(path), None, verb) for path, verb in itertools.product(paths, verbs))
    return found


def _texts(value: Any) -> list[str]:
    return [item for item in listing(value) if isinstance(item, str)]


def _path(path: str) -> str:
    """Stars at the end of a path count as one."""
    return path.rstrip(_ALL) + _ALL if path.endswith(_ALL) else path


def more(these: set[Right], those: set[Right]) -> list[Right]:
    """What some rights allow, and others do not.

    A wildcard is allowed by another wildcard alone, so what several of ``those`` allow together one of them allows.
    """
    left = these - those
    prefixes = {(right.resource[:-1], right.verb) for right in those if right.group is None and _ends(right.resource)}
    return sorted((right for right in left if not _allowed(right, those, prefixes)), key=_place)


def _allowed(right: Right, by: set[Right], prefixes: set[tuple[str, str]]) -> bool:
    verbs = {right.verb, _ALL}
    if right.group is None:
        bare = right.resource[:-1] if _ends(right.resource) else right.resource
        return any(right._replace(verb=verb) in by for verb in verbs) or any(
            verb in verbs and bare.startswith(prefix) for prefix, verb in prefixes
        )
    _, slash, below = right.resource.partition("/")
    resources = {right.resource, _ALL, *([f"{_ALL}/{below}"] if slash else [])}
    wider = itertools.product({right.group, _ALL}, resources, {right.name, None}, verbs)
    return any(Right(*each) in by for each in wider)


def _ends(path: str) -> bool:
    return path.endswith(_ALL)


def _place(right: Right) -> tuple[bool, str, str, str, int, str]:
    number = _VERBS.index(right.verb) if right.verb in _VERBS else len(_VERBS)
    return right.group is None, right.group or "", right.resource, right.name or "", number, right.verb


_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def told(some: Iterable[Right], most: int = 4) -> str:
    """Rights in words that read on after "may": ``get and list pods; create deployments.apps``.

    :param some: in the order of :func:`more`.
    :param most: how many clauses there are.
    """
    verbs: dict[tuple[str | None, str, str | None], list[str]] = {}
    for right in some:
        verbs.setdefault((right.group, right.resource, right.name), []).append(right.verb)
    alike: dict[tuple[bool, str, tuple[str, ...]], list[tuple[str, str]]] = {}
    for (group, resource, name), done in verbs.items():
        alike.setdefault((name is not None, resource if name is not None else "", tuple(done)), []).append(
            (_resource(group, resource), name or "")
        )
    clauses = []
    for (named, _, together), things in alike.items():
        does = "do anything to" if _ALL in together else joined(map(short, together), 8)
        if named:
            kinds = joined(dict.fromkeys(kind for kind, _ in things), 6)
            clauses.append(f"{does} {kinds} named {joined(dict.fromkeys(short(name) for _, name in things), 6)}")
        else:
            clauses.append(f"{does} {joined((kind for kind, _ in things), 6)}")
    if len(clauses) > most:
        return "; ".join([*clauses[:most], f"and {len(clauses) - most:,} more"])
    return "; ".join(clauses)


def _resource(group: str | None, resource: str) -> str:
    if group is None:
        return f"the path {short(resource)}"
    what = "everything" if resource == _ALL else short(resource)
    if group == _ALL:
        return f"{what} of every API group"
    if resource == _ALL:
        return f"everything of {short(group)}" if group else "everything of the core API group"
    return f"{what}.{short(group)}" if group else what


def count(some: Iterator[Right] | Iterable[Right]) -> int:
    """How many resources, or objects by name, some rights are about."""
    return len({(right.group, right.resource, right.name) for right in some})
