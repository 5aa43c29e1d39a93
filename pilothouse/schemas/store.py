"""Read the catalogue's data files, each at most once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

Definitions = dict[str, dict[str, Any]]
"""Definition name to ``{"uses": [names], "schema": {…}}``."""


@cache
def index() -> dict[str, Any]:
    """The index: which kinds there are, and which file holds each one's schema.

    :returns: ``data/index.json`` as it stands.
    """
    import json

    index: dict[str, Any] = json.loads((DATA / "index.json").read_bytes())
    return index


def fingerprint(repository_crds: Path | None = None) -> str:
    """What changes whenever a schema does: for the keys of caches.

    :param repository_crds: the repository's folder of schemas, as :class:`~pilothouse.schemas.Catalogue` takes it.
    :returns: SHA-256 in hexadecimal digits, over the index (which holds a digest of every data file) and the folder.
    :raises OSError: where a file of the folder cannot be read.
    """
    import hashlib

    total = hashlib.sha256((DATA / "index.json").read_bytes())
    for path in sorted(repository_crds.glob("*.json")) if repository_crds and repository_crds.is_dir() else ():
        total.update(f"{path.name}:".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@cache
def definitions(name: str) -> Definitions:
    """The definitions of one Kubernetes minor or of one module's custom resources.

    :param name: ``kubernetes-1.32``, or a module's name in the index.
    :returns: its definitions; they are shared, so do not change them.
    """
    import gzip
    import json

    found: Definitions = json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes()))
    return found


def closed(root: str, beside: Definitions, base: Definitions) -> dict[str, Any]:
    """A schema that needs no other: a definition with all that it uses.

    :param root: the definition's name.
    :param beside: where it stands.
    :param base: Kubernetes' own definitions, which it may use.
    :returns: ``$ref`` to the definition, and ``$defs``.
    """
    found: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in found:
            entry = beside.get(name) or base[name]
            found[name] = entry["schema"]
            waiting.extend(entry["uses"])
    return {"$ref": f"#/$defs/{root}", "$defs": found}
