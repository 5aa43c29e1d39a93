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
from pilothouse.schemas.generate.node_kinds import node_kinds
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

NODE_COLUMNS = ("group", "version", "kind", "definition", "minors")
"""The same for a kind that nodes read."""

Row = dict[str, Any]


def read_sources() -> dict[str, Any]:
    """The pinned modules.

    :returns: ``sources.toml`` as it stands.
    """
    return tomllib.loads(SOURCES.read_text())


def kubernetes_files(source: dict[str, str], nodes: dict[str, str]) -> tuple[list[Row], str, list[Row], str]:
    """Make one minor's two files: of the kinds of its API, and of those that its nodes read.

    :param source: an entry of ``[[kubernetes]]``.
    :param nodes: the entry of ``[[nodes]]`` of the same minor.
    :returns: the rows of the API's kinds and that file's text, and the same of the nodes' kinds.
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
    schemas = api.strict([row["definition"] for row in rows])
    node_rows, node_schemas = node_kinds(nodes, module, schemas)
    return rows, file_text(schemas), node_rows, file_text(node_schemas)


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
    sources: dict[str, Any],
    kubernetes: dict[str, list[Row]],
    nodes: dict[str, list[Row]],
    crds: dict[str, list[Row]],
    digests: dict[str, str],
) -> str:
    """The text of the index: which kinds there are, and where each one's schema stands.

    :param sources: the pinned modules.
    :param kubernetes: minor to the rows of its kinds.
    :param nodes: minor to the rows of the kinds that its nodes read.
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
    of_nodes = ",\n".join(json.dumps([row[column] for column in NODE_COLUMNS]) for row in _merged(nodes))
    kinds = ",\n".join(lines)
    return "{" + ",\n".join(head) + f',\n"nodeKinds": [\n{of_nodes}\n],\n"kinds": [\n{kinds}\n]}}\n'


def _merged(of_minors: dict[str, list[Row]]) -> list[Row]:
    """The rows of all minors, each kind once, with the minors that have it."""
    rows: dict[tuple[str, ...], Row] = {}
    for minor, found in of_minors.items():
        for row in found:
            known = rows.setdefault((row["group"], row["version"], row["kind"]), {**row, "minors": []})
            known["minors"].append(minor)
    return [rows[key] for key in sorted(rows)]


def digest(text: str) -> str:
    """The digest under which the index records a file.

    :param text: a data file's text, not its compressed bytes: those differ between versions of zlib.
    :returns: SHA-256 in hexadecimal digits.
    """
    return hashlib.sha256(text.encode()).hexdigest()
