"""Order: in which order a cluster is told of the objects, so that each finds what it needs."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.manifest import Manifest
from pilothouse.references import TABLE

_GENERATORS = tuple(dict.fromkeys(row.target for row in TABLE if row.target[0] == "generators.external-secrets.io"))
"""What ExternalSecrets are made from without a store."""

_WAVES: tuple[tuple[tuple[str, str], ...], ...] = (
    (("", "Namespace"),),
    (("apiextensions.k8s.io", "CustomResourceDefinition"),),
    (
        ("scheduling.k8s.io", "PriorityClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
        ("networking.k8s.io", "IngressClass"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("resource.k8s.io", "DeviceClass"),
        ("", "ResourceQuota"),
        ("", "LimitRange"),
        ("networking.k8s.io", "NetworkPolicy"),
    ),
    (
        ("", "ServiceAccount"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    ),
    (
        ("", "Secret"),
        ("", "ConfigMap"),
        ("external-secrets.io", "ClusterSecretStore"),
        ("external-secrets.io", "SecretStore"),
        *_GENERATORS,
        ("external-secrets.io", "ExternalSecret"),
        ("cert-manager.io", "ClusterIssuer"),
        ("cert-manager.io", "Issuer"),
        ("cert-manager.io", "Certificate"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("resource.k8s.io", "ResourceClaimTemplate"),
        ("resource.k8s.io", "ResourceClaim"),
        ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"),
    ),
    (
        ("", "Service"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("", "Endpoints"),
    ),
    (
        ("apps", "DaemonSet"),
        ("apps", "StatefulSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("", "ReplicationController"),
        ("argoproj.io", "Rollout"),
        ("", "Pod"),
        ("batch", "Job"),
        ("batch", "CronJob"),
    ),
    (
        ("policy", "PodDisruptionBudget"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ),
    (("networking.k8s.io", "Ingress"),),
)
"""(group, kind) of what must stand first, wave by wave; whatever is named nowhere comes after the last."""

_LATE = (
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("apiregistration.k8s.io", "APIService"),
)
"""What may refuse other objects: it comes when everything else stands."""

_RANK: dict[tuple[str, str], int] = {}
for _wave in _WAVES:
    for _kind in _wave:
        _RANK[_kind] = len(_RANK)
_OTHERS = len(_RANK)
for _kind in _LATE:
    _RANK[_kind] = len(_RANK) + 1


def rank(group: str, kind: str) -> int:
    """Where a kind stands in the order: the lower, the earlier."""
    return _RANK.get((group, kind), _OTHERS)


LAST_WAVE = len(_WAVES) + 2
"""How many waves there are."""

_WAVE: dict[tuple[str, str], int] = {kind: number for number, wave in enumerate(_WAVES, start=1) for kind in wave}
_WAVE.update(dict.fromkeys(_LATE, LAST_WAVE))


def wave(group: str, kind: str) -> int:
    """Which wave a kind is applied in, from 1: those of one wave need nothing of a later one.

    What is named nowhere comes in the last wave but one, what may refuse other objects in the last.
    """
    return _WAVE.get((group, kind), LAST_WAVE - 1)


def in_apply_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """The manifests in the order in which a cluster should be told of them.

    By kind first, then by namespace and name, so that the order says the same whatever a chart made first.
    """
    return sorted(manifests, key=_place)


def _place(manifest: Manifest) -> tuple[int, str, str, str, str]:
    api_version, kind, namespace, name = manifest.head
    return rank(api_version.rpartition("/")[0], kind), kind, namespace, name, api_version
