"""``pilothouse diff``."""

from __future__ import annotations

import argparse
import gc
import shlex
import sys

from pilothouse.cli.compared import SOURCES, Compared, Wanted, against_cluster, compare
from pilothouse.cli.screen import Screen
from pilothouse.diff.impact import Effect
from pilothouse.report.diff_sums import summary
from pilothouse.repository import NoRepositoryError, find_root

SAME, DIFFERENT, NOT_TOLD, FORBIDDEN = 0, 1, 2, 3


class UnusedOptionError(ValueError):
    """Options that do not go together."""


class UnknownEffectError(ValueError):
    """A word that names no effect."""


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Compare two states; print what differs, and what that does."""
    gc.disable()  # a short life with many small objects, all of them kept to its end
    forbidden = _forbidden(options.fail_on)
    if options.cluster is not None:
        return _tell(options, screen, forbidden, _of_cluster(options, screen))
    if options.environment is not None:
        raise UnusedOptionError("--environment goes with --cluster")
    try:
        root: str | None = find_root(options.folder)
    except NoRepositoryError:
        if not (options.base and options.head):
            raise
        root = None
    wanted = Wanted(options.base, options.head, options.synth, options.kubernetes_version)
    return _tell(options, screen, forbidden, compare(wanted, root, screen))


def _of_cluster(options: argparse.Namespace, screen: Screen) -> Compared | None:
    named = [name for name in (options.base, options.environment) if name]
    if len(named) != 1 or options.head or options.synth:
        raise UnusedOptionError("--cluster compares one environment: pilothouse diff ENV --cluster [CONTEXT]")
    return against_cluster(named[0], options.cluster, options.field_manager, find_root(options.folder), screen)


def _tell(options: argparse.Namespace, screen: Screen, forbidden: frozenset[Effect], compared: Compared | None) -> int:
    """Print what differs; the exit code."""
    if compared is None:
        return NOT_TOLD
    screen.result(_told(options, screen, compared))
    first, *more = summary(compared.changes)
    screen.say("\n".join([f"{compared.base} → {compared.head}: {first}", *more]))
    if compared.unread:
        return NOT_TOLD
    if any(impact.effect in forbidden for each in compared.changes for impact in each.change.impacts):
        return FORBIDDEN
    return DIFFERENT if compared.changes else SAME


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


def _told(options: argparse.Namespace, screen: Screen, compared: Compared) -> str:
    """The changes in the form that was asked for."""
    base, head, changes, unread = compared
    if options.format == "json":
        from pilothouse.report import diff_json

        return diff_json.render(changes, base, head)
    if options.format == "html":
        from pilothouse.report import diff_html

        return diff_html.render(changes, base, head, unread=unread)
    if options.format == "markdown":
        from pilothouse.report import diff_markdown

        return diff_markdown.render(
            changes, base, head, command=_command(options, compared), limit=options.limit, unread=unread
        )
    from pilothouse.report import diff_human

    width, beside = screen.width(sys.stdout), options.side_by_side
    if beside is None:
        beside = sys.stdout.isatty() and width >= diff_human.WIDE
    return diff_human.render(changes, colour=screen.colour(sys.stdout), width=width, beside=beside)


def _command(options: argparse.Namespace, compared: Compared) -> str:
    """What prints the same for a person."""
    if options.cluster is not None:
        named = [options.base or options.environment, "--cluster", options.cluster]
        return shlex.join(["pilothouse", "diff", *filter(None, named)])
    words = ["--synth"] if options.synth else []
    return shlex.join(
        ["pilothouse", "diff", *words, compared.base, *([] if compared.head == SOURCES else [compared.head])]
    )
