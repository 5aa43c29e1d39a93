"""``pilothouse validate``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable

from pilothouse import kubeconform, reading, waivers
from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.environment import Environment, load, names
from pilothouse.gather import Origins, known_origins
from pilothouse.repository import NoRepository, find_root
from pilothouse.schemas import known_minors
from pilothouse.validation import Verdicts, judge, somebodys


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Judge YAML on disk; print what was found, and how much was judged."""
    root = _root(options)
    groups = _groups(options.paths, root)
    binary = None if options.no_kubeconform else _finder(screen)
    verdicts: list[Verdicts] = []
    with tempfile.TemporaryDirectory(prefix="pilothouse-") as scratch:
        for environment_name, paths in groups.items():
            verdicts.append(_judge(options, root, environment_name, paths, binary, scratch))
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    show(findings, root or os.getcwd(), options.format, screen)
    objects = sum(len(verdict.stack) for verdict in verdicts)
    if not objects and not findings:
        screen.say("there is no Kubernetes object to judge")
        return 2
    if binary is not None:
        valid, skipped = (sum(getattr(verdict, name) for verdict in verdicts) for name in ("valid", "skipped"))
        screen.say(f"{objects:,} objects: kubeconform finds {valid:,} valid, {skipped:,} skipped")
    else:
        screen.say(f"{objects:,} objects judged; kubeconform was left out")
    return 1 if any(verdict.stopped for verdict in verdicts) else 0


def _root(options: argparse.Namespace) -> str | None:
    try:
        return find_root(options.folder)
    except NoRepository:
        if options.paths:
            return None
        raise


def _groups(paths: list[str], root: str | None) -> dict[str, list[str]]:
    """The paths by the environment that they belong to; empty for those that belong to none."""
    environments = names(root) if root is not None else []
    dist = os.path.join(root or "", "dist")
    if not paths:
        return {name: [os.path.join(dist, name)] for name in environments if os.path.isdir(os.path.join(dist, name))}
    groups: dict[str, list[str]] = {}
    for path in paths:
        below = os.path.relpath(os.path.realpath(path), dist).split(os.sep) if root is not None else [".."]
        if below == ["."]:
            for name in environments:
                groups.setdefault(name, []).append(os.path.join(path, name))
        else:
            groups.setdefault(below[0] if below[0] in environments else "", []).append(path)
    return groups


def _finder(screen: Screen) -> Callable[[], str]:
    found: list[str] = []

    def find() -> str:
        if not found:
            found.append(kubeconform.find(screen.say))
        return found[0]

    return find


def _judge(
    options: argparse.Namespace,
    root: str | None,
    name: str,
    paths: list[str],
    binary: Callable[[], str] | None,
    scratch: str,
) -> Verdicts:
    ours = bool(name) and root is not None
    if ours:
        assert root is not None
        environment: Environment = load(root, name, kubernetes_versions=known_minors)
        origins = known_origins(root, os.path.join(root, "dist"), name)
    else:
        environment = somebodys(options.kubernetes_version or known_minors()[-1])
        origins = Origins()
    read = reading.read([path for path in paths if path != "-"], root, origins.manifests)
    if "-" in paths:
        # kubeconform judges files: what came through the pipe becomes one for it.
        path = os.path.join(scratch, "standard-input.yaml")
        content = sys.stdin.buffer.read()
        with open(path, "wb") as file:
            file.write(content)
        read.read_text(content, "standard input", path)
    return judge(
        environment,
        read,
        [*waivers.of_environment(environment), *origins.waivers],
        ours=ours,
        crds=os.path.join(root, "schemas") if root is not None else None,
        missing=options.missing_schemas or ("error" if ours else "warn"),
        binary=binary,
    )
