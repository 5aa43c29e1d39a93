"""Sides: the two states that are compared, each read into the objects of its environments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pilothouse.diff import revision
from pilothouse.dist.folders import NODES
from pilothouse.finding import Finding
from pilothouse.manifest import Identity, Manifest
from pilothouse.reading import KUSTOMIZATIONS, SUFFIXES, Reading, files_below

DIST = "dist"


@dataclass
class Side:
    """One state."""

    title: str
    """How it is called: a folder, a revision, ``the sources``."""
    environments: dict[str, list[Manifest]] = field(default_factory=dict)
    """Each environment's objects; under the empty name those of a folder that is no output folder."""
    findings: list[Finding] = field(default_factory=list)
    """What could not be read; the rest is compared all the same."""
    notes: list[str] = field(default_factory=list)
    """What is to be said of it besides."""
    files: dict[str, tuple[bytes, list[Manifest]]] = field(default_factory=dict)
    """Each file's content and objects: what is the same in another state is not read again. Of one of which something
    is to be said there are none."""


def of_folder(path: str, like: Side | None = None) -> Side:
    """What a folder of YAML holds, ours or anyone's.

    Where each of its folders has a kustomization, as in an output folder, each is an environment.

    :param path: the folder.
    :param like: another state: of a file that both have alike, its objects are taken.
    """
    named = {}
    for file in files_below([path]):
        with open(file, "rb") as opened:
            named[os.path.relpath(file, path)] = opened.read()
    below = ["", *os.listdir(path)]
    places = [os.path.join(folder, name) for folder in below for name in KUSTOMIZATIONS]
    there = [place for place in places if os.path.isfile(os.path.join(path, place))]
    return _side(path, path, named, _environments([*named, *there]), like)


def of_revision(root: str, name: str, like: Side | None = None) -> Side:
    """What the repository's ``dist/`` holds at a revision.

    :param root: the repository's root.
    :param name: the revision.
    :param like: as for :func:`of_folder`.
    :raises revision.RevisionError: git does not have it.
    """
    found = revision.files(root, name, DIST)
    inside = {path.removeprefix(f"{DIST}/"): content for path, content in found.items() if path.endswith(SUFFIXES)}
    return _side(name, f"{name}:{DIST}", inside, _environments(inside), like)


def _side(title: str, shown: str, files: dict[str, bytes], environments: set[str], like: Side | None) -> Side:
    side = Side(title)
    readings: dict[str, Reading] = {}
    for path, content in files.items():
        first, *rest = path.split(os.sep)
        if rest and first == NODES:
            continue
        name = first if rest and first in environments else ""
        reading = readings.setdefault(name, Reading())
        objects, findings = len(reading.manifests), len(reading.findings)
        same = like.files.get(path) if like is not None else None
        if same is not None and same[0] == content and same[1]:
            reading.manifests += same[1]
        else:
            reading.read_text(content, f"{shown}/{path}", os.path.join(shown, path))
        side.files[path] = content, reading.manifests[objects:] if len(reading.findings) == findings else []
    for name in sorted(readings):
        side.environments[name] = list(readings[name].manifests)
        side.findings += readings[name].findings
        side.notes += _twice(side.environments[name])
    return side


def _twice(manifests: list[Manifest]) -> Iterator[str]:
    """What stands in a state more than once."""
    first: dict[Identity, Manifest] = {}
    for manifest in manifests:
        there = first.setdefault(manifest.identity, manifest)
        if there is not manifest:
            places = f"in {there.position} and in {manifest.position}"
            yield f"{manifest.identity} stands {places}: the last one counts, as in a cluster"


def _environments(files: Iterable[str]) -> set[str]:
    """The folders that are an environment's: those with a kustomization, where nothing stands beside them."""
    parted = [path.split(os.sep) for path in files]
    beside = any(len(parts) == 1 for parts in parted)
    return set() if beside else {parts[0] for parts in parted if len(parts) == 2 and parts[1] in KUSTOMIZATIONS}
