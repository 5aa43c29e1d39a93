"""Compare: prove that all tools make the same objects, before any of them is timed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

Digests = dict[tuple[str, str], str]
"""(kind, name) of each object, and a hash of all it says."""


class Different(Exception):
    """Two tools do not make the same objects; the message names the first few that differ."""


def read_yaml(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The objects of YAML files, one after the other; empty documents left out."""
    for file in files:
        with open(file, "rb") as stream:
            for document in yaml.load_all(stream, yaml.CSafeLoader):
                if document is not None:
                    yield document


def read_json(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file that holds one JSON list."""
    yield from json.loads(file.read_text(encoding="utf-8"))


def digests(objects: Iterable[dict[str, Any]]) -> Digests:
    """Key each object by kind and name. The order of keys does not count; the order of lists does.

    :raises Different: where two objects have one kind and name.
    """
    found: Digests = {}
    for manifest in objects:
        key = (manifest["kind"], manifest["metadata"]["name"])
        if key in found:
            raise Different(f"{key[0]} {key[1]} is there twice")
        found[key] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    return found


def require_equal(expected: Digests, found: Digests, who: str) -> None:
    """Refuse anything but the same objects.

    :raises Different: with up to five objects that are missing, too many, or not the same.
    """
    problems = [f"{kind} {name} is missing" for kind, name in expected.keys() - found.keys()]
    problems += [f"{kind} {name} is too many" for kind, name in found.keys() - expected.keys()]
    problems += [
        f"{kind} {name} says something else"
        for (kind, name), digest in expected.items()
        if found.get((kind, name), digest) != digest
    ]
    if problems:
        shown = "\n  ".join(sorted(problems)[:5])
        raise Different(f"{who} does not make the same objects as helm, {len(problems)} differ:\n  {shown}")
