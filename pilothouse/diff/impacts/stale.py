"""Stale: pods that go on with what they have read of a ConfigMap or Secret before it changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilothouse.checks.keys import keys_asked
from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.templates import (
    DAEMON_SET,
    DEPLOYMENT,
    STATEFUL_SET,
    both,
    kubectl,
    of_kind,
    template_fields,
)
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of
from pilothouse.references import Link
from pilothouse.references.kubernetes import CONFIG_MAP, SECRET

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_DATA = ("data", "binaryData", "stringData")
_RESTARTED = {DEPLOYMENT, STATEFUL_SET, DAEMON_SET}
"""What ``kubectl rollout restart`` restarts."""
_NEXT = ("CronJob", "PodTemplate")
"""Kinds whose pods are made anew anyhow."""
_RELOADERS = ("reloader.stakater.com/", "wave.pusher.com/")
"""What annotations begin with that ask a controller to restart pods when what they read changes."""
_READ = {
    "env": "in variables, which are set when a container starts",
    "subPath": "as a file of its own (subPath), which is never updated",
    "file": "as files, which follow after a minute or so: a program that reads them only once keeps the old ones",
}
"""How pods read, the most lasting first. Source: Kubernetes documentation, ConfigMaps, "Mounted ConfigMaps are updated
automatically"; Secrets, "Using Secrets as files from a Pod"."""


def stale(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """The workloads that read what changes, and whose pods stay."""
    if of_kind(change) not in (CONFIG_MAP, SECRET) or both(change, between) is None:
        return
    fields = [field for field in change.fields if field.path[0] in _DATA]
    if not fields:
        return
    whole = any(len(field.path) == 1 for field in fields)
    changed = None if whole else {str(field.path[1]) for field in fields}
    ways: dict[int, tuple[Manifest, set[str]]] = {}
    for link in between.after.links_to.get(change.identity, ()):
        asked = {key for _, key in keys_asked(link)}
        if link.row.reads and (changed is None or not asked or asked & changed):
            ways.setdefault(id(link.source), (link.source, set()))[1].update(_ways(link, changed))
    for workload, found in ways.values():
        way = next((way for way in _READ if way in found), None)
        if way is not None and _stays(workload, between):
            yield Impact(
                Effect.STALE,
                f"the pods of {workload.identity} read it {_READ[way]}, and are not replaced",
                f"once it is applied: {_restart(workload)}",
                fields[0].field,
                workload.identity,
                {"read": way},
            )


def _ways(link: Link, changed: set[str] | None) -> Iterator[str]:
    """How the containers of a workload read what one of its references names."""
    template = template_of(link.source)
    if template is None or "volumes" not in link.path:
        yield "env"
        return
    at = link.path.index("volumes")
    _, volume = next((each for each in mappings(template.spec.get("volumes")) if each[0] == link.path[at + 1]), (0, {}))
    for _, container in template.containers("containers", "initContainers"):
        for _, mount in mappings(container.get("volumeMounts")):
            if mount.get("name") == volume.get("name"):
                yield "subPath" if mount.get("subPath") or mount.get("subPathExpr") else "file"


def _stays(workload: Manifest, between: Between) -> bool:
    """Whether a workload was there before, and its pods stay."""
    if workload.kind in _NEXT or workload.identity not in between.before.by_identity:
        return False
    template = template_of(workload)
    annotations = [*mapping(workload.body, "metadata", "annotations"), *(template.annotations if template else ())]
    if any(str(each).startswith(_RELOADERS) for each in annotations):
        return False
    own = between.changes.get(workload.identity)
    return own is None or not template_fields(own)


def _restart(workload: Manifest) -> str:
    if (workload.group, workload.kind) in _RESTARTED:
        return kubectl("rollout restart", workload)
    return "delete its pods" if workload.kind != "Pod" else "delete it and apply again"
