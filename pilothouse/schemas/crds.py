"""A repository's own custom resources: read from CustomResourceDefinitions once, kept as files beside its charts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pilothouse.schemas.kinds import Kind
from pilothouse.schemas.store import Definitions
from pilothouse.schemas.structural import CrdError, read_crd
from pilothouse.schemas.tree import references


def add_crds(documents: Iterable[object], folder: Path) -> list[Kind]:
    """Teach a repository custom resources.

    Each CustomResourceDefinition becomes ``PLURAL.GROUP.json`` in the folder, to be committed; one that is there is
    replaced. Documents of other kinds are passed over.

    :param documents: the documents of a YAML file, parsed; a ``List`` is looked into.
    :param folder: the repository's folder of schemas; made where it is missing.
    :returns: the kinds that were learnt, in the documents' order; empty where no document is a
        CustomResourceDefinition.
    :raises CrdError: where one of them cannot be read; nothing is written then.
    :raises OSError: where the folder cannot be written to.
    """
    files: dict[str, str] = {}
    kinds: list[Kind] = []
    for crd in _definitions(documents):
        rows, schemas = read_crd(crd)
        if not rows:
            raise CrdError(f"CustomResourceDefinition {crd['metadata']['name']}: serves no version")
        name = f"{rows[0]['plural']}.{rows[0]['group']}"
        if "/" in name or name.startswith("."):
            raise CrdError(f"CustomResourceDefinition {name}: its plural or group is no DNS name")
        definitions = {key: {"uses": references(schema), "schema": schema} for key, schema in sorted(schemas.items())}
        files[f"{name}.json"] = json.dumps({"kinds": rows, "definitions": definitions}, indent=1) + "\n"
        kinds += [_kind(row, f"{name}.json") for row in rows]
    if files:
        folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="\n")
    return kinds


def _definitions(documents: Iterable[object]) -> Iterable[dict[str, Any]]:
    for document in documents:
        if not isinstance(document, dict):
            continue
        if document.get("kind") == "CustomResourceDefinition":
            yield document
        elif document.get("kind") in ("List", "CustomResourceDefinitionList") and isinstance(
            document.get("items"), list
        ):
            yield from _definitions(document["items"])


def _kind(row: dict[str, Any], source: str) -> Kind:
    deprecated = source if row.get("deprecated") else None
    known = {key: row[key] for key in ("group", "version", "kind", "plural", "namespaced", "storage", "definition")}
    return Kind(**known, introduced=None, deprecated=deprecated, removed=None, replacement=None, source=source)


def read_folder(folder: Path) -> tuple[list[dict[str, Any]], Definitions]:
    """Read what :func:`add_crds` wrote.

    :param folder: the repository's folder of schemas; one that does not exist holds none.
    :returns: rows as the index has them, and the definitions.
    :raises CrdError: where a file is not what :func:`add_crds` writes; the message names it.
    """
    rows: list[dict[str, Any]] = []
    definitions: Definitions = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found = json.loads(path.read_bytes())
            rows += [{"deprecated": False, "minors": [], **row, "source": path.name} for row in found["kinds"]]
            definitions |= found["definitions"]
        except (ValueError, KeyError, TypeError) as error:
            raise CrdError(
                f"{path}: not a file that `pilothouse schemas add` writes ({type(error).__name__}: {error}). "
                "Write it again from the CustomResourceDefinition."
            ) from None
    return rows, definitions
