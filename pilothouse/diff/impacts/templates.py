"""Templates: whether a change is made at all, and reaches the pods' template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.diff.change import FieldChange, ObjectChange
from pilothouse.diff.immutable import refused
from pilothouse.manifest import Manifest
from pilothouse.pods import template_of, template_path
from pilothouse.references.row import GroupKind

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

DEPLOYMENT, STATEFUL_SET, DAEMON_SET = ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")
REPLICA_SET, CONTROLLER, ROLLOUT = ("apps", "ReplicaSet"), ("", "ReplicationController"), ("argoproj.io", "Rollout")
JOB, CRON_JOB, POD = ("batch", "Job"), ("batch", "CronJob"), ("", "Pod")

UNSEEN: dict[GroupKind, tuple[str, ...]] = {DEPLOYMENT: ("metadata", "labels", "pod-template-hash")}
"""A field below the pod template by which a controller does not tell two templates apart.

Source: ``EqualIgnoreHash`` of the deployment controller; seen on a cluster, as that every other field counts."""


def of_kind(change: ObjectChange) -> GroupKind:
    """The group and kind of what changes."""
    return change.identity.group, change.identity.kind


def both(change: ObjectChange, between: Between) -> tuple[Manifest, Manifest] | None:
    """An object as it was and as it is; None where it is new or gone, or the API server refuses the change."""
    if change.before is None or change.after is None or refused(change, between.after.catalogue):
        return None
    return change.before, change.after


def template_fields(change: ObjectChange) -> list[FieldChange]:
    """The fields by which an object's pod template differs, as its controller tells two templates apart.

    Of a Pod, whose spec cannot change but for that: the images.
    """
    template = template_path(change.manifest.body)
    if template is None:
        return []
    if not template:
        images = [field for field in change.fields if field.path[0] == "spec" and field.path[-1] == "image"]
        return images if all(field in images or field.path[0] != "spec" for field in change.fields) else []
    unseen = UNSEEN.get(of_kind(change))
    found = []
    for field in change.fields:
        inside = field.path[: len(template)] == template and field.path[len(template) :] != unseen
        around = len(field.path) < len(template) and template[: len(field.path)] == field.path
        if inside or (around and _body(change.before) != _body(change.after)):
            found.append(field)
    return found


def _body(manifest: Manifest | None) -> object:
    template = template_of(manifest) if manifest is not None else None
    return template.body if template is not None else None


def kubectl(verb: str, manifest: Manifest) -> str:
    """A kubectl command about one object.

    :param verb: such as ``rollout restart``.
    """
    namespace = f" -n {manifest.namespace}" if manifest.namespace else ""
    return f"kubectl {verb} {manifest.kind.lower()}/{manifest.name}{namespace}"
