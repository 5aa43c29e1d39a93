"""References: which field of which kind names, or selects, which other object. The table is all there is to know."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import template_path

if TYPE_CHECKING:
    from pilothouse.stack import Stack

GroupKind = tuple[str, str]
"""An API group (empty for the core group) and a kind of it."""


class How(enum.Enum):
    """How a field refers to something."""

    NAME = "name"
    """Its value is the name."""
    LABELS = "labels"
    """It is a map of labels that pods must carry; an empty one selects nothing."""
    SELECTOR = "selector"
    """It is a LabelSelector for pods; an empty one selects every pod of the namespace."""


class Where(enum.Enum):
    """In which namespace the target is."""

    SAME = "same"
    """In the object's own."""
    BESIDE = "beside"
    """In the one that the field ``namespace`` beside the name says; the object's own where it says none."""
    CLUSTER = "cluster"
    """In none: the target's kind belongs to the whole cluster."""


class Row(NamedTuple):
    """One kind of reference."""

    source: GroupKind
    """The kind that refers. ``PODS`` stands for every kind that runs pods, with the path from the pod template."""
    path: str
    """The field, as ``format_path`` writes it; ``[]`` stands for every item of a list."""
    target: GroupKind
    """The kind that is referred to. Of a selector: a pod, or what runs it."""
    how: How = How.NAME
    where: Where = Where.SAME
    kind_beside: str | None = None
    """Where the field ``kind`` beside the name must name the target's kind: what it is if it is not given. None where
    no such field counts."""


PODS: GroupKind = ("", "*pods")
"""Every kind of :data:`pilothouse.pods.TEMPLATES`."""

_CONFIG_MAP, _SECRET, _SERVICE = ("", "ConfigMap"), ("", "Secret"), ("", "Service")
_CLAIM, _VOLUME, _ACCOUNT = ("", "PersistentVolumeClaim"), ("", "PersistentVolume"), ("", "ServiceAccount")
_POD, _STORAGE_CLASS = ("", "Pod"), ("storage.k8s.io", "StorageClass")
_DEPLOYMENT, _STATEFUL_SET, _REPLICA_SET = ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet")
_DAEMON_SET, _ROLLOUT = ("apps", "DaemonSet"), ("argoproj.io", "Rollout")
_INGRESS, _INGRESS_CLASS = ("networking.k8s.io", "Ingress"), ("networking.k8s.io", "IngressClass")
_GATEWAY, _GATEWAY_CLASS = ("gateway.networking.k8s.io", "Gateway"), ("gateway.networking.k8s.io", "GatewayClass")
_HTTP_ROUTE, _GRPC_ROUTE = ("gateway.networking.k8s.io", "HTTPRoute"), ("gateway.networking.k8s.io", "GRPCRoute")
_SNAPSHOT, _SNAPSHOT_CLASS = (
    ("snapshot.storage.k8s.io", "VolumeSnapshot"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
)
_RBAC = "rbac.authorization.k8s.io"
_HPA, _VPA = ("autoscaling", "HorizontalPodAutoscaler"), ("autoscaling.k8s.io", "VerticalPodAutoscaler")

TABLE: tuple[Row, ...] = (
    Row(PODS, "spec.volumes[].configMap.name", _CONFIG_MAP),
    Row(PODS, "spec.volumes[].secret.secretName", _SECRET),
    Row(PODS, "spec.volumes[].persistentVolumeClaim.claimName", _CLAIM),
    Row(PODS, "spec.volumes[].projected.sources[].configMap.name", _CONFIG_MAP),
    Row(PODS, "spec.volumes[].projected.sources[].secret.name", _SECRET),
    Row(PODS, "spec.containers[].envFrom[].configMapRef.name", _CONFIG_MAP),
    Row(PODS, "spec.containers[].envFrom[].secretRef.name", _SECRET),
    Row(PODS, "spec.containers[].env[].valueFrom.configMapKeyRef.name", _CONFIG_MAP),
    Row(PODS, "spec.containers[].env[].valueFrom.secretKeyRef.name", _SECRET),
    Row(PODS, "spec.initContainers[].envFrom[].configMapRef.name", _CONFIG_MAP),
    Row(PODS, "spec.initContainers[].envFrom[].secretRef.name", _SECRET),
    Row(PODS, "spec.initContainers[].env[].valueFrom.configMapKeyRef.name", _CONFIG_MAP),
    Row(PODS, "spec.initContainers[].env[].valueFrom.secretKeyRef.name", _SECRET),
    Row(PODS, "spec.imagePullSecrets[].name", _SECRET),
    Row(PODS, "spec.serviceAccountName", _ACCOUNT),
    Row(PODS, "spec.priorityClassName", ("scheduling.k8s.io", "PriorityClass"), where=Where.CLUSTER),
    Row(PODS, "spec.runtimeClassName", ("node.k8s.io", "RuntimeClass"), where=Where.CLUSTER),
    Row(PODS, "spec.resourceClaims[].resourceClaimName", ("resource.k8s.io", "ResourceClaim")),
    Row(PODS, "spec.resourceClaims[].resourceClaimTemplateName", ("resource.k8s.io", "ResourceClaimTemplate")),
    Row(_STATEFUL_SET, "spec.serviceName", _SERVICE),
    Row(_STATEFUL_SET, "spec.volumeClaimTemplates[].spec.storageClassName", _STORAGE_CLASS, where=Where.CLUSTER),
    Row(_ACCOUNT, "imagePullSecrets[].name", _SECRET),
    Row(_ACCOUNT, "secrets[].name", _SECRET),
    Row(_SERVICE, "spec.selector", _POD, How.LABELS),
    Row(("discovery.k8s.io", "EndpointSlice"), "metadata.labels[kubernetes.io/service-name]", _SERVICE),
    Row(_INGRESS, "spec.rules[].http.paths[].backend.service.name", _SERVICE),
    Row(_INGRESS, "spec.defaultBackend.service.name", _SERVICE),
    Row(_INGRESS, "spec.ingressClassName", _INGRESS_CLASS, where=Where.CLUSTER),
    Row(_INGRESS, "spec.tls[].secretName", _SECRET),
    Row(("networking.k8s.io", "NetworkPolicy"), "spec.podSelector", _POD, How.SELECTOR),
    Row(("policy", "PodDisruptionBudget"), "spec.selector", _POD, How.SELECTOR),
    *(
        Row(_HPA, "spec.scaleTargetRef.name", target, kind_beside="")
        for target in (_DEPLOYMENT, _STATEFUL_SET, _REPLICA_SET, _ROLLOUT)
    ),
    *(
        Row(_VPA, "spec.targetRef.name", target, kind_beside="")
        for target in (_DEPLOYMENT, _STATEFUL_SET, _DAEMON_SET, _REPLICA_SET)
    ),
    Row((_RBAC, "RoleBinding"), "roleRef.name", (_RBAC, "Role"), kind_beside=""),
    Row((_RBAC, "RoleBinding"), "roleRef.name", (_RBAC, "ClusterRole"), where=Where.CLUSTER, kind_beside=""),
    Row((_RBAC, "RoleBinding"), "subjects[].name", _ACCOUNT, where=Where.BESIDE, kind_beside=""),
    Row((_RBAC, "ClusterRoleBinding"), "roleRef.name", (_RBAC, "ClusterRole"), where=Where.CLUSTER, kind_beside=""),
    Row((_RBAC, "ClusterRoleBinding"), "subjects[].name", _ACCOUNT, where=Where.BESIDE, kind_beside=""),
    Row(_CLAIM, "spec.storageClassName", _STORAGE_CLASS, where=Where.CLUSTER),
    Row(_CLAIM, "spec.volumeName", _VOLUME, where=Where.CLUSTER),
    Row(_CLAIM, "spec.dataSource.name", _SNAPSHOT, kind_beside=""),
    Row(_CLAIM, "spec.dataSource.name", _CLAIM, kind_beside=""),
    Row(_VOLUME, "spec.storageClassName", _STORAGE_CLASS, where=Where.CLUSTER),
    Row(_VOLUME, "spec.claimRef.name", _CLAIM, where=Where.BESIDE),
    Row(_SNAPSHOT, "spec.source.persistentVolumeClaimName", _CLAIM),
    Row(_SNAPSHOT, "spec.volumeSnapshotClassName", _SNAPSHOT_CLASS, where=Where.CLUSTER),
    *(
        row
        for route in (_HTTP_ROUTE, _GRPC_ROUTE)
        for row in (
            Row(route, "spec.parentRefs[].name", _GATEWAY, where=Where.BESIDE, kind_beside="Gateway"),
            Row(route, "spec.rules[].backendRefs[].name", _SERVICE, where=Where.BESIDE, kind_beside="Service"),
        )
    ),
    Row(_GATEWAY, "spec.gatewayClassName", _GATEWAY_CLASS, where=Where.CLUSTER),
    Row(
        _GATEWAY,
        "spec.listeners[].tls.certificateRefs[].name",
        _SECRET,
        where=Where.BESIDE,
        kind_beside="Secret",
    ),
)
"""Source: the API reference of Kubernetes and of each project; where a field says so, its own description there."""


class Link(NamedTuple):
    """One reference that one object makes."""

    source: Manifest
    path: FieldPath
    """The field that refers."""
    target: Identity
    """What it refers to; of a selector that matches nothing, a Pod without a name."""
    found: Manifest | None
    """The object; None where the stack has none of that identity."""


def links(manifest: Manifest, stack: Stack) -> Iterator[Link]:
    """Everything that an object refers to, in the order of the table.

    :param manifest: the object.
    :param stack: where its targets are looked for.
    """
    group, kind = manifest.identity.group, manifest.kind
    for row, steps in _rows().get((group, kind), ()):
        yield from _links(manifest, row, steps, (), stack)
    pod = template_path(manifest.body)
    if pod is not None:
        for row, steps in _rows()[PODS]:
            yield from _links(manifest, row, (*pod, *steps), (), stack)


def links_to(identity: Identity, stack: Stack) -> Iterator[Link]:
    """Every reference that a stack's objects make to one object, in the stack's order."""
    for manifest in stack:
        for link in links(manifest, stack):
            if link.target == identity:
                yield link


_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


@functools.cache
def _rows() -> dict[GroupKind, list[tuple[Row, tuple[str, ...]]]]:
    found: dict[GroupKind, list[tuple[Row, tuple[str, ...]]]] = {}
    for row in TABLE:
        steps = tuple(match[1] or match[2] for match in _STEP.finditer(row.path))
        found.setdefault(row.source, []).append((row, steps))
    return found


def _links(manifest: Manifest, row: Row, steps: FieldPath, done: FieldPath, stack: Stack) -> Iterator[Link]:
    """Follow the steps of a row from the object's root; the empty step is every item of a list."""
    holder: Any = manifest.body
    at: Any = holder
    for number, step in enumerate(steps):
        if step == "":
            for index in range(len(at)) if isinstance(at, list) else ():
                yield from _links(manifest, row, (*steps[:number], index, *steps[number + 1 :]), (), stack)
            return
        holder = at
        at = at[step] if isinstance(step, int) else at.get(step) if isinstance(at, dict) else None
        if at is None:
            return
    if row.how is How.NAME:
        if isinstance(at, str) and at and _is_meant(row, holder):
            namespace = _namespace(manifest, row, holder)
            identity = Identity(*row.target, namespace, at)
            yield Link(manifest, steps, identity, next(iter(stack.by_identity.get(identity, ())), None))
    elif isinstance(at, dict):
        yield from _selected(manifest, row, at, steps, stack)


def _is_meant(row: Row, holder: Any) -> bool:
    """Whether the field beside the name says this row's kind."""
    if row.kind_beside is None:
        return True
    fields = holder if isinstance(holder, dict) else {}
    return bool((fields.get("kind") or row.kind_beside) == row.target[1])


def _namespace(manifest: Manifest, row: Row, holder: Any) -> str:
    if row.where is Where.CLUSTER:
        return ""
    beside = holder.get("namespace") if row.where is Where.BESIDE and isinstance(holder, dict) else None
    return str(beside or manifest.namespace)


def _selected(manifest: Manifest, row: Row, at: dict[str, Any], path: FieldPath, stack: Stack) -> Iterator[Link]:
    namespace = manifest.namespace
    if row.how is How.LABELS:
        spec = manifest.body.get("spec")
        if not at or (isinstance(spec, dict) and spec.get("type") == "ExternalName"):
            return
        workloads = [workload for workload, _ in stack.selected(namespace, at)]
    else:
        workloads = [
            workload for workload, template in stack.workloads.get(namespace, ()) if selects(at, template.labels)
        ]
    for workload in workloads:
        yield Link(manifest, path, workload.identity, workload)
    if not workloads:
        yield Link(manifest, path, Identity("", "Pod", namespace, ""), None)


def selects(selector: dict[str, Any], labels: dict[str, Any]) -> bool:
    """Whether a LabelSelector selects what carries some labels.

    :param selector: ``matchLabels`` and ``matchExpressions``; an empty one selects everything.
    :param labels: label to value.
    """
    wanted = selector.get("matchLabels")
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        if str(labels.get(key)) != str(value):
            return False
    expressions = selector.get("matchExpressions")
    for expression in expressions if isinstance(expressions, list) else ():
        if isinstance(expression, dict) and not _holds(expression, labels):
            return False
    return True


def _holds(expression: dict[str, Any], labels: dict[str, Any]) -> bool:
    key, values = str(expression.get("key")), [str(value) for value in expression.get("values") or ()]
    there = key in labels
    match expression.get("operator"):
        case "In":
            return there and str(labels[key]) in values
        case "NotIn":
            return not there or str(labels[key]) not in values
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
    return False
