"""Standing: what the instances that a run leaves alone have in the output folder."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pilothouse import results
from pilothouse.derive.kustomization import FILE
from pilothouse.dist.entry import Entry
from pilothouse.dist.marker import HEAD, header, is_ours
from pilothouse.dist.names import object_path
from pilothouse.dist.stage import Stage
from pilothouse.environment import Instance
from pilothouse.finding import Finding
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest, Waiver
from pilothouse.reading import Reading
from pilothouse.yamlio import dump

if TYPE_CHECKING:
    from pilothouse.gather import Stages


@dataclass
class Standing:
    """What one environment's folders hold besides the instances that a run builds."""

    manifests: list[tuple[Manifest, str]] = field(default_factory=list)
    """Each object with its file's path below the environment's folder."""
    entries: list[Entry] = field(default_factory=list)
    """The objects' files, which stay."""
    machine_files: list[MachineFile] = field(default_factory=list)
    nodes: list[Entry] = field(default_factory=list)
    """The files for machines, which stay."""
    findings: list[Finding] = field(default_factory=list)
    """The files that cannot be read."""
    waivers: list[tuple[str, Waiver]] = field(default_factory=list)
    """What their charts waived, each with its instance."""


def read(root: str, out: str, stages: Stages, chosen: Collection[Instance]) -> Standing:
    """Read what stands in an environment's folders.

    An object whose file is just what its chart gave knows the chart's line; any other one is read from its file.

    :param root: the repository's root.
    :param out: the output folder.
    :param stages: the environment's.
    :param chosen: the instances that the run builds: what is theirs is passed over.
    """
    found = Standing()
    stage = stages.objects
    environment = stage.environment
    known = results.origins(root, out, environment)
    names = {instance.name for instance in chosen}
    found.waivers = [(instance, waiver) for instance, waiver in known.waivers if instance not in names]
    _read_nodes(root, out, stages.nodes, {f"charts/{instance.chart}.py" for instance in chosen}, known, found)
    base = os.path.realpath(os.path.join(out, environment))
    for path in _files(base, {_folder(name) for name in names}):
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
        reading = Reading(known, os.path.join(out, stages.nodes.environment))
        reading.read_text(content, os.path.relpath(file, root).replace(os.sep, "/"), file)
        found.findings += [msgspec.structs.replace(each, environment=environment) for each in reading.findings]
        for manifest in reading.manifests:
            manifest.instance = manifest.instance or path.partition("/")[0]
            found.manifests.append((manifest, path))
    return found


def _read_nodes(
    root: str, out: str, stage: Stage, charts: Collection[str], known: results.Origins, found: Standing
) -> None:
    """Read the files for machines, but for those whose first line says that one of some charts made them.

    A run that is about a chart is about all of its instances, so the chart tells whose a file is.
    """
    base = os.path.realpath(os.path.join(out, stage.environment))
    ours = {header(chart).encode() for chart in charts}
    reading = Reading(known, base)
    for folder, _, names in os.walk(base):
        for name in names:
            file = os.path.join(folder, name)
            content = _generated(file)
            if content is None or content.partition(b"\n")[0] in ours:
                continue
            reading.read_text(content, os.path.relpath(file, root).replace(os.sep, "/"), file)
            found.nodes.append(stage.keep(os.path.relpath(file, base).replace(os.sep, "/")))
    found.machine_files = sorted(reading.machine_files, key=lambda each: each.path)
    environment = os.path.basename(stage.environment)
    found.findings += [msgspec.structs.replace(each, environment=environment) for each in reading.findings]


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
