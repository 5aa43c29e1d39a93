"""Nothing: changes of a workload that touch none of its pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilothouse.diff.change import FieldChange, ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.templates import (
    CONTROLLER,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    REPLICA_SET,
    STATEFUL_SET,
    UNSEEN,
    both,
    of_kind,
)
from pilothouse.pods import TEMPLATES
from pilothouse.references.row import GroupKind
from pilothouse.references.table import steps

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_OWN = ("metadata.labels", "metadata.annotations")
"""An object's own, which its pods do not get."""
ROWS: dict[GroupKind, tuple[str, ...]] = {
    DEPLOYMENT: (
        *_OWN,
        "spec.strategy",
        "spec.minReadySeconds",
        "spec.revisionHistoryLimit",
        "spec.progressDeadlineSeconds",
        "spec.paused",
    ),
    STATEFUL_SET: (
        *_OWN,
        "spec.updateStrategy",
        "spec.minReadySeconds",
        "spec.revisionHistoryLimit",
        "spec.persistentVolumeClaimRetentionPolicy",
    ),
    DAEMON_SET: (*_OWN, "spec.updateStrategy", "spec.minReadySeconds", "spec.revisionHistoryLimit"),
    REPLICA_SET: (*_OWN, "spec.minReadySeconds"),
    CONTROLLER: (*_OWN, "spec.minReadySeconds"),
    CRON_JOB: _OWN,
    JOB: _OWN,
}
"""(group, kind) -> the fields that change nothing about its pods. What stands below such a field does not either, but
where :mod:`~pilothouse.diff.impacts.rolls` says that a rollout goes on. Each was seen on a cluster
(``make test-cluster``)."""


def nothing(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Whether a change of which no other judge says anything leaves all pods as they are.

    Of a kind or field that is not known, nothing is said.
    """
    rows = [steps(path) for path in ROWS.get(of_kind(change), ())]
    unseen = UNSEEN.get(of_kind(change))
    if unseen is not None:
        rows.append((*map(str, TEMPLATES[of_kind(change)]), *unseen))
    if not rows or not all(_is_below(field, rows) for field in change.fields) or both(change, between) is None:
        return
    yield Impact(Effect.NOTHING, "no pod is replaced, started or ended", facts={"pods": 0})


def _is_below(field: FieldChange, rows: list[tuple[str, ...]]) -> bool:
    return any(field.path[: len(row)] == row for row in rows)
