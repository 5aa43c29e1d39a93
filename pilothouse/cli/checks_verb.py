"""``pilothouse checks``."""

from __future__ import annotations

import argparse
import json

from pilothouse.checks import catalogue
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import chosen
from pilothouse.cli.table import table


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Print the catalogue, or one check's page."""
    checks = catalogue()
    if options.code is not None:
        code = chosen([options.code.upper()], list(checks), "check")[0]
        check = checks[code]
        if options.format == "json":
            screen.result(
                json.dumps({"code": code, "severity": check.severity, "title": check.title, "page": check.page})
            )
        else:
            screen.result(f"{code}: {check.title} ({check.severity})\n\n{check.page}")
        return 0
    rows = [
        {"code": check.code, "severity": str(check.severity), "family": check.family, "title": check.title}
        for check in checks.values()
    ]
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0
