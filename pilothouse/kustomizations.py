"""Kustomizations and Helm charts in a folder: which of its files are parts of objects, or make them, and are none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from pilothouse.lenient import listing, mapping, mappings, text

HELM_CHART = "Chart.yaml"
"""The file that makes a folder a Helm chart."""

_PATHS = ("patches", "patchesJson6902", "replacements")
_FILES = ("configMapGenerator", "secretGenerator")


def parts(folder: str, kustomization: str) -> set[str]:
    """The files that a kustomization reads as something else than objects: patches, settings, values.

    :param folder: where it stands.
    :param kustomization: the file's name there.
    :returns: their real paths; none where it cannot be read, which is told where it is judged.
    """
    from pilothouse.yamlio import YamlReadError, load_all

    try:
        with open(os.path.join(folder, kustomization), "rb") as file:
            documents = load_all(file.read(), file=kustomization)
    except (OSError, YamlReadError):
        return set()
    return {
        os.path.realpath(os.path.join(folder, name))
        for document in documents
        for name in _named(mapping(document.value))
        if name and "\n" not in name
    }


def helm_charts(paths: Iterable[str]) -> list[str]:
    """The Helm charts in some folders: what stands in them are templates, and becomes objects by ``helm template``."""
    found = []
    for path in paths:
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if HELM_CHART in names:
                found.append(folder)
                folders.clear()
    return found


def _named(value: dict[str, Any]) -> Iterator[str]:
    for field in _PATHS:
        yield from (text(item.get("path")) for _, item in mappings(value.get(field)))
    for field in ("patchesStrategicMerge", "configurations", "transformers", "generators"):
        yield from (text(item) for item in listing(value.get(field)))
    for field in _FILES:
        for _, item in mappings(value.get(field)):
            for name in (*listing(item.get("files")), *listing(item.get("envs")), item.get("env")):
                yield text(name).rpartition("=")[2]
    for _, item in mappings(value.get("helmCharts")):
        yield from (text(name) for name in (item.get("valuesFile"), *listing(item.get("additionalValuesFiles"))))
    yield text(mapping(value, "openapi").get("path"))
