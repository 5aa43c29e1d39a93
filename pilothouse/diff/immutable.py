"""Immutable: fields that the API server lets nobody change, so that applying the change is refused."""

from __future__ import annotations

from pilothouse import quantity
from pilothouse.diff.change import FieldChange, Item, ObjectChange
from pilothouse.diff.impact import Effect, Impact
from pilothouse.lenient import mapping
from pilothouse.references.row import GroupKind
from pilothouse.references.table import steps
from pilothouse.schemas import Catalogue

_ORPHANS = "delete it with --cascade=orphan and apply again: its pods stay, and the new one takes them over"
_ANEW = "delete it and apply again"
_OTHER_NAME = "give it another name, and let what uses it name that"
_PODS_GO = "delete it and apply again: its pods go meanwhile; or give it another name"
_COPY = "make another claim, copy the data, and let the pods use that"

_WORKLOAD = {"spec.selector": _PODS_GO}
ROWS: dict[GroupKind, dict[str, str]] = {
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "ReplicaSet"): _WORKLOAD,
    ("apps", "DaemonSet"): _WORKLOAD,
    ("apps", "StatefulSet"): {
        "spec.selector": _PODS_GO,
        "spec.serviceName": _ORPHANS,
        "spec.podManagementPolicy": _ORPHANS,
        "spec.volumeClaimTemplates": _ORPHANS,
    },
    ("batch", "Job"): {
        "spec.selector": _ANEW,
        "spec.template": f"{_ANEW}, or let its name change with its template",
        "spec.completionMode": _ANEW,
        "spec.completions": _ANEW,
    },
    ("", "PersistentVolumeClaim"): {
        "spec.accessModes": _COPY,
        "spec.storageClassName": _COPY,
        "spec.volumeMode": _COPY,
        "spec.selector": _COPY,
        "spec.dataSource": _COPY,
    },
    ("", "PersistentVolume"): {"spec.hostPath": _ANEW, "spec.nfs": _ANEW, "spec.csi": _ANEW, "spec.volumeMode": _ANEW},
    ("", "Secret"): {"type": _ANEW},
    ("storage.k8s.io", "StorageClass"): {
        "provisioner": _OTHER_NAME,
        "parameters": _OTHER_NAME,
        "reclaimPolicy": f"{_ANEW}: volumes that there are keep theirs",
        "volumeBindingMode": f"{_ANEW}: volumes that there are stay",
    },
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef": _ANEW},
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef": _ANEW},
    ("scheduling.k8s.io", "PriorityClass"): {"value": _OTHER_NAME, "preemptionPolicy": _OTHER_NAME},
    ("node.k8s.io", "RuntimeClass"): {"handler": _OTHER_NAME},
    ("networking.k8s.io", "IngressClass"): {"spec.controller": _OTHER_NAME},
    ("discovery.k8s.io", "EndpointSlice"): {"addressType": _ANEW},
}
"""(group, kind) -> field -> what to do instead. Whatever stands below such a field cannot change either.

Source: the validation of updates in Kubernetes; each seen on API servers (``make test-cluster``)."""
STRATEGIES: dict[GroupKind, str] = {("apps", "Deployment"): "strategy", ("apps", "StatefulSet"): "updateStrategy"}
"""The field of a spec whose ``rollingUpdate`` the API server fills in where it is missing: nobody owns it, so
server-side apply leaves it there when the type becomes another one, with which it is refused. Seen on API servers."""
_OWN_FIRST = "apply it once with rollingUpdate: {} beside the old type, and then with the new one"
ONCE_IMMUTABLE = ("data", "binaryData", "stringData", "immutable")
"""The fields of a ConfigMap or a Secret that has ``immutable: true``."""


def refused(change: ObjectChange, catalogue: Catalogue) -> list[Impact]:
    """What the API server refuses of a change.

    :param change: an object that was there, and is.
    :param catalogue: the kinds of the cluster.
    """
    if change.before is None or change.after is None:
        return []
    identity = change.identity
    told = ROWS.get((identity.group, identity.kind), {})
    rows = [(steps(path), instead) for path, instead in told.items()]
    frozen = change.before.body.get("immutable") is True and identity.kind in ("ConfigMap", "Secret")
    found: list[Impact] = []
    for field in change.fields:
        plain = tuple(step for step in field.path if isinstance(step, str))
        instead = next((instead for path, instead in rows if plain[: len(path)] == path), "")
        if frozen and plain[0] in ONCE_IMMUTABLE:
            instead = _OTHER_NAME
        elif identity.kind == "Service" and plain == ("spec", "clusterIP"):
            instead = _ANEW if _another(field) else ""
        elif identity.kind == "PersistentVolumeClaim" and plain == ("spec", "resources", "requests", "storage"):
            instead = _COPY if _less(field) else ""
        elif plain[:2] == ("spec", STRATEGIES.get((identity.group, identity.kind))):
            instead = _OWN_FIRST if _left_behind(change, plain[1]) else ""
        elif not instead and _says_so(field, change, catalogue):
            instead = _ANEW
        if instead:
            found.append(
                Impact(Effect.REPLACE, f"{field.field} cannot change: the API server refuses it", instead, field.field)
            )
    return found


def _another(field: FieldChange) -> bool:
    """Whether there was a value, and is another."""
    return not field.added and not field.removed


def _less(field: FieldChange) -> bool:
    before, after = quantity.amount(field.before), quantity.amount(field.after)
    return before is not None and after is not None and after < before


def _left_behind(change: ObjectChange, strategy: str) -> bool:
    """Whether a strategy is of another type, and its ``rollingUpdate`` is one that the API server filled in."""
    assert change.before is not None and change.after is not None
    was, now = (mapping(each.body, "spec", strategy) for each in (change.before, change.after))
    rolling = "RollingUpdate"
    left = was.get("type", rolling) == rolling and not isinstance(was.get("rollingUpdate"), dict)
    return left and now.get("type", rolling) != rolling


def _says_so(field: FieldChange, change: ObjectChange, catalogue: Catalogue) -> bool:
    """Whether a custom resource's own schema says that the field does not change."""
    assert change.after is not None
    path = [0 if isinstance(step, Item) else step for step in field.path]
    if not _another(field):
        return False
    for end in range(1, len(path) + 1):
        node = catalogue.node(change.after.api_version, change.after.kind, path[:end])
        rules = node.get("x-kubernetes-validations", ()) if node is not None else ()
        if any(str(mapping(rule).get("rule")).replace(" ", "") in ("self==oldSelf", "oldSelf==self") for rule in rules):
            return True
    return False
