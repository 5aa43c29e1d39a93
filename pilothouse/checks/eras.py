"""Eras: what Kubernetes once said by annotations, labels and kinds of volumes, and says otherwise today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pilothouse.checks.catalogue import Problem, object_check, pod_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate, template_of
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import Stack


class _Era(NamedTuple):
    """An annotation, a label or a kind of volume of the past."""

    ignored: str | None
    """The minor since which nothing reads it; None where something still does."""
    instead: str
    """What says the same today."""


_ANNOTATIONS: dict[str, _Era] = {
    "container.apparmor.security.beta.kubernetes.io/": _Era(None, "securityContext.appArmorProfile"),
    "container.seccomp.security.alpha.kubernetes.io/": _Era("1.27", "the container's securityContext.seccompProfile"),
    "kubernetes.io/enforce-mountable-secrets": _Era(None, "a namespace of its own for those secrets"),
    "kubernetes.io/ingress.class": _Era(None, "spec.ingressClassName"),
    "pod.alpha.kubernetes.io/init-containers": _Era("1.8", "spec.initContainers"),
    "pod.alpha.kubernetes.io/initialized": _Era("1.8", "nothing: pods start when they can"),
    "pod.beta.kubernetes.io/init-containers": _Era("1.8", "spec.initContainers"),
    "scheduler.alpha.kubernetes.io/affinity": _Era("1.8", "spec.affinity"),
    "scheduler.alpha.kubernetes.io/critical-pod": _Era("1.16", "spec.priorityClassName: system-cluster-critical"),
    "scheduler.alpha.kubernetes.io/tolerations": _Era("1.8", "spec.tolerations"),
    "seccomp.security.alpha.kubernetes.io/pod": _Era("1.27", "spec.securityContext.seccompProfile"),
    "security.alpha.kubernetes.io/sysctls": _Era("1.11", "spec.securityContext.sysctls"),
    "security.alpha.kubernetes.io/unsafe-sysctls": _Era("1.11", "spec.securityContext.sysctls"),
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": _Era(None, "spec.publishNotReadyAddresses"),
    "service.beta.kubernetes.io/external-traffic": _Era("1.9", "spec.externalTrafficPolicy"),
    "service.kubernetes.io/topology-aware-hints": _Era(None, "the annotation service.kubernetes.io/topology-mode"),
    "storageclass.beta.kubernetes.io/is-default-class": _Era(None, "storageclass.kubernetes.io/is-default-class"),
    "volume.alpha.kubernetes.io/storage-class": _Era("1.8", "spec.storageClassName"),
    "volume.beta.kubernetes.io/storage-class": _Era(None, "spec.storageClassName"),
}
"""Annotations; one that ends in ``/`` stands for all that begin so.

Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"; the release notes of each minor."""


def _old(manifest: Manifest) -> Iterator[tuple[str, _Era, FieldPath]]:
    """Every annotation of the past on an object and on its pods, with its field."""
    yield from _among(mapping(manifest.body, "metadata", "annotations"), ("metadata", "annotations"))
    template = template_of(manifest)
    if template is not None and template.path:
        yield from _among(template.annotations, (*template.path, "metadata", "annotations"))


def _among(annotations: dict[str, Any], at: FieldPath) -> Iterator[tuple[str, _Era, FieldPath]]:
    for key in annotations:
        era = _ANNOTATIONS.get(key) or _ANNOTATIONS.get(f"{str(key).partition('/')[0]}/")
        if era is not None:
            yield key, era, (*at, key)


def _over(era: _Era, stack: Stack) -> bool:
    return era.ignored is not None and number(era.ignored) <= number(stack.catalogue.minor)


@object_check("API003", Severity.WARNING, "an annotation that nothing reads any more", fields=("annotations",))
def unread(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Kubernetes tried many of its fields as annotations first. Some of them it stopped reading: a seccomp profile that
    an annotation asks for is not there, and nobody is told.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      namespace: shop
      annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints".
    """
    for key, era, at in _old(manifest):
        if _over(era, stack):
            yield Problem(manifest, f"nothing reads {key} since Kubernetes {era.ignored}", at, f"write {era.instead}")


@object_check("API004", Severity.ADVICE, "an annotation that a field has taken the place of", fields=("annotations",))
def replaced(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Something still reads the annotation, and a later Kubernetes will not. A field is judged when it is applied; a
    mistake in an annotation shows only when it is read.

    ```yaml bad
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop, annotations: {kubernetes.io/ingress.class: nginx}}
    spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
    ```

    ```yaml good
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ```

    Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints".
    """
    for key, era, at in _old(manifest):
        if not _over(era, stack):
            yield Problem(manifest, f"the annotation {key} has a successor", at, f"write {era.instead}")


_LABELS: dict[str, _Era] = {
    "beta.kubernetes.io/arch": _Era(None, "kubernetes.io/arch"),
    "beta.kubernetes.io/instance-type": _Era(None, "node.kubernetes.io/instance-type"),
    "beta.kubernetes.io/os": _Era(None, "kubernetes.io/os"),
    "failure-domain.beta.kubernetes.io/region": _Era(None, "topology.kubernetes.io/region"),
    "failure-domain.beta.kubernetes.io/zone": _Era(None, "topology.kubernetes.io/zone"),
    "node-role.kubernetes.io/master": _Era("1.24", "node-role.kubernetes.io/control-plane"),
}
"""Labels of nodes. Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"; KEP-2067."""


_ASKING = ("nodeSelector", "nodeSelectorTerms", "topologyKey")
"""The fields by which pods ask for labels of nodes."""


def _asked(pods: PodTemplate) -> Iterator[tuple[str, FieldPath]]:
    """Every label of nodes that pods ask for, with the field that does."""
    spec, at = pods.spec, (*pods.path, "spec")
    for key in mapping(spec.get("nodeSelector")):
        yield key, (*at, "nodeSelector", key)
    field = "requiredDuringSchedulingIgnoredDuringExecution"
    required = mapping(spec, "affinity", "nodeAffinity", field)
    for number_, term in mappings(required.get("nodeSelectorTerms")):
        for index, expression in mappings(term.get("matchExpressions")):
            if expression.get("operator") in ("In", "Exists", "Gt", "Lt"):
                place = ("nodeSelectorTerms", number_, "matchExpressions", index, "key")
                yield str(expression.get("key")), (*at, "affinity", "nodeAffinity", field, *place)
    for index, constraint in mappings(spec.get("topologySpreadConstraints")):
        yield str(constraint.get("topologyKey")), (*at, "topologySpreadConstraints", index, "topologyKey")
    for kind in ("podAffinity", "podAntiAffinity"):
        for index, term in mappings(mapping(spec, "affinity", kind).get(field)):
            yield str(term.get("topologyKey")), (*at, "affinity", kind, field, index, "topologyKey")


@pod_check("API005", Severity.WARNING, "a label that no node has any more", fields=_ASKING)
def unlabelled(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Nodes of the control plane lost the label ``node-role.kubernetes.io/master`` with Kubernetes 1.24: pods that ask
    for it stay Pending.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      nodeSelector: {node-role.kubernetes.io/master: ""}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      nodeSelector: {node-role.kubernetes.io/control-plane: ""}
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    Source: KEP-2067; Kubernetes 1.24's release notes, "Urgent Upgrade Notes".
    """
    for key, at in _asked(pods):
        era = _LABELS.get(key)
        if era is not None and _over(era, stack):
            message = f"nodes have no label {key} since Kubernetes {era.ignored}"
            yield Problem(manifest, message, at, f"write {era.instead}")


@pod_check("API006", Severity.ADVICE, "a label of nodes that has been renamed", fields=_ASKING)
def renamed(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The labels under ``beta.kubernetes.io`` and ``failure-domain.beta.kubernetes.io`` are deprecated since Kubernetes
    1.14 and 1.17. Nodes still have them beside their successors.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {nodeSelector: {beta.kubernetes.io/os: linux}, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec: {nodeSelector: {kubernetes.io/os: linux}, containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints".
    """
    for key, at in _asked(pods):
        era = _LABELS.get(key)
        if era is not None and not _over(era, stack):
            yield Problem(manifest, f"the label {key} of nodes has been renamed", at, f"write {era.instead}")


_VOLUMES: dict[str, _Era] = {
    "cephfs": _Era("1.31", "a claim of a class of cephfs.csi.ceph.com"),
    "flocker": _Era("1.25", "a claim of another class"),
    "gitRepo": _Era("1.33", "an emptyDir that an init container clones into"),
    "glusterfs": _Era("1.26", "a claim of another class"),
    "quobyte": _Era("1.25", "a claim of a class of csi.quobyte.com"),
    "rbd": _Era("1.31", "a claim of a class of rbd.csi.ceph.com"),
    "scaleIO": _Era("1.22", "a claim of another class"),
    "storageos": _Era("1.25", "a claim of another class"),
}
"""Kinds of volumes, and the minor since which nodes cannot mount them.

Source: Kubernetes documentation, "Volumes"; KEP-5040 for ``gitRepo``; the release notes of each minor."""


@pod_check("API007", Severity.WARNING, "a kind of volume that nodes cannot mount any more", fields=_VOLUMES)
def unmounted(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Kubernetes gave up the drivers that it had for some kinds of volumes. The API server still takes pods that mount
    one; the node does not start them.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, glusterfs: {endpoints: gluster, path: data}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, emptyDir: {sizeLimit: 1Gi}}]
    ```

    Source: Kubernetes documentation, "Volumes".
    """
    for index, volume in mappings(pods.spec.get("volumes")):
        for kind in volume.keys() & _VOLUMES.keys():
            era = _VOLUMES[kind]
            if isinstance(volume[kind], dict) and _over(era, stack):
                yield Problem(
                    manifest,
                    f"no node mounts a {kind} volume since Kubernetes {era.ignored}",
                    (*pods.path, "spec", "volumes", index, kind),
                    f"mount {era.instead}",
                )
