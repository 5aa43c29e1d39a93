"""``pilothouse diff``."""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Sequence

from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import state_flags
from pilothouse.diff import revision, sides
from pilothouse.diff.impact import Effect
from pilothouse.diff.sides import Side
from pilothouse.diff.stacks import Changed, compare_all
from pilothouse.environment import Environment, load, names
from pilothouse.report.diff_sums import summary
from pilothouse.repository import NoRepositoryError, find_root
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

SAME, DIFFERENT, NOT_TOLD, FORBIDDEN = 0, 1, 2, 3
SOURCES = "the sources"
_SHORT = 12
"""Digits by which a commit is told."""


class UnknownEffectError(ValueError):
    """A word that names no effect."""


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Compare two states; print what differs, and what that does."""
    forbidden = _forbidden(options.fail_on)
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
    screen.result(_told(options, screen, changes, base.title, head.title, len(unread)))
    first, *more = summary(changes)
    screen.say("\n".join([f"{base.title} → {head.title}: {first}", *more]))
    if unread:
        return NOT_TOLD
    if any(impact.effect in forbidden for each in changes for impact in each.change.impacts):
        return FORBIDDEN
    return DIFFERENT if changes else SAME


def _forbidden(words: str | None) -> frozenset[Effect]:
    """The effects that must not be.

    :raises UnknownEffectError: one of the words is none.
    """
    asked = [word.strip() for word in (words or "").split(",") if word.strip()]
    known = {effect.value: effect for effect in Effect}
    unknown = [word for word in asked if word not in known]
    if unknown or (words is not None and not asked):
        raise UnknownEffectError(f"--fail-on {words}: expected one or more of {', '.join(known)}")
    return frozenset(known[word] for word in asked)


def _told(
    options: argparse.Namespace, screen: Screen, changes: Sequence[Changed], base: str, head: str, unread: int
) -> str:
    """The changes in the form that was asked for."""
    if options.format == "json":
        from pilothouse.report import diff_json

        return diff_json.render(changes, base, head)
    if options.format == "html":
        from pilothouse.report import diff_html

        return diff_html.render(changes, base, head, unread=unread)
    if options.format == "markdown":
        from pilothouse.report import diff_markdown

        words = shlex.join(["pilothouse", "diff", base, *([] if head == SOURCES else [head])])
        return diff_markdown.render(changes, base, head, command=words, limit=options.limit, unread=unread)
    from pilothouse.report import diff_human

    width, beside = screen.width(sys.stdout), options.side_by_side
    if beside is None:
        beside = sys.stdout.isatty() and width >= diff_human.WIDE
    return diff_human.render(changes, colour=screen.colour(sys.stdout), width=width, beside=beside)


def _base(options: argparse.Namespace, root: str | None) -> Side:
    if options.base:
        return _named(options.base, root)
    assert root is not None
    left = revision.merge_base(root, os.environ)
    return sides.of_revision(root, left[:_SHORT] if left is not None else "HEAD")


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
    return Side(SOURCES, dict(outcome.manifests))


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
