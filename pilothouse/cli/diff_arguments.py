"""The options of the verbs that compare two states."""

from __future__ import annotations

import argparse
from typing import Any

FORMATS = ("human", "json", "markdown", "html")
SMALLEST = 2_000
"""Characters in which a comment says at least what happens where."""


def diff(verbs: Any) -> None:
    """Add ``diff``."""
    verb = verbs.add_parser(
        "diff",
        help="what differs between two states of the stack, and what that does",
        description="Compare two states object by object and field by field, as the API server reads them: the order\n"
        "of keys, 1000m and 1, a missing field and its default are no difference, and containers, ports\n"
        "and variables are told apart by their names. Of each change it is said what it does in the cluster.\n\n"
        "BASE and HEAD are folders of YAML, or revisions of git, whose dist/ counts. Without HEAD it is what\n"
        "the sources give now; without BASE the dist/ of the last commit, or where a forge judges a change,\n"
        "that of the commit where it left its target branch. It exits 1 where something differs.",
        epilog="examples:\n"
        "  pilothouse diff                        the last commit's dist/ → what the sources give\n"
        "  pilothouse diff v1.4.0 v1.5.0          two releases\n"
        "  pilothouse diff --synth v1.4.0         where dist/ is not committed\n"
        "  pilothouse diff prod --cluster         what applying prod would do, by kubectl\n"
        "  pilothouse diff main --format json     for a program\n"
        "  pilothouse diff --format markdown      the comment of a pull or merge request\n"
        "  pilothouse diff --fail-on data-at-risk,replace\n"
        "  pilothouse diff rendered/old rendered/new",
    )
    verb.add_argument("base", metavar="BASE", nargs="?", help="a folder or a revision: the state before")
    verb.add_argument("head", metavar="HEAD", nargs="?", help="a folder or a revision: the state after")
    verb.add_argument(
        "--synth", action="store_true", help="of a revision its sources count, built anew, and not its dist/"
    )
    verb.add_argument(
        "--cluster",
        metavar="CONTEXT",
        nargs="?",
        const="",
        help="what is in this cluster → what applying the sources would make of it, as its API server says; BASE names "
        "the environment then (default: kubectl's current context)",
    )
    verb.add_argument("--environment", metavar="ENV", help="with --cluster: the environment, in place of BASE")
    verb.add_argument(
        "--field-manager",
        metavar="NAME",
        default="kubectl",
        help="with --cluster: under which name fields are applied, such as argocd-controller (default: kubectl)",
    )
    verb.add_argument("--kubernetes-version", metavar="X.Y", help="for objects that no environment names")
    verb.add_argument("--format", choices=FORMATS, default="human", help="how it is written (default: human)")
    verb.add_argument(
        "--fail-on", metavar="EFFECT[,EFFECT]", help="exit 3 where the change does one of these: data-at-risk,replace"
    )
    verb.add_argument(
        "--side-by-side",
        action=argparse.BooleanOptionalAction,
        help="what was beside what is (default: on a terminal of 120 columns or more)",
    )
    verb.add_argument(
        "--limit",
        metavar="CHARACTERS",
        type=_characters,
        default=65_536,
        help="of --format markdown: what the forge takes (default: 65536, as GitHub; GitLab takes 1000000)",
    )


def changelog(verbs: Any) -> None:
    """Add ``changelog``."""
    verb = verbs.add_parser(
        "changelog",
        help="release notes for those who apply: what changed from one revision to another",
        description="Write as Markdown what a release does in each environment: what needs hands, what traffic and\n"
        "access change, which pods roll, what is new or gone, and the commits that made it.",
        epilog="examples:\n"
        "  pilothouse changelog v1.4.0..v1.5.0\n"
        "  pilothouse changelog v1.5.0..          up to the last commit\n"
        "  pilothouse changelog --synth v1.4.0..v1.5.0     where dist/ is not committed",
    )
    verb.add_argument("range", metavar="REV..REV", type=_range, help="the revision before, and the one after")
    verb.add_argument("--synth", action="store_true", help="of a revision its sources count, and not its dist/")


def _range(text: str) -> tuple[str, str]:
    base, dots, head = text.partition("..")
    if not base or not dots or head.startswith("."):
        raise argparse.ArgumentTypeError(f"expected two revisions, such as v1.4.0..v1.5.0, got {text!r}")
    return base, head or "HEAD"


def _characters(text: str) -> int:
    if not text.isdecimal() or int(text) < SMALLEST:
        raise argparse.ArgumentTypeError(f"expected a number of characters, at least {SMALLEST}, got {text!r}")
    return int(text)
