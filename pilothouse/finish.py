"""Finish: what the environment adds to every manifest, once its chart has made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilothouse.fieldpath import FieldPath
from pilothouse.manifest import Body, Manifest
from pilothouse.pods import template_path

if TYPE_CHECKING:
    from pilothouse.environment import ChartEnvironment
    from pilothouse.schemas import Catalogue

_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def finish(manifest: Manifest, environment: ChartEnvironment, namespace: str, catalogue: Catalogue) -> Body:
    """The object as it will be applied.

    It gets its instance's namespace where its kind has one and it names none; the environment's labels on itself and
    on its pods, never in a selector; the environment's annotations on itself; the environment's image registry for
    each image that names no registry; and its pull secrets where the pods name none. What the chart says wins.

    :param manifest: the object as its chart made it; it is not changed.
    :param environment: what the chart was built for.
    :param namespace: the instance's namespace.
    :param catalogue: the kinds, and which of them have a namespace.
    """
    body = dict(manifest.body)
    metadata = dict(body["metadata"])
    if catalogue.namespaced(body["apiVersion"], body["kind"]) is False:
        if metadata.get("namespace") == namespace:
            del metadata["namespace"]  # cdk8s gives its chart's namespace to every object, whatever its kind
    elif not metadata.get("namespace"):
        metadata["namespace"] = namespace
    _add(metadata, "labels", environment.labels)
    _add(metadata, "annotations", environment.annotations)
    body["metadata"] = metadata
    return finish_pods(body, environment)


def finish_pods(body: Body, environment: ChartEnvironment) -> Body:
    """An object with what its environment adds to its pods; the same object where there is nothing to add.

    :param body: any object; it is not changed.
    :param environment: what the chart was built for.
    """
    path = template_path(body)
    if path is not None and (environment.labels or environment.image_registry or environment.image_pull_secrets):
        body = dict(body)
        _finish_pods(body, path, environment)
    return body


def _add(metadata: dict[str, Any], field: str, extra: dict[str, str]) -> None:
    own = metadata.get(field)
    if extra and (own is None or isinstance(own, dict)):
        metadata[field] = {**extra, **(own or {})}


def _finish_pods(body: Body, path: FieldPath, environment: ChartEnvironment) -> None:
    template = body
    for step in path:
        inner = template.get(str(step))
        if not isinstance(inner, dict):
            return
        template[str(step)] = inner = dict(inner)
        template = inner
    if path and isinstance(template.get("metadata", {}), dict):
        template["metadata"] = dict(template.get("metadata", {}))
        _add(template["metadata"], "labels", environment.labels)
    if isinstance(template.get("spec"), dict):
        spec = template["spec"] = dict(template["spec"])
        if environment.image_pull_secrets and "imagePullSecrets" not in spec:
            spec["imagePullSecrets"] = [{"name": name} for name in environment.image_pull_secrets]
        if environment.image_registry:
            for field in _CONTAINER_LISTS:
                if isinstance(spec.get(field), list):
                    spec[field] = [_from_registry(container, environment.image_registry) for container in spec[field]]


def _from_registry(container: Any, registry: str) -> Any:
    if not isinstance(container, dict) or not isinstance(container.get("image"), str) or not container["image"]:
        return container
    host, slash, _ = container["image"].partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return container
    return {**container, "image": f"{registry.rstrip('/')}/{container['image']}"}
