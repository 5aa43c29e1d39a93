"""GitOps: what Argo CD and its like make of the objects: hooks, waves, and what Git alone cannot change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

_ARGO = "argocd.argoproj.io/"


_HOOKS = ("PreSync", "Sync", "PostSync", "SyncFail", "PostDelete", "PreDelete", "Skip")


_POLICIES = ("HookSucceeded", "HookFailed", "BeforeHookCreation")


@object_check(
    "GITOPS001",
    Severity.WARNING,
    "an annotation that Argo CD does not understand",
    fields=(f"{_ARGO}hook", f"{_ARGO}hook-delete-policy", f"{_ARGO}sync-wave"),
)
def misunderstood(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Argo CD runs an object that bears ``argocd.argoproj.io/hook`` in the phases named there: with a phase that it
    does not know, the object is never applied. A ``sync-wave`` that is no whole number counts as 0, and a delete policy
    that it does not know deletes nothing.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, annotations: {argocd.argoproj.io/hook: AfterSync}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop, annotations: {argocd.argoproj.io/hook: PostSync}}
    ```

    Source: Argo CD's documentation, "Sync Phases and Waves".
    """
    annotations = mapping(manifest.body, "metadata", "annotations")
    for field, known in (("hook", _HOOKS), ("hook-delete-policy", _POLICIES)):
        for word in text(annotations.get(f"{_ARGO}{field}")).split(","):
            if word.strip() and word.strip() not in known:
                yield Problem(
                    manifest,
                    f"{word.strip()!r} is nothing that Argo CD knows: expected {', '.join(known)}",
                    ("metadata", "annotations", f"{_ARGO}{field}"),
                )
    wave = annotations.get(f"{_ARGO}sync-wave")
    if isinstance(wave, str) and _number(wave) is None:
        message = f"the wave {wave!r} is no whole number, and counts as 0"
        yield Problem(manifest, message, ("metadata", "annotations", f"{_ARGO}sync-wave"))


def _number(wave: str) -> int | None:
    return int(wave) if re.fullmatch(r"[+-]?[0-9]{1,9}", wave) else None


def wave_of(manifest: Manifest) -> int:
    """The wave in which Argo CD applies an object."""
    return _number(text(mapping(manifest.body, "metadata", "annotations").get(f"{_ARGO}sync-wave"))) or 0


def _hooked(manifest: Manifest) -> bool:
    annotations = mapping(manifest.body, "metadata", "annotations")
    return f"{_ARGO}hook" in annotations or "helm.sh/hook" in annotations


@stack_check("GITOPS002", Severity.ERROR, "an object in a wave before what it needs")
def too_early(stack: Stack) -> Iterator[Problem]:
    """Argo CD applies wave after wave, and begins with one when all of those before are healthy. An object whose
    Namespace, or whose CustomResourceDefinition, comes in a later wave cannot be applied, and the sync stops there.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, annotations: {argocd.argoproj.io/sync-wave: "1"}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, annotations: {argocd.argoproj.io/sync-wave: "-1"}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: shop}
    ```

    Source: Argo CD's documentation, "Sync Phases and Waves".
    """
    late = {namespace.name: wave_of(namespace) for namespace in stack.of_kind("", "Namespace")}
    late = {name: wave for name, wave in late.items() if wave > 0}
    for manifest in stack if late else ():
        if manifest.namespace in late and wave_of(manifest) < late[manifest.namespace]:
            yield _early(manifest, f"its namespace comes in wave {late[manifest.namespace]}")
    for definition in stack.of_kind("apiextensions.k8s.io", "CustomResourceDefinition"):
        spec, wave = mapping(definition.body, "spec"), wave_of(definition)
        for manifest in stack.of_kind(text(spec.get("group")), text(mapping(spec, "names").get("kind"))):
            options = text(mapping(manifest.body, "metadata", "annotations").get(f"{_ARGO}sync-options"))
            if wave_of(manifest) < wave and "SkipDryRunOnMissingResource=true" not in options:
                yield _early(manifest, f"the definition of its kind comes in wave {wave}")


def _early(manifest: Manifest, why: str) -> Problem:
    return Problem(
        manifest,
        f"Argo CD applies it in wave {wave_of(manifest)}, and {why}",
        ("metadata", "annotations"),
        "give it a later wave, or what it needs an earlier one",
    )


@stack_check("GITOPS003", Severity.ERROR, "a claim that waits for pods of a later wave")
def claim_first(stack: Stack) -> Iterator[Problem]:
    """A claim whose class waits for its first consumer stays Pending until a pod mounts it. Argo CD does not begin with
    a later wave before it is bound: where all pods that mount it come later, neither ever happens.

    ```yaml bad
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    volumeBindingMode: WaitForFirstConsumer
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: default, annotations: {argocd.argoproj.io/sync-wave: "-1"}}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    ```yaml good
    apiVersion: storage.k8s.io/v1
    kind: StorageClass
    metadata: {name: fast}
    provisioner: nfs.csi.k8s.io
    volumeBindingMode: WaitForFirstConsumer
    ---
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data, namespace: shop}
    spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop}
    spec:
      containers: [{name: web, image: "nginx:1.29", volumeMounts: [{name: data, mountPath: /data}]}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    ```

    Source: Argo CD's documentation, "Sync Phases and Waves"; Kubernetes documentation, "Volume Binding Mode".
    """
    waiting = {
        each.name
        for each in stack.of_kind("storage.k8s.io", "StorageClass")
        if each.body.get("volumeBindingMode") == "WaitForFirstConsumer"
    }
    for claim in stack.of_kind("", "PersistentVolumeClaim") if waiting else ():
        if text(mapping(claim.body, "spec").get("storageClassName")) not in waiting:
            continue
        consumers = [
            manifest
            for manifest, pods in stack.workloads.get(claim.namespace, ())
            for _, volume in mappings(pods.spec.get("volumes"))
            if mapping(volume, "persistentVolumeClaim").get("claimName") == claim.name
        ]
        wave = wave_of(claim)
        if consumers and all(wave_of(each) > wave for each in consumers):
            first = min(consumers, key=wave_of)
            yield Problem(
                claim,
                f"it comes in wave {wave}, waits for a pod that mounts it, and {first.kind} {first.name} comes in wave"
                f" {wave_of(first)}",
                ("metadata", "annotations"),
                "put both into one wave",
            )


@object_check("GITOPS010", Severity.ADVICE, "a Job that no change can reach", kinds=(("batch", "Job"),))
def unchangeable(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The template of a Job cannot be changed. When Git has another image or argument for a Job that is there already,
    the API server refuses it, and the sync fails until somebody deletes the Job. A hook of Argo CD is deleted and
    created anew; a name that bears a hash of the content, as the kit's ``rerun="on-change"`` gives it, is a new Job.

    ```yaml bad
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: shop}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}}
    ```

    ```yaml good
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate-3f2a9c1e, namespace: shop}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}}
    ```

    Source: Kubernetes API reference, JobSpec, ``template``; Argo CD's documentation, "Sync Options", "Replace".
    """
    annotations = mapping(manifest.body, "metadata", "annotations")
    options = text(annotations.get(f"{_ARGO}sync-options"))
    forced = "Replace=true" in options or "Force=true" in options
    numbered = re.search(r"[-.](?=[a-z0-9]*[0-9])[a-z0-9]+\Z", manifest.name)
    if not (_hooked(manifest) or forced or numbered):
        yield Problem(
            manifest,
            "a change of this Job is refused while the old one is there",
            ("metadata", "name"),
            "make it a hook, or let its name change with its content",
        )


@object_check(
    "GITOPS011",
    Severity.WARNING,
    "an object that is meant for tools alone",
    fields=("config.kubernetes.io/local-config",),
)
def for_tools(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """An object with ``config.kubernetes.io/local-config`` is the configuration of a tool such as Kustomize or kpt: it
    is not meant to reach a cluster. Here somebody is about to apply it.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: setters, namespace: shop, annotations: {config.kubernetes.io/local-config: "true"}}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: setters, namespace: shop}
    ```

    Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"; the specification of KRM functions.
    """
    annotations = mapping(manifest.body, "metadata", "annotations")
    if annotations.get("config.kubernetes.io/local-config") == "true":
        yield Problem(
            manifest,
            "it says of itself that it belongs into no cluster",
            ("metadata", "annotations", "config.kubernetes.io/local-config"),
            "leave it out of what is applied",
        )
