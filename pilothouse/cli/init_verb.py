"""``pilothouse init``."""

from __future__ import annotations

import argparse
import os

from pilothouse.beginning import begin
from pilothouse.cli.screen import Screen


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Make a new repository; print its files."""
    for path in begin(os.path.join(options.folder, options.name)):
        screen.result(os.path.normpath(os.path.join(options.name, path)))
    into = "" if options.name == "." else f"cd {options.name} && "
    screen.say(f"next: {into}make synth test")
    return 0
