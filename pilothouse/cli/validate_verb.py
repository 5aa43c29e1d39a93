"""``pilothouse validate``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pilothouse import kubeconform, kustomizations, reading, results, waivers
from pilothouse.assumed import Assumption
from pilothouse.cli import fix
from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.dist.folders import NODES, folders, nodes_folder
from pilothouse.environment import load, names
from pilothouse.fixing import Fixed
from pilothouse.repository import NoRepositoryError, find_root
from pilothouse.schemas import known_minors
from pilothouse.validation import Verdicts, compare, judge, somebodys

STANDARD_INPUT = "-"
PIPED = "standard-input.yaml"
ROUNDS = 5
"""How often ``--fix`` looks again at what it has changed."""


class NoSuchFileError(ValueError):
    """A path that was named, where there is nothing."""


@dataclass
class _Group:
    """Paths that belong to one environment, or to none."""

    environment: str
    paths: list[str]
    whole: bool
    """Whether they are all that the environment has."""


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Judge YAML on disk; print what was found, and how much was judged."""
    root = _root(options)
    _require(options.paths)
    binary = None if options.no_kubeconform else _finder(screen)
    assumption = Assumption(options.assume, root)
    with tempfile.TemporaryDirectory(prefix="pilothouse-") as scratch:
        if STANDARD_INPUT in options.paths:
            # kubeconform judges files: what came through the pipe becomes one for it.
            with open(os.path.join(scratch, PIPED), "wb") as file:
                file.write(sys.stdin.buffer.read())
        verdicts = _judge(options, root, binary, scratch, assumption)
        if options.diff:
            return fix.show(fix.plan(verdicts, root), screen)
        if options.fix:
            # One change may bring to light what another settles.
            made: list[Fixed] = []
            for _ in range(ROUNDS):
                of_round = fix.write(fix.plan(verdicts, root), screen)
                if not any(each.made for each in of_round):
                    break
                made += of_round
                verdicts = _judge(options, root, binary, scratch, assumption)
            fix.sum_up(made, screen, "fixed")
    for folder in kustomizations.helm_charts(path for path in options.paths if path != STANDARD_INPUT):
        screen.say(f"left out: {folder} is a Helm chart: judge what helm template makes of it")
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    profiles = {verdict.environment.name: verdict.environment.profile for verdict in verdicts}
    show(findings, root or os.getcwd(), options.format, screen, advice=options.advice, profiles=profiles)
    objects = sum(verdict.objects for verdict in verdicts)
    files = sum(verdict.machine_files for verdict in verdicts)
    if not objects and not files and not findings:
        screen.say("there is no Kubernetes object to judge")
        return 2
    counted = f"{objects:,} object{'' if objects == 1 else 's'}"
    if files:
        counted = f"{files:,} file{'' if files == 1 else 's'} for machines, {counted}"
    if binary is not None:
        valid, skipped = (sum(getattr(verdict, name) for verdict in verdicts) for name in ("valid", "skipped"))
        screen.say(f"{counted}: kubeconform finds {valid:,} valid, {skipped:,} skipped")
    else:
        screen.say(f"{counted} judged; kubeconform was left out")
    doubts = sum(verdict.doubts for verdict in verdicts)
    if doubts:
        were = "1 warning would be an error" if doubts == 1 else f"{doubts:,} warnings would be errors"
        screen.say(f"{were} if the cluster held nothing but these files: say what else it has with --assume")
    if not options.fix:
        fix.offer(findings, screen)
    return 1 if any(verdict.stopped for verdict in verdicts) else 0


def _judge(
    options: argparse.Namespace,
    root: str | None,
    binary: Callable[[], str] | None,
    scratch: str,
    assumption: Assumption,
) -> list[Verdicts]:
    """What the judges say of each environment's files, and of those that belong to none."""
    verdicts = []
    for group in _groups(options.paths, root):
        if group.environment and root is not None:
            verdicts.append(_judge_ours(options, root, group, binary, assumption))
        else:
            verdicts.append(_judge_anyones(options, root, group.paths, binary, scratch, assumption))
    if root is not None and sorted(verdict.environment.name for verdict in verdicts) == names(root):
        compare([verdict for verdict in verdicts if verdict.stack is not None])
    return verdicts


def _root(options: argparse.Namespace) -> str | None:
    try:
        return find_root(options.folder)
    except NoRepositoryError:
        if options.paths:
            return None
        raise


def _require(paths: Sequence[str]) -> None:
    absent = [path for path in paths if path != STANDARD_INPUT and not os.path.lexists(path)]
    if absent:
        raise NoSuchFileError(f"{', '.join(absent)}: no such file or folder")


def _groups(paths: Sequence[str], root: str | None) -> list[_Group]:
    """The paths by the environment that they belong to."""
    environments = names(root) if root is not None else []
    dist = os.path.join(root or "", "dist")
    there = {
        name: [place for folder in folders(name) if os.path.isdir(place := os.path.join(dist, folder))]
        for name in environments
    }
    everything = [_Group(name, places, True) for name, places in there.items() if places]
    if not paths:
        return everything
    groups: dict[str, _Group] = {}
    for path in dict.fromkeys(paths):
        below = _below(path, os.path.realpath(dist)) if root is not None and path != STANDARD_INPUT else None
        if below == ".":
            groups |= {group.environment: group for group in everything}
            continue
        if below == NODES:
            for name, places in there.items():
                of_nodes = groups.setdefault(name, _Group(name, [], False))
                of_nodes.paths += [place for place in places if place == os.path.join(dist, nodes_folder(name))]
            continue
        name = (below or "").removeprefix(f"{NODES}/").partition("/")[0]
        if name in environments and below == name:
            groups[name] = _Group(name, there[name], True)
            continue
        group = groups.setdefault(name if name in environments else "", _Group(name, [], False))
        if name not in environments:
            group.environment = ""
        group.paths.append(path)
    return [group for group in groups.values() if group.paths]


def _below(path: str, dist: str) -> str | None:
    """A path relative to the output folder; None where it lies outside."""
    full = os.path.realpath(path)
    if full != dist and not full.startswith(os.path.join(dist, "")):
        return None
    return os.path.relpath(full, dist).replace(os.sep, "/")


def _finder(screen: Screen) -> Callable[[], str]:
    found: list[str] = []

    def find() -> str:
        if not found:
            found.append(kubeconform.find(screen.say))
        return found[0]

    return find


def _judge_ours(
    options: argparse.Namespace, root: str, group: _Group, binary: Callable[[], str] | None, assumption: Assumption
) -> Verdicts:
    environment = load(root, group.environment, kubernetes_versions=known_minors)
    out = os.path.join(root, "dist")
    origins = results.origins(root, out, environment.name)
    nodes = os.path.join(out, nodes_folder(environment.name))
    read = reading.read(group.paths, root, origins, nodes)
    beside = None
    if not group.whole:
        asked = {os.path.realpath(file) for file in reading.files_below(group.paths, nodes)}
        there = [place for folder in folders(environment.name) if os.path.isdir(place := os.path.join(out, folder))]
        rest = [file for file in reading.files_below(there, nodes) if os.path.realpath(file) not in asked]
        beside = reading.read(rest, root, origins, nodes)
    return judge(
        environment,
        read,
        [*waivers.of_environment(environment), *origins.waivers],
        ours=True,
        whole=origins.current if group.whole else (),
        beside=beside,
        assumption=assumption,
        crds=os.path.join(root, "schemas"),
        missing=options.missing_schemas or "error",
        binary=binary,
    )


def _judge_anyones(
    options: argparse.Namespace,
    root: str | None,
    paths: Sequence[str],
    binary: Callable[[], str] | None,
    scratch: str,
    assumption: Assumption,
) -> Verdicts:
    read = reading.read([path for path in paths if path != STANDARD_INPUT], root)
    piped = os.path.join(scratch, PIPED)
    if STANDARD_INPUT in paths:
        with open(piped, "rb") as file:
            read.read_text(file.read(), "standard input", piped)
    verdicts = judge(
        somebodys(options.kubernetes_version or known_minors()[-1]),
        read,
        (),
        ours=False,
        assumption=assumption,
        crds=os.path.join(root, "schemas") if root is not None else None,
        missing=options.missing_schemas or "warn",
        binary=binary,
    )
    verdicts.files = {shown: path for path in read.files if (shown := reading.shown_path(path, root)) and path != piped}
    return verdicts
