"""Mesh access: which requests Istio lets through to which pods.

Source: Istio's reference, AuthorizationPolicy, its rules of evaluation.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access, beyond
from pilothouse.diff.impacts.words import joined, key_of, labels, short
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.mesh import ROOT, SECURITY, Pods, labels_of, namespace_of, spec
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_MOST = 4
"""Groups of workloads that one policy's impacts tell apart."""


class Request(NamedTuple):
    """Requests that a rule is about, each part as JSON; an empty part is about all."""

    source: str
    operation: str
    conditions: tuple[str, ...]


_EVERYTHING = Request("", "", ())


def requests(policy: Manifest) -> list[Request]:
    """What the rules of a policy are about; nothing where it has none."""
    found: list[Request] = []
    for _, rule in mappings(spec(policy).get("rules")):
        sources = [key_of(mapping(each, "source")) for _, each in mappings(rule.get("from"))] or [""]
        operations = [key_of(mapping(each, "operation")) for _, each in mappings(rule.get("to"))] or [""]
        conditions = tuple(sorted(key_of(each) for _, each in mappings(rule.get("when"))))
        found += [Request(source, operation, conditions) for source in sources for operation in operations]
    return found


def covers(wider: Request, other: Request) -> bool:
    """Whether one includes all of the other, as far as their words tell."""
    return (
        set(wider.conditions) <= set(other.conditions)
        and _includes(wider.source, other.source)
        and _includes(wider.operation, other.operation)
    )


def _includes(wider: str, other: str) -> bool:
    """Whether all that one asks for the other asks for too: of each field one of some values, or none of them."""
    if wider in ("", other):
        return True
    one, two = json.loads(wider), json.loads(other or "{}")
    for field, values in one.items():
        here, there = set(map(key_of, listing(values))), set(map(key_of, listing(two.get(field))))
        if field.startswith("not"):
            if not here <= there:
                return False
        elif here and not (there and (there <= here or '"*"' in here)):
            return False
    return True


class _Policies:
    """The AuthorizationPolicies of one stack.

    :param stack: the stack.
    """

    def __init__(self, stack: Stack) -> None:
        self.of: Mapping[int, list[Manifest]] = defaultdict(list)
        """The policies that count for a workload, by the ``id`` of its manifest; those with ``targetRefs`` are left
        out."""
        for policy in stack.mesh.of("AuthorizationPolicy", SECURITY):
            for pods in _judged(policy, stack):
                self.of[id(pods.manifest)].append(policy)


_kept: WeakKeyDictionary[Stack, _Policies] = WeakKeyDictionary()


def _policies(stack: Stack) -> _Policies:
    found = _kept.get(stack)
    if found is None:
        found = _kept[stack] = _Policies(stack)
    return found


def _judged(policy: Manifest | None, stack: Stack) -> list[Pods]:
    if policy is None or spec(policy).get("targetRefs") or spec(policy).get("targetRef"):
        return []
    return stack.mesh.judged(policy)


class _Through(NamedTuple):
    """What some policies make of the requests to a workload."""

    allowed: tuple[Request, ...]
    refused: tuple[Request, ...]
    asked: tuple[Request, ...]
    """Those that another program is asked about."""


def _through(ruling: Sequence[Manifest]) -> _Through:
    by_action: dict[str, list[Request]] = {"DENY": [], "CUSTOM": []}
    for policy in ruling:
        by_action.setdefault(text(spec(policy).get("action")) or "ALLOW", []).extend(requests(policy))
    allowed = by_action.get("ALLOW", [_EVERYTHING])
    return _Through(*(tuple(dict.fromkeys(each)) for each in (allowed, by_action["DENY"], by_action["CUSTOM"])))


def authorization(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of an AuthorizationPolicy lets through and keeps out, with all policies counted."""
    sides = ((change.before, between.before), (change.after, between.after))
    held = [[pods.manifest for pods in _judged(policy, stack)] for policy, stack in sides]
    if not any(held):
        yield from _unseen(change)
        return
    groups: dict[tuple[_Through, _Through], list[Identity]] = {}
    known: dict[tuple[tuple[int, ...], ...], tuple[_Through, _Through]] = {}
    for identity in dict.fromkeys(each.identity for side in held for each in side):
        here = [stack.by_identity.get(identity, []) for _, stack in sides]
        if not here[1]:
            continue
        was, now = (_policies(stack).of.get(id(found[-1]), []) if found else [] for found, (_, stack) in
                    zip(here, sides, strict=True))  # fmt: skip
        if not here[0]:
            was = [each for each in now if each.identity != change.identity]
        which = tuple(tuple(map(id, side)) for side in (was, now))
        if which not in known:
            known[which] = (_through(was), _through(now))
        groups.setdefault(known[which], []).append(identity)
    told = 0
    for (before, after), identities in groups.items():
        found = list(_told(before, after, joined(identities), len(identities)))
        told += bool(found)
        if told > _MOST:
            yield access(CHANGES, "more of the kind for other workloads", "spec")
            return
        yield from found


def _unseen(change: ObjectChange) -> Iterator[Impact]:
    """A policy whose pods are nobody's of the stack."""
    who = list(dict.fromkeys(whose(each) for each in (change.before, change.after) if each is not None))
    if len(who) == 2:
        yield access(CHANGES, f"it counts for {who[1]} instead of {who[0]}", "spec.selector")
        return
    before, after = (_through([each] if each is not None else []) for each in (change.before, change.after))
    yield from _told(before, after, who[0], 0)


def whose(policy: Manifest) -> str:
    """The pods that a policy counts for, in words."""
    said = spec(policy)
    targets = [each for _, each in mappings(said.get("targetRefs"))] + [mapping(said, "targetRef")]
    named = [f"{short(each.get('kind'))} {short(each.get('name'))}" for each in targets if each]
    if named:
        return joined(named)
    selected = labels_of(policy)[1]
    where = "every namespace" if namespace_of(policy) == ROOT else short(namespace_of(policy))
    return f"pods of {where} with {labels(selected)}" if selected else f"the pods of {where}"


def _told(before: _Through, after: _Through, pods: str, workloads: int) -> Iterator[Impact]:
    facts, field = {"workloads": workloads}, "spec.rules"
    came, went = (beyond(*each, covers) for each in ((after.allowed, before.allowed), (before.allowed, after.allowed)))
    if came:
        what = "all requests" if _EVERYTHING in after.allowed else _list(came)
        yield access(WIDENS, f"{what} may now reach {pods}", field, facts=facts)
    if went:
        if not after.allowed and _EVERYTHING in before.allowed:
            says = f"no request may reach {pods} any more"
        elif _EVERYTHING in before.allowed:
            says = f"only {_list(after.allowed)} may reach {pods}; before, all requests"
        else:
            left = beyond(after.allowed, beyond(after.allowed, went, covers), Request.__eq__)
            says = f"{_list(went)} may no longer reach {pods}{f'; still: {_list(left)}' if left else ''}"
        yield access(NARROWS, says, field, facts=facts)
    came, went = (beyond(*each, covers) for each in ((after.refused, before.refused), (before.refused, after.refused)))
    if came:
        yield access(NARROWS, f"{_list(came)} to {pods} are refused", field, facts=facts)
    if went:
        yield access(WIDENS, f"{_list(went)} to {pods} are no longer refused", field, facts=facts)
    if set(before.asked) != set(after.asked):
        yield access(CHANGES, f"another program decides on other requests to {pods} than before", field, facts=facts)


_SOURCES = {
    "principals": "{} as caller",
    "serviceAccounts": "{} as caller",
    "namespaces": "callers of namespace {}",
    "requestPrincipals": "a token of {}",
    "ipBlocks": "the addresses {}",
    "remoteIpBlocks": "the addresses {}",
}
_OPERATIONS = ("methods", "paths", "hosts", "ports")


def _list(some: Sequence[Request]) -> str:
    return joined(map(_request, some))


def _request(request: Request) -> str:
    """Requests in words: ``GET requests for /api/* from callers of namespace shop``."""
    if request == _EVERYTHING:
        return "all requests"
    source, operation = (json.loads(each or "{}") for each in (request.source, request.operation))
    words = [f"{_values(operation['methods'])} requests" if operation.get("methods") else "requests"]
    if operation.get("paths"):
        words.append(f"for {_values(operation['paths'])}")
    words += [f"{at} {_values(operation[field])}" for at, field in (("for host", "hosts"), ("on port", "ports"))
              if operation.get(field)]  # fmt: skip
    words += [f"with other {field[3:].lower()} than {_values(operation[field])}" for field in operation
              if field.startswith("not")]  # fmt: skip
    callers = [form.format(_values(source[field])) for field, form in _SOURCES.items() if source.get(field)]
    if callers:
        words.append(f"from {' and '.join(callers)}")
    words += [f"from others than {_values(source[field])}" for field in source if field.startswith("not")]
    for each in request.conditions:
        condition = json.loads(each)
        values = _values(condition.get("values"))
        words.append(f"with {short(condition.get('key'))} {values}" if condition.get("values") else (
            f"with {short(condition.get('key'))} other than {_values(condition.get('notValues'))}"
        ))  # fmt: skip
    return " ".join(words)


def _values(values: Any) -> str:
    return joined(map(short, listing(values)), last="or")


JUDGES = {(SECURITY, "AuthorizationPolicy"): authorization}
