"""Storage: classes, volumes and claims, and whether a claim gets the volume that it is meant to have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilothouse.checks.catalogue import Problem, described, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.provisioners import DEFAULT_CLASS, NODE_BOUND, SINGLE_NODE, ZONAL
from pilothouse.quantity import amounts
from pilothouse.resources import qualified
from pilothouse.schemas.lifecycle import number
from pilothouse.selectors import dns_subdomain
from pilothouse.stack import Stack

CLASS, VOLUME, CLAIM = ("storage.k8s.io", "StorageClass"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim")
SNAPSHOT = ("snapshot.storage.k8s.io", "VolumeSnapshot")

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
    "storage",
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


def claims(manifest: Manifest) -> Iterator[tuple[dict[str, Any], FieldPath]]:
    """The claims that an object makes, or has made for its pods: each one's spec, and where it stands."""
    spec = mapping(manifest.body, "spec")
    if (manifest.group, manifest.kind) == CLAIM:
        yield spec, ("spec",)
    elif (manifest.group, manifest.kind) == ("apps", "StatefulSet"):
        for index, template in mappings(spec.get("volumeClaimTemplates")):
            yield mapping(template, "spec"), ("spec", "volumeClaimTemplates", index, "spec")


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


@object_check("STO005", Severity.ADVICE, "a volume that is made before anybody knows where", kinds=(CLASS,))
def immediate(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A disk in a cloud lies in one zone, and one of a node on that node. A class that binds at once
    (``volumeBindingMode: Immediate``, the default) has it made in any of them, before the scheduler has chosen a node
    for the pod: where the pod cannot go there, it stays Pending.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ```

    Source: Kubernetes documentation, "Storage Classes", "Volume Binding Mode".
    """
    body = manifest.body
    placed = body.get("provisioner") in ZONAL | NODE_BOUND if isinstance(body.get("provisioner"), str) else False
    if placed and body.get("volumeBindingMode") in (None, "Immediate") and not body.get("allowedTopologies"):
        yield Problem(
            manifest,
            f"a volume of {body['provisioner']} lies in one place, and is made before its pod has one",
            ("volumeBindingMode",),
            "write volumeBindingMode: WaitForFirstConsumer",
        )


@stack_check("STO006", Severity.WARNING, "two default StorageClasses")
def two_defaults(stack: Stack) -> Iterator[Problem]:
    """A claim without a class gets the default one; of several it gets the one that was created last, which differs
    from cluster to cluster.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: slow, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: slow}
    provisioner: nfs.csi.k8s.io
    ```

    Source: Kubernetes documentation, "Storage Classes", "Default StorageClass".
    """
    defaults = [manifest for manifest in stack.of_kind(*CLASS) if is_default(manifest)]
    for other in defaults[1:]:
        yield Problem(
            other,
            f"it is a default StorageClass, and so is {defaults[0].name}",
            ("metadata", "annotations"),
            "let one of the two be the default",
        )


def is_default(manifest: Manifest) -> bool:
    """Whether claims without a class get this one."""
    annotations = mapping(manifest.body, "metadata", "annotations")
    return any(annotations.get(key) == "true" for key in DEFAULT_CLASS)


@stack_check("STO007", Severity.ADVICE, "a claim that takes whichever class there is")
def no_class(stack: Stack) -> Iterator[Problem]:
    """A claim without ``storageClassName`` gets the cluster's default class: a fast disk in one cluster, a folder of a
    node in another. Where a cluster has no default, it stays Pending. Nothing in this stack says which is the case.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Class".
    """
    if any(is_default(manifest) for manifest in stack.of_kind(*CLASS)):
        return
    for manifest in [*stack.of_kind(*CLAIM), *stack.of_kind("apps", "StatefulSet")]:
        annotations = mapping(manifest.body, "metadata", "annotations")
        for spec, at in claims(manifest):
            if spec.get("storageClassName") is None and not spec.get("volumeName") and _BETA_CLASS not in annotations:
                yield Problem(
                    manifest,
                    "the claim names no class, and no class of this stack is the default",
                    (*at, "storageClassName"),
                    "name a class: the environment file says by given.storageClasses which there are",
                )


_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


@stack_check("STO008", Severity.WARNING, "an access mode that a volume of its class cannot have")
def unshared(stack: Stack) -> Iterator[Problem]:
    """A disk is attached to one node. A claim that wants to be mounted by many (``ReadWriteMany``), and asks a
    driver of disks for it, stays Pending, or its pods on other nodes do not start. Shared folders come from other
    drivers: NFS, CephFS or EFS.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: ebs.csi.aws.com
    volumeBindingMode: WaitForFirstConsumer
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: shared}
    provisioner: efs.csi.aws.com
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: shared, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Access Modes".
    """
    kinds = {
        manifest.name: SINGLE_NODE[text(manifest.body.get("provisioner"))]
        for manifest in stack.of_kind(*CLASS)
        if text(manifest.body.get("provisioner")) in SINGLE_NODE
    }
    for manifest in [*stack.of_kind(*CLAIM), *stack.of_kind("apps", "StatefulSet")] if kinds else ():
        for spec, at in claims(manifest):
            name = text(spec.get("storageClassName"))
            shared = "ReadWriteMany" in listing(spec.get("accessModes")) and spec.get("volumeMode") != "Block"
            if name in kinds and shared and not spec.get("volumeName"):
                yield Problem(
                    manifest,
                    f"it claims ReadWriteMany of the class {name}, and {kinds[name]} is mounted by one node alone",
                    (*at, "accessModes"),
                    "claim ReadWriteOnce, or take a class of shared folders",
                )


@stack_check("STO009", Severity.ERROR, "a claim and a volume that do not fit")
def unfit(stack: Stack) -> Iterator[Problem]:
    """A claim that names its volume (``volumeName``), or is named by one (``claimRef``), is bound to it only if class,
    size, access modes and volume mode fit, and if no other claim is named there. Otherwise it stays Pending.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: nfs, nfs: {server: nas, path: /a}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec:
      volumeName: disk
      storageClassName: nfs
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: nfs, nfs: {server: nas, path: /a}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec:
      volumeName: disk
      storageClassName: nfs
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Binding", "Reserving a PersistentVolume".
    """
    for claim in stack.of_kind(*CLAIM):
        spec = mapping(claim.body, "spec")
        volumes = stack.by_identity.get(Identity(*VOLUME, "", text(spec.get("volumeName"))), ())
        for volume in volumes[:1]:
            for field, wrong in _misfits(mapping(volume.body, "spec"), claim, spec):
                yield Problem(claim, f"it names the volume {volume.name}, {wrong}", ("spec", *field))
    for volume in stack.of_kind(*VOLUME):
        named = mapping(volume.body, "spec", "claimRef")
        identity = Identity(*CLAIM, text(named.get("namespace")), text(named.get("name")))
        for claim in stack.by_identity.get(identity, ())[:1]:
            spec = mapping(claim.body, "spec")
            if text(spec.get("volumeName")) == volume.name:
                continue
            if spec.get("volumeName"):
                wrong = f"which names another volume, {spec['volumeName']}"
                yield Problem(volume, f"it is kept for the claim {claim.name}, {wrong}", ("spec", "claimRef"))
                continue
            for _, wrong in _misfits(mapping(volume.body, "spec"), claim, spec):
                yield Problem(
                    volume, f"it is kept for the claim {claim.name}, and is one {wrong}", ("spec", "claimRef")
                )


def _misfits(volume: dict[str, Any], claim: Manifest, spec: dict[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Why a volume is not bound to a claim: the claim's field, and a clause about the volume."""
    wanted, had = spec.get("storageClassName"), text(volume.get("storageClassName"))
    if isinstance(wanted, str) and wanted != had:
        yield ("storageClassName",), f"whose class is {had or 'none'} and not {wanted or 'none'}"
    asked = amounts(mapping(spec, "resources", "requests")).get("storage")
    size = amounts(volume.get("capacity")).get("storage")
    if asked is not None and size is not None and asked > size:
        written = mapping(spec, "resources", "requests")["storage"], mapping(volume, "capacity")["storage"]
        yield ("resources", "requests", "storage"), f"which holds {written[1]} where {written[0]} is claimed"
    lacking = [mode for mode in listing(spec.get("accessModes")) if mode not in listing(volume.get("accessModes"))]
    if lacking:
        yield ("accessModes",), f"which cannot be mounted as {', '.join(map(str, lacking))}"
    if (spec.get("volumeMode") or "Filesystem") != (volume.get("volumeMode") or "Filesystem"):
        yield ("volumeMode",), f"whose mode is {volume.get('volumeMode') or 'Filesystem'}"
    kept = mapping(volume, "claimRef")
    if kept and (kept.get("namespace"), kept.get("name")) != (claim.namespace, claim.name):
        yield ("volumeName",), f"which is kept for the claim {kept.get('namespace')}/{kept.get('name')}"


@object_check("STO010", Severity.WARNING, "a folder of whichever node", kinds=(VOLUME,), fields=("hostPath",))
def anywhere(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A ``hostPath`` volume is a folder of the node that its pod happens to run on. When the pod moves, it finds an
    empty folder, or somebody else's. A ``nodeAffinity`` on the volume keeps the pod where its data is. A cluster of one
    node, as the environment file declares it, has no other.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: a, hostPath: {path: /mnt/disk}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolume
    metadata: {name: disk}
    spec:
      capacity: {storage: 1Gi}
      accessModes: [ReadWriteOnce]
      storageClassName: a
      hostPath: {path: /mnt/disk}
      nodeAffinity:
        required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}
    ```

    Source: Kubernetes documentation, "Volumes", "hostPath" and "local".
    """
    spec = mapping(manifest.body, "spec")
    if isinstance(spec.get("hostPath"), dict) and not spec.get("nodeAffinity") and _several_nodes(stack):
        yield Problem(
            manifest,
            "its data lies on one node, and nothing keeps its pods there",
            ("spec", "hostPath"),
            "name the node by nodeAffinity, or make it a local volume",
        )


def _several_nodes(stack: Stack) -> bool:
    return sum(pool.count for pool in stack.environment.nodes) != 1


@stack_check("STO011", Severity.ADVICE, "data that goes with its claim")
def deleted(stack: Stack) -> Iterator[Problem]:
    """The volume of a StatefulSet's claim is deleted with the claim where its class says ``reclaimPolicy: Delete``, the
    default: a namespace deleted by mistake, or a StatefulSet whose ``persistentVolumeClaimRetentionPolicy`` deletes the
    claims with it, takes the data along.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6", volumeMounts: [{name: data, mountPath: /data}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    reclaimPolicy: Retain
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      serviceName: db
      template:
        metadata: {labels: {app: db}}
        spec: {containers: [{name: db, image: "postgres:17.6", volumeMounts: [{name: data, mountPath: /data}]}]}
      volumeClaimTemplates:
      - metadata: {name: data}
        spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: db, namespace: shop}
    spec: {clusterIP: None, selector: {app: db}}
    ```

    Source: Kubernetes documentation, "Persistent Volumes", "Reclaiming"; "StatefulSets", "PersistentVolumeClaim
    retention".
    """
    lost = {
        manifest.name for manifest in stack.of_kind(*CLASS) if manifest.body.get("reclaimPolicy") in (None, "Delete")
    }
    for manifest in stack.of_kind("apps", "StatefulSet") if lost else ():
        retention = mapping(manifest.body, "spec", "persistentVolumeClaimRetentionPolicy")
        also = " and its claims go with it" if "Delete" in retention.values() else ""
        for spec, at in claims(manifest):
            if text(spec.get("storageClassName")) in lost:
                yield Problem(
                    manifest,
                    f"the class {spec['storageClassName']} deletes a volume with its claim{also}",
                    (*at, "storageClassName"),
                    "keep its data in a class with reclaimPolicy: Retain",
                )


@object_check("STO012", Severity.ERROR, "a VolumeSnapshot that the server refuses", kinds=(SNAPSHOT,))
def sound_snapshot(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A snapshot is taken of a claim, or stands for content that is there already: of one of the two.

    ```yaml bad
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {}}
    ```

    ```yaml good
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {volumeSnapshotContentName: content}}
    ```

    Source: the rules in the CustomResourceDefinition of VolumeSnapshot.
    """
    spec = mapping(manifest.body, "spec")
    source = spec.get("source")
    if isinstance(source, dict):
        named = [
            each for each in ("persistentVolumeClaimName", "volumeSnapshotContentName") if source.get(each) is not None
        ]
        if len(named) != 1:
            found = " and ".join(named) or "neither"
            message = f"its source names {found}, expected persistentVolumeClaimName or volumeSnapshotContentName"
            yield Problem(manifest, message, ("spec", "source"))
    if spec.get("volumeSnapshotClassName") == "":
        yield Problem(manifest, "its class is empty", ("spec", "volumeSnapshotClassName"), "leave it out, or name one")


@stack_check("STO013", Severity.ERROR, "a snapshot by another driver than its volume's")
def other_driver(stack: Stack) -> Iterator[Problem]:
    """A snapshot is taken by the driver that made the volume. Where the VolumeSnapshotClass names another one than the
    claim's StorageClass does, it is never ready.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshotClass
    metadata: {name: fast}
    driver: ebs.csi.aws.com
    deletionPolicy: Retain
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: default}
    spec: {volumeSnapshotClassName: fast, source: {persistentVolumeClaimName: data}}
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshotClass
    metadata: {name: fast}
    driver: nfs.csi.k8s.io
    deletionPolicy: Retain
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: snapshot.storage.k8s.io/v1
    kind: VolumeSnapshot
    metadata: {name: before, namespace: shop}
    spec: {volumeSnapshotClassName: fast, source: {persistentVolumeClaimName: data}}
    ```

    Source: Kubernetes documentation, "Volume Snapshot Classes".
    """
    drivers = {
        each.name: each.body.get("driver") for each in stack.of_kind("snapshot.storage.k8s.io", "VolumeSnapshotClass")
    }
    provisioners = {manifest.name: manifest.body.get("provisioner") for manifest in stack.of_kind(*CLASS)}
    for snapshot in stack.of_kind(*SNAPSHOT):
        spec = mapping(snapshot.body, "spec")
        driver = drivers.get(text(spec.get("volumeSnapshotClassName")))
        claimed = text(mapping(spec, "source").get("persistentVolumeClaimName"))
        for claim in stack.by_identity.get(Identity(*CLAIM, snapshot.namespace, claimed), ())[:1]:
            made_by = provisioners.get(text(mapping(claim.body, "spec").get("storageClassName")))
            if isinstance(driver, str) and isinstance(made_by, str) and driver != made_by:
                yield Problem(
                    snapshot,
                    f"its class is of {driver}, and the volume of {claimed} is made by {made_by}",
                    ("spec", "volumeSnapshotClassName"),
                    "take a VolumeSnapshotClass of the same driver",
                )


@stack_check("STO014", Severity.ERROR, "a copy that is smaller than what it is of")
def small_copy(stack: Stack) -> Iterator[Problem]:
    """A claim whose ``dataSource`` is another claim starts as its copy, and has to be at least as large.

    ```yaml bad
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: copy, namespace: default}
    spec:
      storageClassName: fast
      dataSource: {kind: PersistentVolumeClaim, name: data}
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: copy, namespace: shop}
    spec:
      storageClassName: fast
      dataSource: {kind: PersistentVolumeClaim, name: data}
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 5Gi}}
    ```

    Source: Kubernetes documentation, "CSI Volume Cloning".
    """
    for copy in stack.of_kind(*CLAIM):
        spec = mapping(copy.body, "spec")
        source = mapping(spec.get("dataSource"))
        if source.get("kind") != CLAIM[1]:
            continue
        asked = amounts(mapping(spec, "resources", "requests")).get("storage")
        for claim in stack.by_identity.get(Identity(*CLAIM, copy.namespace, text(source.get("name"))), ())[:1]:
            size = amounts(mapping(claim.body, "spec", "resources", "requests")).get("storage")
            if asked is not None and size is not None and asked < size:
                yield Problem(
                    copy,
                    f"it is a copy of {claim.name}, and claims less storage than that",
                    ("spec", "resources", "requests", "storage"),
                    "claim at least as much",
                )
