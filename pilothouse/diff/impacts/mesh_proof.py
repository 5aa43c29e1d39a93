"""Mesh proof: whether Istio asks the callers of pods to prove who they are.

Source: Istio's reference, PeerAuthentication.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts.direction import CHANGES, NARROWS, WIDENS, access
from pilothouse.diff.impacts.mesh_access import whose
from pilothouse.diff.impacts.words import joined, short
from pilothouse.lenient import mapping, text
from pilothouse.manifest import Identity
from pilothouse.mesh import SECURITY, Pods, spec
from pilothouse.pods import template_of
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_LOOKED_AT = 200
"""Workloads of one PeerAuthentication that are asked for their mTLS."""
_PROOF = {
    "STRICT": "only callers that prove who they are by mTLS may reach {}",
    "PERMISSIVE": "callers may reach {} in plain text, without proof of who they are",
    "DISABLE": "{} take plain text alone: no caller proves who it is",
}


def peers(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What mTLS a PeerAuthentication asks for, of each workload that it counts for."""
    sides = ((change.before, between.before), (change.after, between.after))
    judged = [
        {
            pods.manifest.identity: pods
            for pods in (stack.mesh.judged(policy) if policy is not None else [])[:_LOOKED_AT]
        }
        for policy, stack in sides
    ]
    ports = {
        int(port)
        for policy, _ in sides
        for port in (mapping(spec(policy), "portLevelMtls") if policy is not None else ())
        if port.isascii() and port.isdecimal() and len(port) < 6
    }
    found: dict[tuple[int | None, str, str], list[Identity]] = {}
    for identity, pods in {**judged[0], **judged[1]}.items():
        now = _again(pods, between.after)
        for port in (None, *sorted(ports)) if now is not None else ():
            was_asked = between.before.mesh.mtls(_again(pods, between.before) or pods, port)[0]
            is_asked = between.after.mesh.mtls(now or pods, port)[0]
            if was_asked != is_asked:
                found.setdefault((port, was_asked, is_asked), []).append(identity)
    whole = {(was, now) for port, was, now in found if port is None}
    for (port, was, mode), identities in found.items():
        if port is None or (was, mode) not in whole:
            yield _proof(was, mode, joined(identities), port, len(identities))
    if not any(judged):
        modes = [text(mapping(spec(policy), "mtls").get("mode")) if policy is not None else "" for policy, _ in sides]
        was, mode = ("PERMISSIVE" if each in ("", "UNSET") else each for each in modes)
        if was != mode:
            yield _proof(was, mode, whose(change.manifest), None, 0)


def _again(pods: Pods, stack: Stack) -> Pods | None:
    """The pods as a stack has them; None where it has none."""
    found = stack.by_identity.get(pods.manifest.identity, [])
    template = template_of(found[-1]) if found else None
    if pods.template is None or template is None:
        return pods if found else None
    return Pods(found[-1], pods.namespace, template.labels, template)


def _proof(was: str, mode: str, pods: str, port: int | None, workloads: int) -> Impact:
    direction = NARROWS if mode == "STRICT" else WIDENS if was == "STRICT" else CHANGES
    where = f"{pods} on port {port}" if port is not None else pods
    says = f"{_PROOF.get(mode, '{} ask for ' + short(mode)).format(where)} ({short(was)} → {short(mode)})"
    return access(direction, says, "spec", facts={"workloads": workloads, "from": was, "to": mode})


JUDGES = {(SECURITY, "PeerAuthentication"): peers}
