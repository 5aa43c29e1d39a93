"""``pilothouse list``."""

from __future__ import annotations

import argparse
import json
import os

from pilothouse.cli.arguments import output_folder
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import chosen
from pilothouse.cli.table import table
from pilothouse.environment import names
from pilothouse.repository import find_root


def run(options: argparse.Namespace, screen: Screen) -> int:
    """List environments, or the objects that the output folder holds for some of them."""
    root = find_root(options.folder)
    there = names(root)
    if not options.environments:
        return _environments(options, screen, root, there)
    environments = chosen(options.environments, there, "environment")
    return _objects(options, screen, output_folder(options.out, root), environments)


def _environments(options: argparse.Namespace, screen: Screen, root: str, there: list[str]) -> int:
    from pilothouse.synth import load_all

    rows = []
    for environment in load_all(root, there):
        for instance in environment.charts.values():
            rows.append(
                {
                    "environment": environment.name,
                    "kubernetes": environment.kubernetes_version,
                    "profile": environment.profile,
                    "cluster": environment.cluster.name,
                    "instance": instance.name,
                    "chart": instance.chart,
                    "namespace": instance.namespace,
                }
            )
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0


def _objects(options: argparse.Namespace, screen: Screen, out: str, environments: tuple[str, ...]) -> int:
    from pilothouse.reading import read

    rows = []
    for environment in environments:
        folder = os.path.join(out, environment)
        reading = read([folder], None, {}) if os.path.isdir(folder) else None
        for manifest in reading.manifests if reading is not None else ():
            file = os.path.relpath(reading.file_of(manifest), out) if reading is not None else ""
            rows.append(
                {
                    "environment": environment,
                    "apiVersion": manifest.api_version,
                    "kind": manifest.kind,
                    "namespace": manifest.namespace,
                    "name": manifest.name,
                    "file": file.replace(os.sep, "/"),
                }
            )
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    if not rows:
        screen.say(f"{out} holds no objects of {', '.join(environments)}: run pilothouse synth")
    return 0
