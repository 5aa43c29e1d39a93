"""The checks of other tools, by their own names, and what of ours equals each: read from ``peers/*.yaml``.

A list names every check of one release of one tool. A check that ours leave out on purpose bears the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pilothouse.checks import catalogue
from pilothouse.checks.catalogue import FAMILIES
from pilothouse.yamlio import load_all

FOLDER = Path(__file__).parent / "peers"


class Peer(NamedTuple):
    """One tool."""

    tool: str
    """As ``equals`` names it."""
    release: str
    checks: dict[str, str]
    """Each check's name -> why none of ours equals it; empty where one does. A tool of one nameless check has it
    under the empty name."""

    def called(self, check: str) -> str:
        """A check as ``equals`` names it: ``kube-linter latest-tag``."""
        return f"{self.tool} {check}".rstrip()


def peers() -> list[Peer]:
    """Every tool, in the order of their files."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        (document,) = load_all(path.read_bytes(), file=path.name)
        checks = {name: reason or "" for name, reason in document.value["checks"].items()}
        found.append(Peer(document.value["tool"], document.value["release"], checks))
    return found


def ours() -> dict[str, list[str]]:
    """A check of another tool, as ``equals`` names it -> the codes of ours that look for the same, by family."""
    found: dict[str, list[str]] = {}
    for check in sorted(catalogue().values(), key=lambda check: FAMILIES.index(check.family)):
        for name in check.equals:
            found.setdefault(name, []).append(check.code)
    return found
