"""Put the catalogue's files together: what each of them holds, as text, from the pinned modules' files."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from pilothouse import yamlio
from pilothouse.schemas.generate import enums, swagger
from pilothouse.schemas.generate.hoist import hoist
from pilothouse.schemas.generate.modules import Module, fetch, read_files
from pilothouse.schemas.shapes import Schema
from pilothouse.schemas.structural import read_crd
from pilothouse.schemas.tree import references

SOURCES = Path(__file__).with_name("sources.toml")

COLUMNS = (
    "group",
    "version",
    "kind",
    "plural",
    "namespaced",
    "storage",
    "deprecated",
    "source",
    "definition",
    "minors",
)
"""What a row of the index holds, in this order."""

Row = dict[str, Any]


def read_sources() -> dict[str, Any]:
    """The pinned modules.

    :returns: ``sources.toml`` as it stands.
    """
    return tomllib.loads(SOURCES.read_text())


def kubernetes_file(source: dict[str, str]) -> tuple[list[Row], str]:
    """Make one minor's file.

    :param source: an entry of ``[[kubernetes]]``.
    :returns: the rows of its kinds, and the file's text.
    """
    module = Module("k8s.io/kubernetes", source["version"], source["sum"])
    paths = (swagger.SOURCE, enums.SOURCE, swagger.DISCOVERY, swagger.CORE_DISCOVERY)
    files = read_files(fetch(module), module, *paths)
    document, go, discovery, core = (files[path] for path in paths)
    api = swagger.Swagger(json.loads(document), enums.read_enums(go))
    rows = api.kinds(json.loads(discovery), json.loads(core))
    preferred: set[tuple[str, str]] = set()
    for row in rows:
        # Discovery names a group's versions in the API server's order of preference.
        row["storage"] = (row["group"], row["kind"]) not in preferred
        preferred.add((row["group"], row["kind"]))
    return rows, file_text(api.strict([row["definition"] for row in rows]))


def crd_file(source: dict[str, Any]) -> tuple[list[Row], str]:
    """Make the file of one module's custom resources.

    :param source: an entry of ``[[crds]]``.
    :returns: the rows of its kinds, and the file's text.
    """
    module = Module(source["module"], source["version"], source["sum"])
    rows: list[Row] = []
    schemas: dict[str, Schema] = {}
    for path, text in read_files(fetch(module), module, *source["files"]).items():
        for document in yamlio.load_all(text, file=f"{module}/{path}"):
            if isinstance(document.value, dict) and document.value.get("kind") == "CustomResourceDefinition":
                more_rows, more_schemas = read_crd(document.value)
                rows += more_rows
                schemas |= more_schemas
    return rows, file_text(hoist(schemas, source["name"]))


def file_text(definitions: dict[str, Schema]) -> str:
    """The text of a data file: definitions, and for each the definitions that it names.

    :param definitions: strict schemas by name.
    :returns: one JSON object, a definition a line.
    """
    lines = [
        f"{json.dumps(name)}:{json.dumps({'uses': references(schema), 'schema': schema}, separators=(',', ':'))}"
        for name, schema in sorted(definitions.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def index_text(
    sources: dict[str, Any], kubernetes: dict[str, list[Row]], crds: dict[str, list[Row]], digests: dict[str, str]
) -> str:
    """The text of the index: which kinds there are, and where each one's schema stands.

    :param sources: the pinned modules.
    :param kubernetes: minor to the rows of its kinds.
    :param crds: the name of a ``[[crds]]`` entry to the rows of its kinds.
    :param digests: file name to the digest of its text, see :func:`digest`.
    :returns: one JSON object, a kind a line.
    """
    rows: dict[tuple[str, ...], Row] = {}
    for minor, found in kubernetes.items():
        for row in found:
            key = (row["group"], row["version"], row["kind"])
            known = rows.setdefault(key, {**row, "source": "kubernetes", "deprecated": False, "minors": []})
            known["minors"].append(minor)
            known["storage"] = row["storage"]
    for name, found in crds.items():
        for row in found:
            rows[row["group"], row["version"], row["kind"]] = {"deprecated": False, "minors": [], **row, "source": name}
    modules = {name: f"{entry['module']} {entry['version']}" for entry in sources["crds"] if (name := entry["name"])}
    releases = {entry["minor"]: entry["version"].removeprefix("v") for entry in sources["kubernetes"]}
    head = [
        f"{json.dumps(key)}: {json.dumps(value, indent=1)}"
        for key, value in (("kubernetes", releases), ("modules", modules), ("digests", digests), ("columns", COLUMNS))
    ]
    lines = [json.dumps([rows[key][column] for column in COLUMNS]) for key in sorted(rows)]
    return "{" + ",\n".join(head) + ',\n"kinds": [\n' + ",\n".join(lines) + "\n]}\n"


def digest(text: str) -> str:
    """The digest under which the index records a file.

    :param text: a data file's text, not its compressed bytes: those differ between versions of zlib.
    :returns: SHA-256 in hexadecimal digits.
    """
    return hashlib.sha256(text.encode()).hexdigest()
