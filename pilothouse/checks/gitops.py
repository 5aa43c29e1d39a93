"""GitOps: what Argo CD is told of an application, and what it makes of the objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack

APPLICATION, SET = ("argoproj.io", "Application"), ("argoproj.io", "ApplicationSet")
PROJECT = ("argoproj.io", "AppProject")

_ARGO = "argocd.argoproj.io/"
_HOOKS = ("PreSync", "Sync", "PostSync", "SyncFail", "PostDelete", "PreDelete", "Skip")
_POLICIES = ("HookSucceeded", "HookFailed", "BeforeHookCreation")
_FINALIZERS = (
    "resources-finalizer.argocd.argoproj.io",
    "resources-finalizer.argocd.argoproj.io/background",
    "resources-finalizer.argocd.argoproj.io/foreground",
)


def _spec(manifest: Manifest) -> tuple[dict[str, Any], FieldPath]:
    """What an Application, or the template of a set of them, says, and where."""
    path: FieldPath = ("spec", "template", "spec") if manifest.kind == SET[1] else ("spec",)
    return mapping(manifest.body, *(str(step) for step in path)), path


def _sources(spec: dict[str, Any], at: FieldPath) -> Iterator[tuple[dict[str, Any], FieldPath]]:
    if isinstance(spec.get("source"), dict):
        yield spec["source"], (*at, "source")
    for index, source in mappings(spec.get("sources")):
        yield source, (*at, "sources", index)


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


@object_check(
    "GITOPS004",
    Severity.ADVICE,
    "an application that gives up at the first failure",
    kinds=(APPLICATION, SET),
    fields=("automated",),
)
def once(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Argo CD synchronizes by itself once for each commit. Where that fails, because a webhook was not up yet, say, it
    tries again only if ``syncPolicy.retry`` says so.

    ```yaml bad
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
      syncPolicy: {automated: {prune: true}}
    ```

    ```yaml good
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
      syncPolicy: {automated: {prune: true}, retry: {limit: 5}}
    ```

    Source: Argo CD's documentation, "Automated Sync Policy", "Automatic Retry".
    """
    spec, at = _spec(manifest)
    policy = mapping(spec, "syncPolicy")
    automated = policy.get("automated")
    limit = mapping(policy, "retry").get("limit")
    if isinstance(automated, dict) and automated.get("enabled") is not False and (limit in (None, 0)):
        yield Problem(
            manifest,
            "it is synchronized automatically, and not tried again where that fails",
            (*at, "syncPolicy", "automated"),
            "write syncPolicy.retry: {limit: 5}",
        )


_MOVING = re.compile(r"[*^~><|]| - |\bx\b")


@object_check("GITOPS005", Severity.ADVICE, "an application that follows whatever comes", kinds=(APPLICATION, SET))
def moving(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A ``targetRevision`` of ``HEAD``, none at all, or a range of a Helm chart's versions (``1.x``, ``>=1.2``): what
    is deployed changes without a change here, and nothing says what to go back to.

    ```yaml bad
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/charts", chart: web, targetRevision: ">=1.2"}
    ```

    ```yaml good
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/charts", chart: web, targetRevision: 1.2.7}
    ```

    Source: Argo CD's documentation, "Tracking and Deployment Strategies".
    """
    spec, at = _spec(manifest)
    for source, where in _sources(spec, at):
        revision = text(source.get("targetRevision"))
        if "{{" in revision:
            continue
        if (revision in ("", "HEAD") and not source.get("ref")) or (source.get("chart") and _MOVING.search(revision)):
            yield Problem(
                manifest,
                f"it follows {revision or 'HEAD'} of {source.get('repoURL')}, whatever that comes to be",
                (*where, "targetRevision"),
                "name a version, a tag, or the branch of this environment",
            )


@object_check("GITOPS006", Severity.ADVICE, "an application that leaves its objects behind", kinds=(APPLICATION,))
def left_behind(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """When an Application without the finalizer ``resources-finalizer.argocd.argoproj.io`` is deleted, everything that
    it deployed stays, and nobody looks after it any more.

    ```yaml bad
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
    ```

    ```yaml good
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
    ```

    Source: Argo CD's documentation, "App Deletion".
    """
    finalizers = listing(mapping(manifest.body, "metadata").get("finalizers"))
    if not any(finalizer in _FINALIZERS for finalizer in finalizers):
        yield Problem(
            manifest,
            "what it deploys stays when it is deleted",
            ("metadata", "finalizers"),
            f"add the finalizer {_FINALIZERS[0]}, or waive it where that is meant",
        )


@stack_check("GITOPS007", Severity.ERROR, "an application that its project does not allow")
def not_allowed(stack: Stack) -> Iterator[Problem]:
    """An AppProject says from which repositories, and into which clusters and namespaces, its Applications may deploy.
    Argo CD synchronizes none that is outside.

    ```yaml bad
    apiVersion: argoproj.io/v1alpha1
    kind: AppProject
    metadata: {name: shop, namespace: default}
    spec: {sourceRepos: ["https://example.com/*"], destinations: [{server: "*", namespace: shop}]}
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: default, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: shop
      destination: {namespace: web, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
    ```

    ```yaml good
    apiVersion: argoproj.io/v1alpha1
    kind: AppProject
    metadata: {name: shop, namespace: shop}
    spec: {sourceRepos: ["https://example.com/*"], destinations: [{server: "*", namespace: shop}]}
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: shop
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
    ```

    Source: Argo CD's documentation, "Projects".
    """
    projects = {manifest.name: mapping(manifest.body, "spec") for manifest in stack.of_kind(*PROJECT)}
    for manifest in stack.of_kind(*APPLICATION) if projects else ():
        spec, at = _spec(manifest)
        name = text(spec.get("project"))
        if name not in projects:
            continue
        allowed = projects[name]
        for source, where in _sources(spec, at):
            repository = text(source.get("repoURL"))
            if repository and not _any(listing(allowed.get("sourceRepos")), repository):
                yield Problem(
                    manifest,
                    f"the project {name} does not allow the repository {repository}",
                    (*where, "repoURL"),
                    "add it to the project's sourceRepos",
                )
        destination = mapping(spec, "destination")
        destinations = [each for _, each in mappings(allowed.get("destinations"))]
        if destination and not any(_leads(each, destination) for each in destinations):
            yield Problem(
                manifest,
                f"the project {name} does not allow the namespace {destination.get('namespace')} of"
                f" {destination.get('server') or destination.get('name')}",
                (*at, "destination"),
                "add it to the project's destinations",
            )


def _any(patterns: list[Any], value: str) -> bool:
    """Whether patterns allow a value: one does, and none that begins with ``!`` forbids it."""
    words = [pattern for pattern in patterns if isinstance(pattern, str)]
    if any(word.startswith("!") and _glob(word[1:], value) for word in words):
        return False
    return any(not word.startswith("!") and _glob(word, value) for word in words)


def _glob(pattern: str, value: str) -> bool:
    if re.search(r"[\[\]{}?\\]", pattern):
        return True  # more than a star: Argo CD judges it
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), value, re.DOTALL) is not None


def _leads(allowed: dict[str, Any], destination: dict[str, Any]) -> bool:
    """Whether a project's destination is that of an Application, as far as can be told."""
    for field in ("namespace", "server", "name"):
        pattern, value = text(allowed.get(field)), text(destination.get(field))
        if pattern.startswith("!"):
            return True
        if pattern and value and not _glob(pattern, value):
            return False
    return True


@object_check("GITOPS008", Severity.ADVICE, "a project that allows everything", kinds=(PROJECT,))
def unbounded(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A project that takes every repository into every namespace of every cluster bounds nothing: whoever may create an
    Application in it has what Argo CD itself has.

    ```yaml bad
    apiVersion: argoproj.io/v1alpha1
    kind: AppProject
    metadata: {name: shop, namespace: shop}
    spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: "*"}]}
    ```

    ```yaml good
    apiVersion: argoproj.io/v1alpha1
    kind: AppProject
    metadata: {name: shop, namespace: shop}
    spec: {sourceRepos: ["https://example.com/*"], destinations: [{server: "*", namespace: shop}]}
    ```

    Source: Argo CD's documentation, "Projects", "The Default Project".
    """
    spec = mapping(manifest.body, "spec")
    everywhere = any(
        each.get("namespace") == "*" and "*" in (each.get("server"), each.get("name"))
        for _, each in mappings(spec.get("destinations"))
    )
    if everywhere and "*" in listing(spec.get("sourceRepos")):
        yield Problem(
            manifest,
            "it allows every repository and every destination",
            ("spec", "destinations"),
            "name the repositories, the clusters and the namespaces that it is for",
        )


@stack_check("GITOPS009", Severity.ADVICE, "a namespace with two makers")
def made_twice(stack: Stack) -> Iterator[Problem]:
    """``CreateNamespace=true`` lets Argo CD create an Application's namespace without labels and quotas, before any of
    its objects. Where the namespace is an object of the stack as well, which of the two comes first is left to chance;
    a namespace without its pod-security label takes pods that the other refuses.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
      syncPolicy: {syncOptions: [CreateNamespace=true]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop}
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {name: web, namespace: shop, finalizers: [resources-finalizer.argocd.argoproj.io]}
    spec:
      project: default
      destination: {namespace: shop, server: "https://kubernetes.default.svc"}
      source: {repoURL: "https://example.com/web.git", path: dist, targetRevision: v1.2.0}
    ```

    Source: Argo CD's documentation, "Sync Options", "Create Namespace".
    """
    made = {manifest.name for manifest in stack.of_kind("", "Namespace")}
    for manifest in [*stack.of_kind(*APPLICATION), *stack.of_kind(*SET)] if made else ():
        spec, at = _spec(manifest)
        options = mapping(spec, "syncPolicy").get("syncOptions")
        namespace = text(mapping(spec, "destination").get("namespace"))
        if namespace in made and "CreateNamespace=true" in listing(options):
            yield Problem(
                manifest,
                f"it creates the namespace {namespace}, which is an object of this stack as well",
                (*at, "syncPolicy", "syncOptions"),
                "leave CreateNamespace=true out",
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
