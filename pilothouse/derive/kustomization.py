"""Kustomizations: every object file of an environment, and of each instance, in apply order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pilothouse.derive.order import in_apply_order
from pilothouse.manifest import Manifest
from pilothouse.yamlio import dump

FILE = "kustomization.yaml"


def _text(resources: list[str]) -> str:
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": resources,
            "sortOptions": {"order": "fifo"},
        }
    )


def kustomization_paths(paths: Iterable[str]) -> list[str]:
    """Where the kustomization files of one environment stand.

    :param paths: the objects' files, below the environment's folder.
    """
    return [FILE, *(f"{folder}/{FILE}" for folder in sorted({path.partition("/")[0] for path in paths}))]


def kustomizations(manifests: Sequence[tuple[Manifest, str]]) -> Mapping[str, str]:
    """The kustomization files of one environment.

    :param manifests: each object with its file's path below the environment's folder.
    :returns: path below the environment's folder -> YAML: one for the environment, and one for each instance, whose
        folder an Argo CD Application names. An instance without objects has none.
    """
    paths = {id(manifest): path for manifest, path in manifests}
    ordered = in_apply_order(manifest for manifest, _ in manifests)
    of_instance: dict[str, list[str]] = {}
    everything: list[str] = []
    for manifest in ordered:
        path = paths[id(manifest)]
        everything.append(path)
        folder, _, below = path.partition("/")
        of_instance.setdefault(folder, []).append(below)
    texts = {FILE: _text(everything)}
    for folder, resources in sorted(of_instance.items()):
        texts[f"{folder}/{FILE}"] = _text(resources)
    return texts
