"""Examples that well-known projects ship inside of their Go modules: manifests that nobody made for Pilothouse."""

from __future__ import annotations

import fnmatch
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pilothouse.schemas.generate import catalogue_files
from pilothouse.schemas.generate.modules import Module, fetch

FOLDERS = {
    "argo-rollouts": ("examples/*.yaml",),
    "cert-manager": ("deploy/manifests/*.yaml", "design/*.yaml", "test/*.yaml"),
    "chaos-mesh": ("examples/*.yaml",),
    "elastic": ("config/samples/*.yaml",),
    "gateway-api": ("examples/*.yaml",),
    "prometheus-operator": ("example/*.yaml",),
    "rook": ("deploy/examples/*.yaml",),
    "vertical-pod-autoscaler": ("examples/*.yaml",),
}
"""A source of the schema catalogue -> which files of its module are examples; ``*`` spans folders."""


class File(NamedTuple):
    """One file of a module."""

    source: str
    """``rook``."""
    name: str
    """Its path inside of the module."""
    text: bytes


def files() -> Iterator[File]:
    """Every example.

    :raises ModuleUnavailableError: where a module is not to be had.
    """
    pinned = {source["name"]: source for source in catalogue_files.read_sources()["crds"]}
    for name, patterns in FOLDERS.items():
        source = pinned[name]
        root = f"{source['module']}@{source['version']}/"
        with zipfile.ZipFile(fetch(Module(source["module"], source["version"], source["sum"]))) as archive:
            for entry in sorted(archive.namelist()):
                inside = entry.removeprefix(root)
                if inside.endswith(".yaml") and any(fnmatch.fnmatch(inside, pattern) for pattern in patterns):
                    yield File(name, inside, archive.read(entry))


def write(folder: Path) -> int:
    """Write every example below a folder: one folder a source.

    :returns: how many files.
    """
    count = 0
    for file in files():
        to = folder / file.source / file.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(file.text)
        count += 1
    return count
