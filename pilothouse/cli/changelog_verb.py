"""``pilothouse changelog``."""

from __future__ import annotations

import argparse

from pilothouse.cli.compared import Wanted, compare
from pilothouse.cli.screen import Screen
from pilothouse.diff.revision import subjects
from pilothouse.report import changelog
from pilothouse.repository import find_root

_SOURCES = ("charts", "constructs", "environments", "schemas", "requirements.lock")
"""What decides what is synthesized; a commit that touches none of it changed nothing in a cluster."""


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Print what happened between two revisions."""
    root = find_root(options.folder)
    base, head = options.range
    compared = compare(Wanted(base, head, synth=options.synth), root, screen)
    if compared is None:
        return 2
    commits = subjects(root, base, head, _SOURCES)
    screen.result(changelog.render(compared.changes, base, head, commits))
    return 2 if compared.unread else 0
