"""Results: what each instance of a chart came to, as it is kept in ``.pilothouse/`` from one run to the next."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from pilothouse import inputs, kept
from pilothouse.dist.folders import folders
from pilothouse.dist.names import object_path
from pilothouse.finding import Finding
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest, Packed, Waiver

_BUILT = "built"
_ENDING = ".msgpack"


class Result(msgspec.Struct, array_like=True):
    """What one instance came to."""

    key: str
    """A digest of everything that was known before it was built: see :meth:`pilothouse.gather.Gatherer.gather`."""
    inputs: dict[str, str]
    """Everything that the chart read, with the state it had: see :mod:`pilothouse.inputs`."""
    findings: list[Finding]
    waivers: list[Waiver]
    packed: msgspec.Raw
    """The manifests, as :func:`pack` gave them: whether the result still holds is asked before they are needed."""
    values_schema: bytes
    """The JSON Schema of the chart's values."""
    machine_files: list[MachineFile]
    """The files for machines."""
    outline: str
    """A digest of what the checks of a whole stack read of it: see :mod:`pilothouse.judged`."""

    def manifests(self, instance: str) -> list[Manifest]:
        """The manifests.

        :param instance: the name of the instance that they belong to.
        """
        return [Manifest.unpacked(each, instance) for each in msgspec.msgpack.decode(self.packed, type=list[Packed])]


def pack(packed: Sequence[Packed]) -> msgspec.Raw:
    """Manifests, each packed, as they are kept, and sent between processes."""
    return msgspec.Raw(msgspec.msgpack.encode(packed))


def path_of(manifest: Manifest) -> str:
    """Where an object's file stands below its environment's folder."""
    api_version, kind, namespace, name = manifest.head
    return object_path(manifest.instance, namespace or None, api_version, kind, name)


def read(root: str, environment: str, instance: str) -> tuple[Result, str] | None:
    """What is kept of one instance, whether or not it still holds, and its digest; None where there is nothing."""
    return _read(_path(root, environment, instance))


def _path(root: str, environment: str, instance: str = "") -> str:
    name = f"{instance}{_ENDING}" if instance else ""
    return os.path.join(root, kept.FOLDER, _BUILT, environment, name)


def _read(path: str) -> tuple[Result, str] | None:
    content = kept.read(path)
    if content is None:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Result), inputs.digest(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def write(root: str, environment: str, instance: str, encoded: bytes) -> None:
    """Keep what one instance came to.

    :param encoded: a :class:`Result` as MessagePack.
    """
    try:
        kept.open_folder(root, _BUILT, environment)
    except OSError:
        return
    kept.write(_path(root, environment, instance), encoded)


def forget(root: str, environment: str, instance: str) -> None:
    """Keep nothing of one instance."""
    kept.remove(_path(root, environment, instance))


def prune(root: str, instances: Mapping[str, Collection[str]]) -> None:
    """Forget the instances that some environments no longer have.

    :param instances: each environment's name, with the names of its instances.
    """
    for environment, names in instances.items():
        kept.prune(_path(root, environment), frozenset(names), _ENDING)


@dataclass
class Origins:
    """Where the files of one environment come from, as far as that is kept."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    """A file's real path -> the manifest that was written there."""
    machine_files: dict[str, MachineFile] = field(default_factory=dict)
    """The same for the files for machines."""
    waivers: list[tuple[str, Waiver]] = field(default_factory=list)
    """The waivers of the charts, each with its instance."""
    current: set[str] = field(default_factory=set)
    """The instances whose charts have not changed since: only their lines are still what they were."""


def origins(root: str, out: str, environment: str) -> Origins:
    """Where the files of one environment come from.

    :param root: the repository's root.
    :param out: the output folder.
    :param environment: the environment's name.
    """
    found = Origins()
    folder = _path(root, environment)
    charts = f"file:{os.path.join(root, 'charts', '')}"
    seen: dict[str, str] = {}
    real, nodes = (os.path.realpath(os.path.join(out, name)) for name in folders(environment))
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        kept_one = _read(os.path.join(folder, name)) if name.endswith(_ENDING) else None
        if kept_one is None:
            continue
        result, _ = kept_one
        instance = name.removesuffix(_ENDING)
        # What was kept in a repository that was copied here speaks of files elsewhere.
        if any(key.startswith(charts) for key in result.inputs) and inputs.unchanged(result.inputs, seen):
            found.current.add(instance)
        found.waivers += [(instance, waiver) for waiver in result.waivers]
        for manifest in result.manifests(instance):
            found.manifests[os.path.join(real, path_of(manifest))] = manifest
        for file in result.machine_files:
            found.machine_files[os.path.join(nodes, file.path)] = file
    return found
