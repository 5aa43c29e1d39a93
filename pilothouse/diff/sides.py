"""Sides: the two states that are compared, each read into the objects of its environments."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from pilothouse.diff import revision
from pilothouse.dist.folders import NODES
from pilothouse.finding import Finding
from pilothouse.manifest import Manifest
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


def of_folder(path: str) -> Side:
    """What a folder of YAML holds, ours or anyone's.

    Where each of its folders has a kustomization, as in an output folder, each is an environment.
    """
    named = {}
    for file in files_below([path]):
        with open(file, "rb") as opened:
            named[os.path.relpath(file, path)] = opened.read()
    below = ["", *os.listdir(path)]
    places = [os.path.join(folder, name) for folder in below for name in KUSTOMIZATIONS]
    there = [place for place in places if os.path.isfile(os.path.join(path, place))]
    return _side(path, path, named, _environments([*named, *there]))


def of_revision(root: str, name: str) -> Side:
    """What the repository's ``dist/`` holds at a revision.

    :param root: the repository's root.
    :param name: the revision.
    :raises revision.RevisionError: git does not have it.
    """
    found = revision.files(root, name, DIST)
    inside = {path.removeprefix(f"{DIST}/"): content for path, content in found.items() if path.endswith(SUFFIXES)}
    return _side(name, f"{name}:{DIST}", inside, _environments(inside))


def _side(title: str, shown: str, files: dict[str, bytes], environments: set[str]) -> Side:
    side = Side(title)
    readings: dict[str, Reading] = {}
    for path, content in files.items():
        first, *rest = path.split(os.sep)
        if rest and first == NODES:
            continue
        name = first if rest and first in environments else ""
        reading = readings.setdefault(name, Reading())
        reading.read_text(content, f"{shown}/{path}", os.path.join(shown, path))
    for name in sorted(readings):
        side.environments[name] = list(readings[name].manifests)
        side.findings += readings[name].findings
    return side


def _environments(files: Iterable[str]) -> set[str]:
    """The folders that are an environment's: those with a kustomization, where nothing stands beside them."""
    parted = [path.split(os.sep) for path in files]
    beside = any(len(parts) == 1 for parts in parted)
    return set() if beside else {parts[0] for parts in parted if len(parts) == 2 and parts[1] in KUSTOMIZATIONS}
