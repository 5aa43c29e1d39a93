"""``pilothouse diff``."""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import sys
from collections.abc import Callable

from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import state_flags
from pilothouse.diff import revision, sides
from pilothouse.diff.sides import Side
from pilothouse.diff.stacks import compare_all
from pilothouse.environment import Environment, load, names
from pilothouse.report import diff as report
from pilothouse.repository import NoRepositoryError, find_root
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

SAME, DIFFERENT, NOT_TOLD = 0, 1, 2


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Compare two states; print what differs."""
    try:
        root: str | None = find_root(options.folder)
    except NoRepositoryError:
        if not (options.base and options.head):
            raise
        root = None
    base = _base(options, root)
    head = _head(options, root, screen)
    if head is None:
        return NOT_TOLD
    empty = _empty(options, root)
    before, after = (
        {name: empty(name).having(objects) for name, objects in side.environments.items()} for side in (base, head)
    )
    changes = compare_all(before, after, empty)
    unread = base.findings + head.findings
    if unread:
        show(unread, root or os.getcwd(), "human", screen, advice=True, aside=True)
    if options.format == "json":
        screen.result(report.as_json(changes, base.title, head.title))
    else:
        stream = sys.stdout
        screen.result(report.human(changes, colour=screen.colour(stream), width=screen.width(stream)))
    screen.say(f"{base.title} → {head.title}: {report.summary(changes)}")
    if unread:
        return NOT_TOLD
    return DIFFERENT if changes else SAME


def _base(options: argparse.Namespace, root: str | None) -> Side:
    if options.base:
        return _named(options.base, root)
    assert root is not None
    return sides.of_revision(root, revision.merge_base(root, os.environ) or "HEAD")


def _head(options: argparse.Namespace, root: str | None, screen: Screen) -> Side | None:
    """What the second word names, or what the sources give now; None where they give nothing."""
    if options.head:
        return _named(options.head, root)
    assert root is not None
    from pilothouse import kept
    from pilothouse.synth import Request, synthesize

    environments, flags = tuple(names(root)), state_flags(Request.limit)
    request = Request(
        root=root,
        out=os.path.join(root, sides.DIST),
        environments=environments,
        engine=kept.engine_state(root, *flags),
        flags=flags,
        write=False,
    )
    outcome = synthesize(request, None, lambda done, of: screen.progress(f"built {done} of {of} chart instances"))
    if outcome.stopped:
        show(outcome.findings, root, "human", screen, advice=False, aside=True, profiles=outcome.profiles)
        screen.say("the sources give nothing to compare")
        return None
    return Side("the sources", dict(outcome.manifests))


def _named(word: str, root: str | None) -> Side:
    """A folder, or a revision."""
    if os.path.isdir(word):
        return sides.of_folder(word)
    return sides.of_revision(root if root is not None else os.getcwd(), word)


def _empty(options: argparse.Namespace, root: str | None) -> Callable[[str], Stack]:
    """Each environment's stack without objects: its own cluster's, where the repository has it."""
    there: dict[str, Environment] = {}
    for name in names(root) if root is not None and not options.kubernetes_version else ():
        there[name] = load(root or "", name, kubernetes_versions=known_minors)
    crds = pathlib.Path(root, "schemas") if root is not None else None
    catalogue = functools.cache(lambda version: Catalogue(version, crds))

    def empty(name: str) -> Stack:
        environment = there.get(name) or somebodys(options.kubernetes_version or known_minors()[-1])
        return Stack(environment, catalogue(environment.kubernetes_version), ())

    return empty
