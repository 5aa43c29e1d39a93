"""Privileges: what pods may do to their node and to the API server, and what a namespace lets them do.

Source: Kubernetes documentation, Pod Security Standards, Pod Security Admission, "Configure Service Accounts for Pods".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access
from pilothouse.diff.impacts.words import joined, short
from pilothouse.lenient import text
from pilothouse.manifest import Identity, Manifest
from pilothouse.pod_security import LEVELS, PREFIX, Standard, asked, violations
from pilothouse.pods import PodTemplate, template_of
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_TOKEN = "automountServiceAccountToken"


def pods(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What the pods of a workload may do that they could not before, or no longer."""
    now = template_of(change.after) if change.after is not None else None
    if now is None:
        return
    was = template_of(change.before) if change.before is not None else None
    minor = number(between.after.catalogue.minor)[1]
    before, after = ({} if each is None else _beyond(each, minor) for each in (was, now))
    come = {control: [each for each in said if each not in before.get(control, ())] for control, said in after.items()}
    gone = {control: [each for each in said if each not in after.get(control, ())] for control, said in before.items()}
    yield from _levels(come, gone, before, after, new=was is None)
    if was is not None:
        yield from _account(was, now)
        if (was.spec.get(_TOKEN), _account_of(was)) != (now.spec.get(_TOKEN), _account_of(now)):
            yield from _tokens(was, now, change.identity.namespace, between)


def _tokens(was: PodTemplate, now: PodTemplate, namespace: str, between: Between) -> Iterator[Impact]:
    had, have = _token(was, namespace, between.before), _token(now, namespace, between.after)
    if have and not had:
        yield access(WIDENS, "its pods get a token of the API server", _TOKEN)
    elif had and not have:
        yield access(NARROWS, "its pods get no token of the API server any more", _TOKEN)


Said = dict[tuple[str, str], list[str]]
"""(level, control) -> what is said of some pods."""


def _beyond(template: PodTemplate, minor: int) -> Said:
    """What goes beyond the levels: of the baseline all of it, of what only restricted asks for the first of each."""
    found: Said = {}
    for control, _, said in violations(template, Standard("baseline", minor)):
        found.setdefault(("baseline", control.name), []).append(said)
    told = {said for each in found.values() for said in each}
    for control, _, said in violations(template, Standard("restricted", minor)):
        if control.level == "restricted" and said not in told:
            found.setdefault(("restricted", control.name), []).append(said)
    return found


def _levels(come: Said, gone: Said, before: Said, after: Said, *, new: bool) -> Iterator[Impact]:
    for level in ("baseline", "restricted"):
        if new and level == "restricted":
            continue
        # Another container that lacks what others lack already lets the pods do nothing new.
        strict = level == "restricted"
        comes = [
            each for key, said in come.items() if key[0] == level and not (strict and key in before) for each in said
        ]
        goes = [
            each for key, said in gone.items() if key[0] == level and not (strict and key in after) for each in said
        ]
        if comes:
            yield access(WIDENS, f"its pods go beyond the level {level}: {joined(comes)}", facts={"level": level})
        if goes:
            yield access(
                NARROWS,
                f"its pods no longer go beyond the level {level} by this: {joined(goes)}",
                facts={"level": level},
            )


def _account_of(template: PodTemplate) -> str:
    return text(template.spec.get("serviceAccountName")) or text(template.spec.get("serviceAccount")) or "default"


def _account(was: PodTemplate, now: PodTemplate) -> Iterator[Impact]:
    before, after = _account_of(was), _account_of(now)
    if before != after:
        says = f"its pods act as ServiceAccount {short(after)} instead of {short(before)}, with the rights of that"
        yield access(CHANGES, says, "serviceAccountName", facts={"from": before, "to": after})


def _token(template: PodTemplate, namespace: str, stack: Stack) -> bool:
    """Whether the pods get a token: they say so themselves, or else their account."""
    own = template.spec.get(_TOKEN)
    if isinstance(own, bool):
        return own
    found = stack.by_identity.get(Identity("", "ServiceAccount", namespace, _account_of(template)), [])
    return _gives(found[-1] if found else None)


def _gives(account: Manifest | None) -> bool:
    return account is None or account.body.get(_TOKEN) is not False


_Accounts = Mapping[tuple[str, str], list[Identity]]
_kept: WeakKeyDictionary[Stack, _Accounts] = WeakKeyDictionary()


def _users(stack: Stack) -> _Accounts:
    """The workloads that leave it to their account, by its namespace and name, whether their pods get a token."""
    known = _kept.get(stack)
    if known is None:
        found: dict[tuple[str, str], list[Identity]] = defaultdict(list)
        for namespace, workloads in stack.workloads.items():
            for manifest, template in workloads:
                if not isinstance(template.spec.get(_TOKEN), bool):
                    found[namespace, _account_of(template)].append(manifest.identity)
        known = _kept[stack] = found
    return known


def account(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Whether the pods of a ServiceAccount get a token of the API server."""
    was, now = (_gives(each) for each in (change.before, change.after))
    if was == now or change.before is None:
        return
    users = _users(between.after).get((change.identity.namespace, change.identity.name), [])
    who = f"the pods of {joined(users)}" if users else "pods that run as it"
    if now:
        yield access(WIDENS, f"{who} get a token of the API server", _TOKEN, facts={"workloads": len(users)})
    else:
        yield access(NARROWS, f"{who} get no token of the API server any more", _TOKEN, facts={"workloads": len(users)})


def namespace(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Which pods a namespace lets in, by its labels for pod security."""
    if change.after is None:
        return
    minor = number(between.after.catalogue.minor)[1]
    labels = [each.labels if each is not None else {} for each in (change.before, change.after)]
    was, now = (asked(each, "enforce", minor) or Standard("privileged", minor) for each in labels)
    before, after = (LEVELS.index(each.level) for each in (was, now))
    field = f"metadata.labels[{PREFIX}enforce]"
    if before == after:
        if was != now and now.level != "privileged":
            says = f"pods are let in by the level {now.level} of 1.{now.minor} instead of 1.{was.minor}"
            yield access(CHANGES, says, f"metadata.labels[{PREFIX}enforce-version]")
        return
    facts: dict[str, Any] = {"from": was.level, "to": now.level}
    if after < before:
        yield access(WIDENS, f"{_LETS[now.level]} (pod security {was.level} → {now.level})", field, facts=facts)
        return
    out = [
        manifest.identity
        for manifest, template in between.after.workloads.get(change.identity.name, ())
        if next(violations(template, now), None) is not None
    ]
    refused = f": new pods of {joined(out)} are refused" if out else ""
    says = f"pods beyond the level {now.level} are no longer let in (pod security {was.level} → {now.level}){refused}"
    yield access(NARROWS, says, field, facts={"workloads": len(out), **facts})


_LETS = {
    "privileged": "pods that may do anything to their node are let in",
    "baseline": "pods that run as root, with more than they need, are let in",
}
