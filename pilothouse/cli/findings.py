"""Findings on the screen, in the format that was asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from pilothouse.cli.screen import Screen
from pilothouse.finding import Finding


def show_known(findings: Sequence[dict[str, Any]], root: str, format: str, screen: Screen) -> None:
    """Show findings of an earlier run, kept as plain JSON."""
    import msgspec

    show([msgspec.convert(finding, Finding) for finding in findings], root, format, screen)


def show(findings: Sequence[Finding], root: str, format: str, screen: Screen, *, stderr: bool = False) -> None:
    """Show findings.

    :param root: what the findings' files are relative to.
    :param format: ``human``, ``json`` or ``github``.
    :param stderr: whether standard output belongs to something else.
    """
    if format == "human" and not findings:
        return
    from pilothouse import report

    def read_lines(file: str) -> list[str]:
        try:
            with open(os.path.join(root, file), encoding="utf-8", errors="replace") as opened:
                return opened.read().splitlines()
        except OSError:
            return []

    text = report.render(findings, format, colour=screen.colour, width=screen.width, read_lines=read_lines)
    if stderr:
        screen.say(text.rstrip("\n"))
    else:
        screen.result(text)
