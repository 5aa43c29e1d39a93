"""Unchecked: the program without its checks but that of the schemas, to tell what the others cost."""

from __future__ import annotations

from pilothouse.checks import catalogue
from pilothouse.checks.schema import FIELDS
from pilothouse.cli import command

_FUNCTIONS = ("on_object", "on_pods", "on_stack", "on_node", "on_environments")


def strip() -> None:
    """Take what the checks do out of the catalogue; their names and pages stay."""
    checks = catalogue()
    assert isinstance(checks, dict)
    for code, check in checks.items():
        if code != FIELDS:
            checks[code] = check._replace(**dict.fromkeys(_FUNCTIONS))


if __name__ == "__main__":
    strip()
    command()
