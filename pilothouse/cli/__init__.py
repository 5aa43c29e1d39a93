"""The command line: the verbs, and the only place that prints or exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pilothouse.cli.screen import Screen

DONE, STOPPED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; findings that stop, or differences; the command or the machine could not do it; Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: the words after ``pilothouse``; those of this process where they are not given.
    :returns: the exit code.
    """
    from pilothouse.cli.arguments import parser

    known = parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(known)
    options = known.parse_args(arguments)
    screen = Screen()
    try:
        return _run(options.verb, options, screen)
    except KeyboardInterrupt:
        screen.say("interrupted: nothing half written is left")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results has gone: what is left of them goes nowhere, without a complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(verb: str, options: object, screen: Screen) -> int:
    import importlib

    module = importlib.import_module(f"pilothouse.cli.{verb}_verb")
    try:
        result = module.run(options, screen)
        sys.stdout.flush()
        return int(result)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        message = _known(error)
        if message is None:
            raise
        screen.end_progress()
        screen.say(message)
        return BAD_USAGE


def _known(error: Exception) -> str | None:
    """What went wrong in words, for what a user can mend; None for a defect of ours."""
    kind = f"{type(error).__module__}.{type(error).__name__}"
    if kind == "pilothouse.environment.problem.EnvironmentErrors":
        return "\n".join(str(problem) for problem in getattr(error, "problems", ()))
    if kind.startswith("pilothouse.") or isinstance(error, OSError):
        return f"pilothouse: {error}"
    return None
