"""``pilothouse list``."""

from __future__ import annotations

import argparse
import json
import os

from pilothouse.cli.arguments import output_folder
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import chosen
from pilothouse.cli.table import table
from pilothouse.dist.folders import folders, nodes_folder
from pilothouse.environment import names
from pilothouse.repository import find_root


def run(options: argparse.Namespace, screen: Screen) -> int:
    """List environments, or the objects and files for machines that the output folder holds for some of them."""
    root = find_root(options.folder)
    there = names(root)
    if not options.environments:
        return _environments(options, screen, root, there)
    environments = chosen(options.environments, there, "environment")
    return _objects(options, screen, root, environments)


def _environments(options: argparse.Namespace, screen: Screen, root: str, there: list[str]) -> int:
    from pilothouse.synth import load_all

    rows = [
        {
            "environment": environment.name,
            "kubernetes": environment.kubernetes_version,
            "profile": environment.profile,
            "cluster": environment.cluster.name,
            "instance": instance.name,
            "chart": instance.chart,
            "namespace": instance.namespace,
        }
        for environment in load_all(root, there)
        for instance in environment.charts.values()
    ]
    _show(rows, options, screen)
    return 0


def _objects(options: argparse.Namespace, screen: Screen, root: str, environments: tuple[str, ...]) -> int:
    from pilothouse.cli.findings import show
    from pilothouse.machines.file import KIND
    from pilothouse.reading import read

    out = output_folder(options.out, root)
    rows, findings = [], []
    for environment in environments:
        nodes = os.path.join(out, nodes_folder(environment))
        there = [place for folder in folders(environment) if os.path.isdir(place := os.path.join(out, folder))]
        reading = read(there, root, nodes=nodes)
        findings += reading.findings
        rows += [
            {
                "environment": environment,
                "apiVersion": manifest.api_version,
                "kind": manifest.kind,
                "namespace": manifest.namespace,
                "name": manifest.name,
                "file": os.path.relpath(reading.file_of(manifest), out).replace(os.sep, "/"),
            }
            for manifest in reading.manifests
        ]
        rows += [
            {
                "environment": environment,
                "apiVersion": "",
                "kind": KIND,
                "namespace": "",
                "name": file.path,
                "file": f"{nodes_folder(environment)}/{file.path}",
            }
            for file in reading.machine_files
        ]
    _show(rows, options, screen)
    if not rows:
        screen.say(f"{out} holds no objects of {', '.join(environments)}: run pilothouse synth")
    show(findings, root, "human", screen, advice=False, aside=True)
    return 1 if findings else 0


def _show(rows: list[dict[str, str]], options: argparse.Namespace, screen: Screen) -> None:
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
