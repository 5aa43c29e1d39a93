"""Images: which program a container runs, today and when its pod is started anew."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, pod_check
from pilothouse.checks.containers import LISTS
from pilothouse.finding import Severity
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_REFERENCE = re.compile(
    r"((?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?/)?"
    r"([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)"
    r"(?::([A-Za-z0-9_][-.A-Za-z0-9_]{0,127}))?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?\Z"
)
"""An image's name: registry, repository, tag, digest. Source: the OCI distribution specification, and the grammar of
image references that container runtimes share."""


@functools.lru_cache(maxsize=4096)
def _names_an_image(image: str) -> bool:
    """Whether a registry can have an image of this name; the same ones stand in many containers."""
    return _REFERENCE.match(image) is not None


def tag_of(image: str) -> str:
    """The tag that an image is pulled by: ``latest`` where none is named; empty where a digest says which image it
    is."""
    if "@" in image:
        return ""
    return image.rpartition("/")[2].partition(":")[2] or "latest"


@pod_check(
    "IMG001",
    Severity.WARNING,
    "an image that is another one tomorrow",
    equals=(
        "kube-linter latest-tag",
        "kube-score container-image-tag",
        "polaris tagNotSpecified",
    ),
)
def latest(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """The tag ``latest``, which is also meant where none is named, moves with every release. Pods of one workload that
    start at different times, on another node or after a failure, run different programs; and going back to an earlier
    revision brings no earlier program.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: nginx}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, Images and Configuration Best Practices.
    """
    for path, container in pods.containers(*LISTS):
        image = container.get("image")
        if isinstance(image, str) and image and tag_of(image) == "latest":
            told = "has the tag latest" if image.endswith(":latest") else "has no tag, so latest is meant"
            yield Problem(
                manifest,
                f"the image {image} of {container.get('name')} {told}",
                (*path, "image"),
                "name a version, or a digest",
            )


@pod_check("IMG002", Severity.WARNING, "nodes that keep an old image", fields=("imagePullPolicy",))
def stale(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``imagePullPolicy: IfNotPresent`` a node that has an image of this name does not ask for it again. Of a tag
    that moves, each node keeps the one that was there when it first pulled it, so pods of one workload run different
    programs.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:latest", imagePullPolicy: IfNotPresent}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", imagePullPolicy: IfNotPresent}]}
    ```

    Source: Kubernetes documentation, Images, "Image pull policy".
    """
    for path, container in pods.containers(*LISTS):
        image = container.get("image")
        policy = container.get("imagePullPolicy")
        if policy == "IfNotPresent" and isinstance(image, str) and image and tag_of(image) == "latest":
            yield Problem(
                manifest,
                f"a node that has the image {image} never pulls it again (imagePullPolicy: IfNotPresent)",
                (*path, "imagePullPolicy"),
                "name a version, or a digest",
            )


@pod_check("IMG003", Severity.WARNING, "an image that nobody pulls", fields=("imagePullPolicy",))
def never_pulled(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """With ``imagePullPolicy: Never`` a pod starts only on nodes that have its image already. On a new node, or after
    an old one has cleaned up, it fails with ``ErrImageNeverPull``.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", imagePullPolicy: Never}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
    ```

    Source: Kubernetes documentation, Images, "Image pull policy".
    """
    for path, container in pods.containers(*LISTS):
        if container.get("imagePullPolicy") == "Never":
            yield Problem(
                manifest,
                f"the image of {container.get('name')} is never pulled: its pods start only where it is already",
                (*path, "imagePullPolicy"),
                "let nodes pull it, or waive it where every node brings it along",
            )


@pod_check("IMG004", Severity.WARNING, "an image that no registry can have")
def no_reference(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """An image is named as ``registry:port/repository:tag@digest``: the repository in lower case, no blanks, nothing
    left of a template. The API server looks at none of this; the node fails with ``InvalidImageName``, and the pod
    never starts.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "example.com/Shop/web:${VERSION}"}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "example.com/shop/web:1.4"}]}
    ```

    Source: OCI distribution specification, "Pulling manifests"; Kubernetes documentation, Images.
    """
    for path, container in pods.containers(*LISTS):
        image = container.get("image")
        if isinstance(image, str) and image and not _names_an_image(image):
            yield Problem(
                manifest,
                f"{image!r} names no image, expected registry/repository:tag with a repository in lower case",
                (*path, "image"),
                "write the image's name as its registry has it",
            )
