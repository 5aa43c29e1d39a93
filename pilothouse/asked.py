"""Asked: which object somebody means who writes its name as kubectl's users do."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pilothouse.manifest import Identity

SHORT_NAMES = {
    "cj": "CronJob",
    "cm": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "ep": "Endpoints",
    "gc": "GatewayClass",
    "gtw": "Gateway",
    "hpa": "HorizontalPodAutoscaler",
    "ing": "Ingress",
    "limits": "LimitRange",
    "netpol": "NetworkPolicy",
    "ns": "Namespace",
    "pc": "PriorityClass",
    "pdb": "PodDisruptionBudget",
    "po": "Pod",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "quota": "ResourceQuota",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sa": "ServiceAccount",
    "sc": "StorageClass",
    "sts": "StatefulSet",
    "svc": "Service",
    "vpa": "VerticalPodAutoscaler",
    "vs": "VolumeSnapshot",
}
"""What kubectl calls a kind in short. Source: ``kubectl api-resources``, and the custom resources' own definitions."""


class Asked(NamedTuple):
    """An object's name as it was written."""

    kind: str
    """A kind, plural or short name, in any case; with ``.group`` after it or without."""
    namespace: str
    """Empty where none was given."""
    name: str


def parse(words: Sequence[str], namespace: str = "") -> Asked | None:
    """Read a name: ``Kind name``, ``Kind namespace/name``, ``kind/name``, also in one word.

    :param words: as the shell gives them.
    :param namespace: of ``-n``; it counts where the name has none.
    :returns: None for what is no name of an object.
    """
    parts = " ".join(words).split()
    if len(parts) == 1 and parts[0].count("/") == 1:
        parts = parts[0].split("/")
        kind, name, within = parts[0], parts[1], ""
    elif len(parts) == 2:
        kind = parts[0]
        within, _, name = parts[1].rpartition("/")
    else:
        return None
    if not (kind and name) or "/" in kind + within:
        return None
    return Asked(kind, within or namespace, name)


def matches(asked: Asked, identity: Identity, plural: Callable[[Identity], str]) -> bool:
    """Whether an object is the one that is asked for.

    :param plural: the name of a kind in the API's paths (``deployments``); empty where it is not known.
    """
    if identity.name != asked.name or (asked.namespace and identity.namespace != asked.namespace):
        return False
    kind, _, group = asked.kind.lower().partition(".")
    if group and identity.group != group:
        return False
    own = identity.kind.lower()
    return kind == own or SHORT_NAMES.get(kind, "").lower() == own or kind == plural(identity)


def nearest(words: Sequence[str], there: Iterable[Identity]) -> list[str]:
    """The objects whose names read most like what was written, at most three."""
    asked = parse(words)
    text = (
        f"{SHORT_NAMES.get(asked.kind.lower(), asked.kind)} {asked.name}".lower() if asked else " ".join(words).lower()
    )
    known = {f"{each.kind} {each.name}".lower(): str(each) for each in there}
    return [known[found] for found in difflib.get_close_matches(text, known, n=3, cutoff=0.6)]
