"""``pilothouse set``."""

from __future__ import annotations

import argparse
import difflib

from pilothouse.changing import Change, change, write
from pilothouse.cli.findings import show
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import chosen
from pilothouse.environment import layer_names, names
from pilothouse.environment.setting import masked, parse, words_of
from pilothouse.repository import find_root


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Change values of one environment file; print what changed, or would."""
    root = find_root(options.folder)
    assignments = parse(options.assignments)
    name = chosen([options.environment], [*names(root), *layer_names(root)], "environment")[0]
    made = change(root, name, assignments)
    if made.findings:
        show(made.findings, root, "human", screen, advice=False)
        screen.say("nothing was written")
        return 2
    if made.new == made.old:
        screen.say(f"{made.file}: no change")
        return 0
    if options.dry_run:
        screen.result(_difference(made))
    else:
        write(root, made)
    would = "would be set" if options.dry_run else "set"
    for path, value in made.values:
        screen.say(f"{made.file}: {words_of(path, value)}: {would}")
    return 0


def _difference(made: Change) -> str:
    """The change as a unified diff, without what may be secret."""
    old, new = (masked(text).splitlines(keepends=True) for text in (made.old, made.new))
    lines = difflib.unified_diff(old, new, f"a/{made.file}", f"b/{made.file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
