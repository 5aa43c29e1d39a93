"""``pilothouse schemas``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from pilothouse.cli.screen import Screen
from pilothouse.cli.table import table
from pilothouse.repository import NoRepositoryError, find_root


def run(options: argparse.Namespace, screen: Screen) -> int:
    """List the kinds of the catalogue, and those that nodes read; or teach the repository its own custom resources."""
    from pilothouse.schemas import Catalogue, known_minors
    from pilothouse.schemas.node_kinds import of_minor

    if options.action == "add":
        return _add(options, screen)
    try:
        crds: Path | None = Path(find_root(options.folder), "schemas")
    except NoRepositoryError:
        crds = None
    catalogue = Catalogue(options.kubernetes_version or known_minors()[-1], crds)
    rows = [
        {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "namespaced": "yes" if kind.namespaced else "no",
            "deprecated": kind.deprecated or "",
            "removed": kind.removed or "",
            "source": kind.source,
        }
        for kind in sorted(catalogue.kinds(), key=lambda kind: (kind.source != "kubernetes", kind.group, kind.title))
    ]
    rows += [
        {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "namespaced": "",
            "deprecated": "",
            "removed": "",
            "source": "nodes",
        }
        for kind in of_minor(catalogue.minor).kinds()
    ]
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0


def _add(options: argparse.Namespace, screen: Screen) -> int:
    from pilothouse.schemas.crds import add_crds
    from pilothouse.yamlio import load_all

    root = find_root(options.folder)
    documents = []
    for file in options.files:
        with open(file, "rb") as opened:
            documents += [document.value for document in load_all(opened.read(), file=file)]
    kinds = add_crds(documents, Path(root, "schemas"))
    if not kinds:
        screen.say(f"no CustomResourceDefinition in {', '.join(options.files) or 'no file'}")
        return 2
    for kind in kinds:
        screen.result(kind.title)
    screen.say(f"written to {os.path.join(root, 'schemas')}: commit it")
    return 0
