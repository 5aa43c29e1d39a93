"""Compare: prove that all tools make the same objects, before any of them is timed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

Digests = dict[tuple[str, str], str]
"""(kind, name) of each object, and a hash of all it says."""


class DifferentError(Exception):
    """Two tools do not make the same objects; the message names the first few that differ."""


_BETWEEN = re.compile(r"^---(?:[ \t].*)?\n", re.MULTILINE)
_KIND = re.compile(r"^kind: (\w+)$", re.MULTILINE)
_NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", re.MULTILINE)


def read_yaml(files: Iterable[Path], whole: Callable[[str], bool] = lambda name: True) -> Iterator[dict[str, Any]]:
    """The objects of YAML files, one after the other; empty documents left out.

    :param whole: is given an object's name and says whether to read all of it. Of the others only kind and name are
        read: 100,000 objects would take minutes.
    """
    for file in files:
        for document in _BETWEEN.split(file.read_text(encoding="utf-8")):
            kind, name = _KIND.search(document), _NAME.search(document)
            if kind and name and not whole(name[1]):
                yield {"kind": kind[1], "metadata": {"name": name[1]}}
            elif (manifest := yaml.load(document, yaml.CSafeLoader)) is not None:
                yield manifest


def read_json(file: Path, whole: Callable[[str], bool] = lambda name: True) -> Iterator[dict[str, Any]]:
    """The objects of a file that holds one JSON list; ``whole`` as for ``read_yaml``."""
    for manifest in json.loads(file.read_text(encoding="utf-8")):
        name = manifest["metadata"]["name"]
        yield manifest if whole(name) else {"kind": manifest["kind"], "metadata": {"name": name}}


def digests(objects: Iterable[dict[str, Any]]) -> Digests:
    """Key each object by kind and name. The order of keys does not count; the order of lists does.

    :raises DifferentError: where two objects have one kind and name.
    """
    found: Digests = {}
    for manifest in objects:
        key = (manifest["kind"], manifest["metadata"]["name"])
        if key in found:
            raise DifferentError(f"{key[0]} {key[1]} is there twice")
        found[key] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    return found


def require_equal(expected: Digests, found: Digests, who: str, same_fields: bool = True) -> None:
    """Refuse anything but the same objects.

    :param same_fields: False where the same kinds and names are enough.
    :raises DifferentError: with up to five objects that are missing, too many, or not the same.
    """
    problems = [f"{kind} {name} is missing" for kind, name in expected.keys() - found.keys()]
    problems += [f"{kind} {name} is too many" for kind, name in found.keys() - expected.keys()]
    problems += [
        f"{kind} {name} says something else"
        for (kind, name), digest in expected.items()
        if same_fields and found.get((kind, name), digest) != digest
    ]
    if problems:
        shown = "\n  ".join(sorted(problems)[:5])
        raise DifferentError(f"{who} does not make the same objects as helm, {len(problems)} differ:\n  {shown}")
