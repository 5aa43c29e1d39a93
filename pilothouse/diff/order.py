"""Order: in which order the changes reach the cluster."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.derive.order import in_apply_order
from pilothouse.diff.change import ObjectChange
from pilothouse.manifest import Identity


def apply_order(changes: Iterable[ObjectChange]) -> list[Identity]:
    """The changed objects in the order in which a cluster is told of them.

    What comes or changes is applied in the order of the kustomizations. What goes is pruned after that, the other way
    round, so that nothing loses what it needs before it goes itself.

    Source: Kubernetes documentation, "Declarative Management", pruning; Argo CD, "Sync Phases and Waves".

    :param changes: of one environment, in any order.
    """
    listed = list(changes)
    applied = in_apply_order(change.after for change in listed if change.after is not None)
    pruned = in_apply_order(change.manifest for change in listed if change.after is None)
    return [manifest.identity for manifest in [*applied, *reversed(pruned)]]
