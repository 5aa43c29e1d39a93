"""Access: who may do or reach more than before, or less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import Impact
from pilothouse.diff.impacts import exposure, mesh_access, mesh_proof, network_policies, privileges, roles
from pilothouse.pods import TEMPLATES
from pilothouse.references.row import GroupKind

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_Judge = Callable[[ObjectChange, "Between"], Iterable[Impact]]
JUDGES: dict[GroupKind, tuple[_Judge, ...]] = {
    **dict.fromkeys(TEMPLATES, (privileges.pods, network_policies.workload)),
    ("", "ServiceAccount"): (privileges.account,),
    ("", "Namespace"): (privileges.namespace,),
    **{
        kind: (judge,)
        for judges in (roles.JUDGES, network_policies.JUDGES, mesh_access.JUDGES, mesh_proof.JUDGES, exposure.JUDGES)
        for kind, judge in judges.items()
    },
}
"""(group, kind) -> who judges its changes. Each impact says in its fact ``direction`` whether access ``widens``,
``narrows`` or, where nobody can tell, ``changes``."""


def access(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """What a change opens and closes, and to whom."""
    for judge in JUDGES.get((change.identity.group, change.identity.kind), ()):
        yield from judge(change, between)
