"""Findings on the screen, in the format that was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pilothouse.cli.screen import Screen

if TYPE_CHECKING:
    from pilothouse.finding import Finding


def show(
    findings: Sequence[Finding],
    root: str,
    format: str,
    screen: Screen,
    *,
    advice: bool,
    aside: bool = False,
    profiles: Mapping[str, str] | None = None,
) -> None:
    """Show findings.

    :param root: what the findings' files are relative to.
    :param format: ``human``, ``github``, or one that holds advice in any case: ``json``, ``sarif`` and ``junit``.
    :param advice: whether advice is shown in full.
    :param aside: standard output belongs to something else: they go to standard error.
    :param profiles: each environment's profile, which decides what stops; None where nothing does.
    """

    def read_lines(file: str) -> list[str]:
        with open(os.path.join(root, file), encoding="utf-8", errors="replace") as opened:
            return opened.read().splitlines()

    if format == "json":
        from pilothouse.report import json as report_json

        text = report_json.render(findings)
    elif format == "sarif":
        from pilothouse.report import sarif

        text = sarif.render(findings)
    elif format == "junit":
        from pilothouse.profiles import stops
        from pilothouse.report import junit

        known = profiles or {}
        text = junit.render(
            findings, stops=lambda finding: bool(known) and stops(known.get(finding.environment, "lab"), finding)
        )
    elif not findings:
        return
    elif format == "github":
        from pilothouse.report import github

        text = github.render(findings, advice=advice)
    else:
        from pilothouse.report import human

        stream = sys.stderr if aside else sys.stdout
        text = human.render(
            findings,
            colour=screen.colour(stream),
            width=screen.width(stream),
            advice=advice,
            read_lines=read_lines,
        )
    if aside:
        screen.say(text.rstrip("\n"))
    else:
        screen.result(text)
