"""Traffic: which requests go elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts import destinations, routes, served
from pilothouse.diff.impacts.routed import routed
from pilothouse.pods import TEMPLATES
from pilothouse.references.row import GroupKind

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

JUDGES: dict[GroupKind, Callable[[ObjectChange, Between], Iterable[Impact]]] = {
    **dict.fromkeys(routes.KINDS, routed),
    **dict.fromkeys(TEMPLATES, served.workload),
    ("", "Service"): served.service,
    **destinations.JUDGES,
}
"""(group, kind) -> who judges its changes. An impact that moves a share of requests has the facts ``destination``, and
``from`` and ``to`` in percent."""


def traffic(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change does to requests."""
    judge = JUDGES.get((change.identity.group, change.identity.kind))
    yield from judge(change, between) if judge is not None else ()
