"""``pilothouse checks``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pilothouse.checks import Check, catalogue
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
            screen.result(json.dumps(_row(check) | {"page": check.page}, indent=2))
        else:
            equals = f"\n\nEquals: {', '.join(check.equals)}" if check.equals else ""
            screen.result(f"{code}: {check.title} ({check.severity})\n\n{check.page}{equals}")
        return 0
    rows = [_row(check) for check in checks.values()]
    if options.format == "json":
        screen.result(json.dumps(rows, indent=2))
    else:
        screen.result(table([row | {"equals": ", ".join(row["equals"])} for row in rows]))
    return 0


def _row(check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "severity": str(check.severity),
        "family": check.family,
        "title": check.title,
        "equals": list(check.equals),
    }
