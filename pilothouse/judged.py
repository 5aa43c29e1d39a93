"""Judged: what the checks of a whole stack found, for as long as nothing that they read has changed."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence

import msgspec

from pilothouse import inputs, kept
from pilothouse.finding import Finding
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest, Packed
from pilothouse.pods import template_of

_FOLDER, _ENDING = "judged", ".msgpack"
_TOLD = frozenset({"auto"})
"""Names of images that mean something to the checks of a whole stack: Istio fills in the container that has one."""
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


class _Judged(msgspec.Struct, array_like=True):
    key: str
    findings: list[Finding]


def outline(manifests: Sequence[Manifest], packed: Sequence[Packed], machine_files: Sequence[MachineFile] = ()) -> str:
    """A digest of all that the checks of a whole stack read of some objects.

    They read everything but which image a container runs, which is what changes most often.

    :param manifests: the objects.
    :param packed: the same, each as :meth:`Manifest.packed` gave it.
    :param machine_files: the files for machines beside them.
    """
    alike = [_without_images(*each) for each in zip(manifests, packed, strict=True)]
    return inputs.digest(msgspec.msgpack.encode(alike), msgspec.msgpack.encode(machine_files))


def _without_images(manifest: Manifest, packed: Packed) -> Packed:
    pods = template_of(manifest)
    if pods is None:
        return packed
    named = [
        container
        for _, container in pods.containers(*_CONTAINERS)
        if isinstance(image := container.get("image"), str) and image and image not in _TOLD
    ]
    images = [container["image"] for container in named]
    for container in named:
        container["image"] = "-"
    try:
        return msgspec.structs.replace(packed, body=msgspec.Raw(msgspec.msgpack.encode(manifest.body)))
    finally:
        for container, image in zip(named, images, strict=True):
            container["image"] = image


def key(engine: str, environment: Iterable[str], outlines: Iterable[tuple[str, str]]) -> str:
    """A digest of all that decides what the checks of one stack find.

    :param engine: the state of Pilothouse itself, see :func:`pilothouse.kept.engine_state`.
    :param environment: the states of the environment's files.
    :param outlines: each instance's name, and the :func:`outline` of its objects.
    """
    parts = [engine, *environment, "instances", *(word for pair in outlines for word in pair)]
    return inputs.digest(*(part.encode() for part in parts))


def read(root: str, environment: str, key: str) -> list[Finding] | None:
    """What was found in one environment's stack when all was as this key says; None where nobody knows."""
    content = kept.read(_path(root, environment))
    if content is None:
        return None
    try:
        judged = msgspec.msgpack.decode(content, type=_Judged)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return judged.findings if judged.key == key else None


def write(root: str, environment: str, key: str, findings: list[Finding], environments: Collection[str]) -> None:
    """Keep what was found in one environment's stack.

    :param environments: the names of all environments: what is kept of others is forgotten.
    """
    try:
        folder = kept.open_folder(root, _FOLDER)
    except OSError:
        return
    kept.prune(folder, frozenset(environments), _ENDING)
    kept.write(_path(root, environment), msgspec.msgpack.encode(_Judged(key, findings)))


def _path(root: str, environment: str) -> str:
    return os.path.join(root, kept.FOLDER, _FOLDER, environment + _ENDING)
