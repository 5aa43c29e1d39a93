"""Standing: the objects of instances that a run leaves alone, as they stand in the output folder."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from pilothouse import results
from pilothouse.derive.kustomization import FILE
from pilothouse.dist.entry import Entry
from pilothouse.dist.marker import HEAD, is_ours
from pilothouse.dist.names import object_path
from pilothouse.dist.stage import Stage
from pilothouse.finding import Finding
from pilothouse.manifest import Manifest, Waiver
from pilothouse.reading import Reading
from pilothouse.yamlio import dump


@dataclass
class Standing:
    """What one environment's folder holds besides the instances that a run builds."""

    manifests: list[tuple[Manifest, str]] = field(default_factory=list)
    """Each object with its file's path below the environment's folder."""
    entries: list[Entry] = field(default_factory=list)
    """The files, which stay."""
    findings: list[Finding] = field(default_factory=list)
    """The files that cannot be read."""
    waivers: list[tuple[str, Waiver]] = field(default_factory=list)
    """What their charts waived, each with its instance."""


def read(root: str, out: str, stage: Stage, chosen: Collection[str]) -> Standing:
    """Read what stands in an environment's folder.

    An object whose file is just what its chart gave knows the chart's line; any other one is read from its file.

    :param root: the repository's root.
    :param out: the output folder.
    :param stage: the environment's.
    :param chosen: the names of the instances that the run builds: their folders are passed over.
    """
    found = Standing()
    environment = stage.environment
    known = results.origins(root, out, environment)
    found.waivers = [(instance, waiver) for instance, waiver in known.waivers if instance not in chosen]
    base = os.path.realpath(os.path.join(out, environment))
    for path in _files(base, {_folder(instance) for instance in chosen}):
        file = os.path.join(base, path)
        content = _generated(file)
        if content is None:
            continue
        found.entries.append(stage.keep(path))
        if path.endswith(f"/{FILE}"):
            continue
        origin = known.manifests.get(file)
        current = origin is not None and origin.instance in known.current
        if origin is not None and current and content.partition(b"\n")[2] == dump(origin.body).encode():
            found.manifests.append((origin, path))
            continue
        reading = Reading(known)
        reading.read_text(content, os.path.relpath(file, root).replace(os.sep, "/"), file)
        found.findings += [msgspec.structs.replace(each, environment=environment) for each in reading.findings]
        for manifest in reading.manifests:
            manifest.instance = manifest.instance or path.partition("/")[0]
            found.manifests.append((manifest, path))
    return found


def _folder(instance: str) -> str:
    """The name of an instance's folder."""
    return object_path(instance, None, "v1", "Namespace", "any").partition("/")[0]


def _files(base: str, chosen: Collection[str]) -> list[str]:
    """The files of the other instances' folders, in order; links are not followed.

    :param chosen: the folders that are passed over.
    """
    found: list[str] = []
    for folder, folders, names in os.walk(base):
        if folder == base:
            folders[:] = [name for name in folders if name not in chosen]
            continue
        found += [os.path.relpath(os.path.join(folder, name), base).replace(os.sep, "/") for name in names]
    return sorted(found)


def _generated(file: str) -> bytes | None:
    """The content of a file that Pilothouse made; None for anybody else's."""
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            content = opened.read()
    except OSError:
        return None
    return content if is_ours(content[:HEAD]) else None
