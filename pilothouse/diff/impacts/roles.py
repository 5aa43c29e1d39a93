"""Roles and their bindings: who may do what, or no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access
from pilothouse.diff.impacts.rights import Right, TooManyError, count, more, rights, told
from pilothouse.diff.impacts.words import joined, short
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references import selects
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

RBAC = "rbac.authorization.k8s.io"
_AGGREGATED = {
    "admin": "ClusterRole admin",
    "edit": "ClusterRole edit or admin",
    "view": "ClusterRole view, edit or admin",
}
"""Kubernetes' own ClusterRoles that are made of others, and who has what is in them: edit takes in view, admin edit."""
_AGGREGATES = f"{RBAC}/aggregate-to-"
"""What a ClusterRole's label begins with that adds its rules to one of Kubernetes' own. Source: Kubernetes
documentation, RBAC, "User-facing roles"."""
_KNOWN = {
    "cluster-admin": "do everything",
    "admin": "read and change nearly everything, Roles and Secrets among it",
    "edit": "read and change nearly everything, Secrets among it, but no Roles",
    "view": "read nearly everything, but no Secrets",
}
"""What Kubernetes' own ClusterRoles allow. Source: the same."""
_GROUPS = {
    "system:authenticated": "everybody who is signed in",
    "system:unauthenticated": "anyone at all, signed in or not",
    "system:serviceaccounts": "every ServiceAccount of the cluster",
}


class Subject(NamedTuple):
    """Somebody who is given a Role."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        if self.kind == "Group":
            of = self.name.removeprefix("system:serviceaccounts:")
            return f"every ServiceAccount of {of}" if of != self.name else _GROUPS.get(self.name, f"Group {self.name}")
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def _subjects(binding: Manifest | None) -> list[Subject]:
    listed = mappings(binding.body.get("subjects")) if binding is not None else []
    return [Subject(*(text(each.get(field)) for field in ("kind", "namespace", "name"))) for _, each in listed]


def _bound(binding: Manifest) -> Identity:
    """The Role that a binding gives."""
    ref = mapping(binding.body, "roleRef")
    kind = text(ref.get("kind"))
    return Identity(RBAC, kind, binding.namespace if kind == "Role" else "", text(ref.get("name")))


class _Roles:
    """The Roles of one stack.

    :param stack: the stack.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.given: Mapping[Identity, list[Subject]] = defaultdict(list)
        """Role -> who has it."""
        for kind in ("RoleBinding", "ClusterRoleBinding"):
            for binding in stack.of_kind(RBAC, kind):
                self.given[_bound(binding)] += _subjects(binding)
        self.aggregating = [each for each in stack.of_kind(RBAC, "ClusterRole") if "aggregationRule" in each.body]
        self._kept: dict[Identity, list[Any]] = {}

    def selectors(self, name: str) -> list[dict[str, Any]]:
        """The selectors of the ClusterRoles that one of a name is made of; none where it has rules of its own."""
        if name in _AGGREGATED:
            return [{"matchLabels": {f"{_AGGREGATES}{name}": "true"}}]
        role = next((each for each in self.aggregating if each.name == name), None)
        return _selectors(role) if role is not None else []

    def made_of(self, role: Identity, chosen: Iterable[dict[str, Any]]) -> list[Any]:
        """The rules that selectors give a role."""
        known = self._kept.get(role)
        if known is None:
            known = self._kept[role] = []
            listed = list(chosen)
            for each in self.stack.of_kind(RBAC, "ClusterRole") if listed else ():
                if "aggregationRule" not in each.body and any(selects(one, each.labels) for one in listed):
                    known += [rule for _, rule in mappings(each.body.get("rules"))]
        return known

    def rules(self, role: Manifest | None) -> list[Any]:
        """The rules that count: an aggregated ClusterRole's own are written over."""
        if role is None:
            return []
        if role.kind == "ClusterRole" and "aggregationRule" in role.body:
            return self.made_of(role.identity, _selectors(role))
        return [rule for _, rule in mappings(role.body.get("rules"))]


_kept: WeakKeyDictionary[Stack, _Roles] = WeakKeyDictionary()


def _roles(stack: Stack) -> _Roles:
    """The Roles of a stack; looked up once, however many ask."""
    found = _kept.get(stack)
    if found is None:
        found = _kept[stack] = _Roles(stack)
    return found


def _selectors(role: Manifest) -> list[dict[str, Any]]:
    return [each for _, each in mappings(mapping(role.body, "aggregationRule").get("clusterRoleSelectors"))]


def role(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change of a Role or ClusterRole lets those do who have it."""
    was, now = _roles(between.before), _roles(between.after)
    identity = change.identity
    field = "aggregationRule" if "aggregationRule" in change.manifest.body else "rules"
    rules = was.rules(change.before), now.rules(change.after)
    yield from _compared(*rules, was.given.get(identity, ()), now.given.get(identity, ()), field)
    if identity.kind != "ClusterRole":
        return
    names = {*_AGGREGATED, *(each.name for roles in (was, now) for each in roles.aggregating)} - {identity.name}
    for name in sorted(names):
        made = tuple(_added(side, name, roles) for side, roles in ((change.before, was), (change.after, now)))
        if made == ([], []):
            continue
        other = Identity(RBAC, "ClusterRole", "", name)
        all_of_it = tuple(roles.made_of(other, roles.selectors(name)) for roles in (was, now))
        who = [f"whoever has {_AGGREGATED.get(name) or f'ClusterRole {short(name)}'}"]
        yield from _differing((made[0], all_of_it[0]), (made[1], all_of_it[1]), who, who, "", other)


def _added(role: Manifest | None, name: str, roles: _Roles) -> list[Any]:
    """The rules that a ClusterRole adds to another one."""
    if role is None or not any(selects(each, role.labels) for each in roles.selectors(name)):
        return []
    return roles.rules(role)


def _compared(
    before: list[Any], after: list[Any], had: Iterable[Subject], have: Iterable[Subject], field: str
) -> Iterator[Impact]:
    yield from _differing((before, before), (after, after), _who(had), _who(have), field, None)


def _who(subjects: Iterable[Subject]) -> list[str]:
    return list(dict.fromkeys(map(str, subjects))) or ["whoever is given it"]


def _differing(
    before: tuple[list[Any], list[Any]],
    after: tuple[list[Any], list[Any]],
    had: list[str],
    have: list[str],
    field: str,
    on: Identity | None,
) -> Iterator[Impact]:
    """What comes and goes between rules, each with all that count beside them."""
    if before == after:
        return
    try:
        was, now = (tuple(map(rights, side)) for side in (before, after))
    except TooManyError:
        yield access(CHANGES, f"what {joined(have)} may do, in more rules than are told here", field, on=on)
        return
    came, went = more(now[0], was[1]), more(was[0], now[1])
    if came:
        also = "also " if was[0] else ""
        yield access(WIDENS, f"{joined(have)} may {also}{told(came)}", field, on=on, facts={"resources": count(came)})
    if went:
        says = f"{joined(had)} may no longer {told(went)}, unless another Role lets them"
        yield access(NARROWS, says, field, on=on, facts={"resources": count(went)})


def binding(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Who is given a Role, or loses it."""
    was, now = (_given(side) for side in (change.before, change.after))
    roles = {side: _bound(each) for side, each in (("was", change.before), ("now", change.after)) if each is not None}
    moved = len(roles) == 2 and roles["was"] != roles["now"]
    come = [each for each in now if moved or each not in was]
    gone = [each for each in was if moved or each not in now]
    field = "roleRef" if moved else "subjects" if len(roles) == 2 else ""
    where = f"in {short(change.identity.namespace)}" if change.identity.kind == "RoleBinding" else "in every namespace"
    if come:
        may = _allowed(roles["now"], between.after)
        yield access(WIDENS, f"{joined(come)} may {may} {where}", field, facts={"subjects": len(come)})
    if gone:
        may = _allowed(roles["was"], between.before)
        says = f"{joined(gone)} may no longer {may} {where}, unless another binding lets them"
        yield access(NARROWS, says, field, facts={"subjects": len(gone)})


def _given(binding: Manifest | None) -> list[Subject]:
    return list(dict.fromkeys(_subjects(binding)))


def _allowed(role: Identity, stack: Stack) -> str:
    """What a Role allows, in words that read on after "may"."""
    named = f"{role.kind or 'Role'} {short(role.name)}"
    found = stack.by_identity.get(role, [])
    if not found:
        known = _KNOWN.get(role.name) if role.kind == "ClusterRole" else None
        return f"{known} ({named})" if known else f"do what {named} allows, which the stack does not show,"
    try:
        allowed: list[Right] = more(rights(_roles(stack).rules(found[-1])), set())
    except TooManyError:
        allowed = []
    return f"{told(allowed)} ({named})" if allowed else f"do what {named} allows"


JUDGES = {
    (RBAC, "Role"): role,
    (RBAC, "ClusterRole"): role,
    (RBAC, "RoleBinding"): binding,
    (RBAC, "ClusterRoleBinding"): binding,
}
