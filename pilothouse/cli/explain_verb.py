"""``pilothouse explain``."""

from __future__ import annotations

import argparse
import json
import os

from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import UnknownNameError, chosen
from pilothouse.cli.table import table
from pilothouse.environment import explain, load, names
from pilothouse.fieldpath import format_path
from pilothouse.repository import find_root
from pilothouse.results import origins
from pilothouse.schemas import known_minors


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Show where a value or an object comes from."""
    root = find_root(options.folder)
    if options.what is not None:
        return _object(options, screen, root)
    if options.environment is None:
        raise UnknownNameError("explain what? name an environment (--environment prod), a file of dist/, or an object")
    name = chosen([options.environment], names(root), "environment")[0]
    environment = load(root, name, kubernetes_versions=known_minors)
    rows = [
        {"value": format_path(row.path), "is": json.dumps(row.value), "set by": str(row.position or "default")}
        for row in explain(environment)
    ]
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0


def _object(options: argparse.Namespace, screen: Screen, root: str) -> int:
    out = os.path.join(root, "dist")
    asked = os.path.realpath(options.what)
    rows = []
    for name in chosen([options.environment] if options.environment else [], names(root), "environment"):
        known = origins(root, out, name)
        files = {file: each.whole for file, each in known.machine_files.items()}
        for file, manifest in {**known.manifests, **files}.items():
            if file != asked and str(manifest.identity) != options.what:
                continue
            if manifest.instance not in known.current:
                screen.say(f"{name}: {manifest.instance} has changed since: run pilothouse synth {name}")
                continue
            rows.append(
                {
                    "environment": name,
                    "object": str(manifest.identity),
                    "made by": str(manifest.position),
                    "construct": manifest.construct,
                    "instance": manifest.instance,
                    "file": os.path.relpath(file, root),
                }
            )
    if not rows:
        raise UnknownNameError(
            f"nothing is known of {options.what}: name a file of dist/ or 'Kind namespace/name', after synth"
        )
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0
