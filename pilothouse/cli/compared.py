"""Compared: the two states that a command names, read, and what differs."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import chosen, state_flags
from pilothouse.diff import revision, sides
from pilothouse.diff.sides import Side
from pilothouse.diff.stacks import Changed, compare_all
from pilothouse.diff.synthesized import StoppedError, of_sources
from pilothouse.environment import Environment, load, names
from pilothouse.report.text import one_line
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

SOURCES = "the sources"
"""How what the sources give now is called."""
_SHORT = 12
"""Digits by which a commit is told."""


class Wanted(NamedTuple):
    """What a command asks for."""

    base: str | None
    """A folder or a revision; None for the commit that a change is set against."""
    head: str | None
    """A folder or a revision; None for what the sources give now."""
    synth: bool = False
    """Whether the sources of a revision count, and not its ``dist/``."""
    kubernetes_version: str | None = None
    """For objects that no environment names."""


class Compared(NamedTuple):
    """Two states, and what differs."""

    base: str
    """How the state before is called."""
    head: str
    """How the state after is called."""
    changes: list[Changed]
    unread: int
    """How many problems there were in reading them, which were shown."""


def compare(wanted: Wanted, root: str | None, screen: Screen) -> Compared | None:
    """Read two states and compare them; None where one of them gives nothing, and it was said why.

    :param root: the repository's root; None where there is none.
    """
    try:
        base = _base(wanted, root, screen)
        head = _head(wanted, root, screen, base)
    except StoppedError as error:
        show(error.findings, root or os.getcwd(), "human", screen, advice=False, aside=True)
        screen.say(str(error))
        return None
    if head is None:
        return None
    empty = _empty(wanted, root)
    before, after = (
        {name: empty(name).having(objects) for name, objects in side.environments.items()} for side in (base, head)
    )
    changes = compare_all(before, after, empty)
    for note in base.notes + head.notes:
        screen.say(one_line(note))
    unread = base.findings + head.findings
    if unread:
        show(unread, root or os.getcwd(), "human", screen, advice=True, aside=True)
    return Compared(base.title, head.title, changes, len(unread))


def against_cluster(environment: str, context: str, manager: str, root: str, screen: Screen) -> Compared | None:
    """Ask a live cluster what applying an environment would do; None where the sources give nothing.

    :param environment: its name.
    :param context: of the kubeconfig; the current one where it is empty.
    :param manager: the name under which fields are applied.
    :param root: the repository's root.
    :raises cluster.ClusterError: the cluster cannot be asked.
    """
    from pilothouse.diff import cluster

    (name,) = chosen([environment], names(root), "environment")
    head = _of_sources(root, (name,), screen)
    if head is None:
        return None
    stack = head.environments[name]
    screen.progress(f"asking the cluster about {len(stack):,} objects")
    tried = cluster.ask(context, stack, manager)
    empty = _empty(Wanted(None, None), root)
    before, after = ({name: empty(name).having(objects)} for objects in (tried.before, tried.after))
    changes = cluster.with_refusals(compare_all(before, after, empty), tried.refused)
    changed = {each.change.identity for each in changes}
    alone = [f"{identity}: {words}" for identity, words in tried.refused.items() if identity not in changed]
    for line in [*tried.notes, *alone]:
        screen.say(one_line(line))
    return Compared(f"the cluster {context}".rstrip(), SOURCES, changes, len(alone))


def _base(wanted: Wanted, root: str | None, screen: Screen) -> Side:
    if wanted.base:
        return _named(wanted.base, root, wanted, screen)
    assert root is not None
    left = revision.merge_base(root, os.environ)
    return _of_revision(left[:_SHORT] if left is not None else "HEAD", root, wanted, screen)


def _head(wanted: Wanted, root: str | None, screen: Screen, base: Side) -> Side | None:
    """What the second word names, or what the sources give now; None where they give nothing."""
    if wanted.head:
        return _named(wanted.head, root, wanted, screen, base)
    assert root is not None
    return _of_sources(root, tuple(names(root)), screen)


def _of_sources(root: str, environments: tuple[str, ...], screen: Screen) -> Side | None:
    """What the sources give now; None where they give nothing."""
    from pilothouse import kept
    from pilothouse.synth import Request, synthesize

    flags = state_flags(Request.limit)
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
    return Side(SOURCES, dict(outcome.manifests))


def _named(word: str, root: str | None, wanted: Wanted, screen: Screen, like: Side | None = None) -> Side:
    """A folder, or a revision."""
    if os.path.isdir(word):
        return sides.of_folder(word, like)
    return _of_revision(word, root if root is not None else os.getcwd(), wanted, screen, like)


def _of_revision(name: str, root: str, wanted: Wanted, screen: Screen, like: Side | None = None) -> Side:
    if not wanted.synth:
        return sides.of_revision(root, name, like)
    screen.progress(f"building {name}")
    try:
        return of_sources(root, name)
    finally:
        screen.end_progress()


def _empty(wanted: Wanted, root: str | None) -> Callable[[str], Stack]:
    """Each environment's stack without objects: its own cluster's, where the repository has it."""
    there: dict[str, Environment] = {}
    for name in names(root) if root is not None and not wanted.kubernetes_version else ():
        there[name] = load(root or "", name, kubernetes_versions=known_minors)
    crds = pathlib.Path(root, "schemas") if root is not None else None
    catalogue = functools.cache(lambda version: Catalogue(version, crds))

    def empty(name: str) -> Stack:
        environment = there.get(name) or somebodys(wanted.kubernetes_version or known_minors()[-1])
        return Stack(environment, catalogue(environment.kubernetes_version), ())

    return empty
