"""Storage fields: volumes, claims and classes that the API server refuses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse.checks.catalogue import Problem, described, object_check
from pilothouse.claims import CLAIM, CLASS, VOLUME, claims
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, text
from pilothouse.manifest import Manifest
from pilothouse.quantity import amounts
from pilothouse.resources import qualified
from pilothouse.schemas.lifecycle import number
from pilothouse.selectors import dns_subdomain
from pilothouse.stack import Stack

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


_CHOICES: dict[str, tuple[str, ...]] = {
    "persistentVolumeReclaimPolicy": ("Delete", "Recycle", "Retain"),
    "reclaimPolicy": ("Delete", "Retain"),
    "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
    "volumeMode": ("Block", "Filesystem"),
}
"""Fields that take one of a few words."""


def _choice(manifest: Manifest, holder: dict[str, Any], at: FieldPath, field: str) -> Iterator[Problem]:
    value = holder.get(field)
    if isinstance(value, str) and value not in _CHOICES[field] and (value or field == "volumeMode"):
        yield Problem(manifest, f"{field} is {value!r}, expected {' or '.join(_CHOICES[field])}", (*at, field))


def _modes(manifest: Manifest, spec: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    modes = listing(spec.get("accessModes"))
    if not modes:
        yield Problem(manifest, "no access mode is named, expected one at least", (*at, "accessModes"))
    for index, mode in enumerate(modes):
        if (isinstance(mode, str) or mode is None) and mode not in _MODES:
            yield Problem(manifest, f"{mode!r} is no access mode: expected {_OR_MODES}", (*at, "accessModes", index))
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield Problem(manifest, "ReadWriteOncePod goes with no other access mode", (*at, "accessModes"))


_OR_MODES = ", ".join(_MODES)


def _class_name(manifest: Manifest, spec: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    name = spec.get("storageClassName")
    if isinstance(name, str) and name and not dns_subdomain(name):
        yield Problem(manifest, f"{name!r} cannot be the name of a StorageClass", (*at, "storageClassName"))


_SOURCES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume"),
    *("quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
"""The kinds of volume that a PersistentVolume can be of. Source: Kubernetes API reference, PersistentVolumeSpec."""


_NEEDED = {
    "csi": ("driver", "volumeHandle"),
    "hostPath": ("path",),
    "local": ("path",),
    "nfs": ("server", "path"),
}
"""Fields that a volume's source cannot do without."""


@object_check("STO001", Severity.ERROR, "a PersistentVolume that the server refuses", kinds=(VOLUME,))
def sound_volume(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A volume says how large it is, how it may be mounted, and of what one kind it is; one on a node's own disk also
    says on which node.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: local, local: {path: /mnt/disk}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec:
      capacity: {storage: 1Gi}
      accessModes: [ReadWriteOnce]
      storageClassName: local
      local: {path: /mnt/disk}
      nodeAffinity:
        required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}
    ```

    Source: ``ValidatePersistentVolume`` of Kubernetes.
    """
    spec = mapping(manifest.body, "spec")
    at: FieldPath = ("spec",)
    yield from _modes(manifest, spec, at)
    yield from _class_name(manifest, spec, at)
    yield from _choice(manifest, spec, at, "persistentVolumeReclaimPolicy")
    yield from _choice(manifest, spec, at, "volumeMode")
    capacity = mapping(spec.get("capacity"))
    if set(capacity) != {"storage"}:
        named = ", ".join(map(str, capacity)) or "nothing"
        yield Problem(manifest, f"its capacity names {named}, expected storage alone", (*at, "capacity"))
    elif capacity["storage"] is None or amounts(capacity).get("storage", Decimal(1)) <= 0:
        yield Problem(manifest, "its capacity is not above 0", (*at, "capacity", "storage"))
    sources = [name for name in _SOURCES if isinstance(spec.get(name), dict)]
    if not sources:
        yield Problem(manifest, "it is of no kind of volume: expected csi, nfs, local or another", at)
    elif len(sources) > 1:
        yield Problem(manifest, f"it is of several kinds: {', '.join(sources)}", (*at, sources[1]), "keep one")
    for name in sources[:1]:
        for field in _NEEDED.get(name, ()):
            if not spec[name].get(field):
                yield Problem(manifest, f"its {name} volume has no {field}", (*at, name))
    if "nfs" in sources and text(mapping(spec, "nfs").get("path"), "/")[:1] not in ("/", ""):
        yield Problem(manifest, "the path of an NFS volume begins with /", (*at, "nfs", "path"))
    affinity = spec.get("nodeAffinity")
    if "local" in sources and affinity is None:
        yield Problem(manifest, "a local volume lies on one node, and no nodeAffinity says on which", (*at, "local"))
    if isinstance(affinity, dict) and not listing(mapping(affinity, "required").get("nodeSelectorTerms")):
        yield Problem(manifest, "its nodeAffinity requires nothing", (*at, "nodeAffinity"))


TEMPLATE = described(
    "STO003",
    Severity.WARNING,
    "a claim template whose claims are refused",
    """
    A Kubernetes before 1.36 takes a StatefulSet whose ``volumeClaimTemplates`` say too little, and then refuses each of
    the claims: its pods never start. What is wrong with them is what STO002 says of a claim.
    """,
    "storage_fields",
)


_TEMPLATES_JUDGED = "1.36"
"""The minor since which the API server looks at the templates of claims, too."""


@object_check("STO002", Severity.ERROR, "a claim that the server refuses", kinds=(CLAIM, ("apps", "StatefulSet")))
def sound_claim(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A claim says how much storage it wants, and how it will mount it.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce]}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    Source: ``ValidatePersistentVolumeClaim`` of Kubernetes.
    """
    judged = manifest.kind == CLAIM[1] or number(stack.catalogue.minor) >= number(_TEMPLATES_JUDGED)
    for spec, at in claims(manifest):
        for problem in _of_claim(manifest, spec, at):
            yield problem if judged else problem._replace(code=TEMPLATE)


def _of_claim(manifest: Manifest, spec: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    yield from _modes(manifest, spec, at)
    yield from _class_name(manifest, spec, at)
    yield from _choice(manifest, spec, at, "volumeMode")
    requests = mapping(spec, "resources", "requests")
    if "storage" not in requests:
        yield Problem(manifest, "it requests no storage", (*at, "resources"), "name resources.requests.storage")
    elif requests["storage"] is None or amounts(requests).get("storage", Decimal(1)) <= 0:
        message = f"it requests {requests['storage']} of storage, expected more than 0"
        yield Problem(manifest, message, (*at, "resources", "requests", "storage"))


@object_check(
    "STO015",
    Severity.ERROR,
    "a retention of claims that there is not",
    kinds=(("apps", "StatefulSet"),),
    fields=("persistentVolumeClaimRetentionPolicy",),
)
def retention(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A StatefulSet's claims are kept (``Retain``) or deleted (``Delete``) when it is deleted, and when it is scaled.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: default}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6"}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain}
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6"}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec: {clusterIP: None, selector: {app: db}}
    ```

    Source: Kubernetes documentation, "StatefulSets", "PersistentVolumeClaim retention".
    """
    policy = mapping(manifest.body, "spec", "persistentVolumeClaimRetentionPolicy")
    for field in ("whenDeleted", "whenScaled"):
        word = policy.get(field)
        if isinstance(word, str) and word and word not in ("Delete", "Retain"):
            at = ("spec", "persistentVolumeClaimRetentionPolicy", field)
            yield Problem(manifest, f"{field} is {word!r}, expected Retain or Delete", at)


@object_check("STO004", Severity.ERROR, "a StorageClass that the server refuses", kinds=(CLASS,))
def sound_class(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A class names the driver that makes its volumes, and takes two words each for what becomes of them and when they
    are made.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForConsumer
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ```

    Source: ``ValidateStorageClass`` of Kubernetes.
    """
    body = manifest.body
    provisioner = body.get("provisioner")
    if provisioner in (None, ""):
        yield Problem(manifest, "it names no provisioner", ("provisioner",))
    elif isinstance(provisioner, str) and not qualified(provisioner.lower()):
        yield Problem(manifest, f"{provisioner!r} is no provisioner's name, such as ebs.csi.aws.com", ("provisioner",))
    yield from _choice(manifest, body, (), "reclaimPolicy")
    yield from _choice(manifest, body, (), "volumeBindingMode")
