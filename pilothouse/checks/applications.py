"""Applications: what Argo CD is told of an application and of its project."""

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
