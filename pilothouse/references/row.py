"""Row: one kind of reference, as the table writes it."""

from __future__ import annotations

import enum
from typing import NamedTuple

GroupKind = tuple[str, str]
"""An API group (empty for the core group) and a kind of it."""

PODS: GroupKind = ("", "*pods")
"""Every kind of :data:`pilothouse.pods.TEMPLATES`."""


class How(enum.Enum):
    """How a field refers to something."""

    NAME = "name"
    """Its value is the name."""
    NETWORKS = "networks"
    """It is Multus' annotation: names with commas between them, ``namespace/name@interface``, or JSON."""
    GATEWAYS = "gateways"
    """It is ``name`` or ``namespace/name``; ``mesh`` is none. Source: Istio, VirtualService."""
    HOST = "host"
    """It is a host: a Service's short name, or its name with the cluster's domain. Source: Istio, Destination."""
    DNS = "dns"
    """It is text in which names such as ``mysql.data.svc`` may stand."""
    LABELS = "labels"
    """It is a map of labels that the target must carry; an empty one selects nothing."""
    SELECTOR = "selector"
    """It is a LabelSelector; an empty one selects everything."""

    @property
    def selects(self) -> bool:
        """Whether it finds its target by labels."""
        return self in (How.LABELS, How.SELECTOR)


class Where(enum.Enum):
    """In which namespace the target is."""

    SAME = "same"
    """In the object's own."""
    BESIDE = "beside"
    """In the one that another field beside the name says; the object's own where it says none."""
    CLUSTER = "cluster"
    """In none: the target's kind belongs to the whole cluster."""
    ANYWHERE = "anywhere"
    """In whichever: the field cannot say."""
    NAMED = "named"
    """In those that the field beside names: a list, or ``any`` and ``matchNames``; else the object's own."""
    LABELLED = "labelled"
    """In those that the LabelSelector beside selects; else the object's own."""


class Lack(enum.Enum):
    """What happens where the target is not there."""

    NOTHING = "nothing"
    """It goes without, or another check looks at it."""
    START = "start"
    """The pods do not start, or the API server refuses them."""
    PULL = "pull"
    """Images are pulled without the credentials."""
    TRAFFIC = "traffic"
    """What should go to a Service goes nowhere."""
    SCALE = "scale"
    """There is nothing to scale."""
    RIGHTS = "rights"
    """Nobody gets the rights of the role."""
    SUBJECT = "subject"
    """The rights are given to nobody."""
    CLASS = "class"
    """Nobody makes what is asked for."""
    WAITS = "waits"
    """Its controller waits for it."""
    CERTIFICATE = "certificate"
    """There is no certificate to show."""
    SERVICE_NAME = "service name"
    """The pods have no names of their own."""
    SELECTS = "selects"
    """It is about no pod, or no Service."""
    DNS = "dns"
    """The name is not found."""


class Row(NamedTuple):
    """One kind of reference."""

    source: GroupKind
    """The kind that refers. ``PODS`` stands for every kind that runs pods, with the path from the pod template."""
    path: str
    """The field, as ``format_path`` writes it; ``[]`` stands for every item of a list."""
    target: GroupKind
    """The kind that is referred to. Of a selector of pods: a pod, or what runs it."""
    how: How = How.NAME
    where: Where = Where.SAME
    kind_beside: str | None = None
    """Where the field ``kind`` beside the name must name the target's kind: what it is if it is not given. None where
    no such field counts."""
    lack: Lack = Lack.NOTHING
    beside: str = "namespace"
    """The field beside that says the namespace."""
    reads: bool = False
    """Whether the pods read its content: ``optional``, ``key`` and ``items`` beside the name count."""
    granted: bool = False
    """Whether a ReferenceGrant must allow it across namespaces."""
    flag: tuple[str, bool] | None = None
    """A field beside the name, and what it must be; one that is not there is false."""
