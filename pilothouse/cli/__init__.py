"""The command line: the verbs, and the only place that prints or exits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pilothouse.cli.screen import Screen

DONE, STOPPED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; findings that stop, or differences; the command or the machine could not do it; Ctrl-C."""


class _Ended(BaseException):
    """Raised where the process was asked to end, so that it leaves nothing half done and no process behind."""


def command() -> NoReturn:
    """Run the command of this process, and end the process.

    It ends at once: to take a large stack apart object by object would take longer than many a run.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: the words after ``pilothouse``; those of this process where they are not given.
    :returns: the exit code: 128 and the signal's number where a signal ended it.
    """
    ended_by: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        ended_by.append(number)
        raise _Ended

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
    try:
        _open_streams()
        return _run(arguments)
    except (KeyboardInterrupt, _Ended):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _say("interrupted: nothing half written is left")
        return 128 + ended_by[0] if ended_by else INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results has gone: what is left of them goes nowhere, without a complaint at exit.
        _drop_results()
        return DONE


def _open_streams() -> None:
    """Let the three standard streams lead somewhere: a file opened later must not take the place of a closed one."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 -- it stays open
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _drop_results() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    from pilothouse.cli.screen import Screen

    Screen().say(text)


def _run(arguments: Sequence[str] | None) -> int:
    from pilothouse.cli.arguments import parser
    from pilothouse.cli.screen import OutputError, Screen

    known = parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(known)
    options = known.parse_args(arguments)
    screen = Screen()
    code = BAD_USAGE
    try:
        code = _run_verb(options.verb, options, screen)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        message = _known(error)
        if message is None:
            raise
        screen.say(message)
    try:
        screen.flush()
    except BrokenPipeError:
        _drop_results()
    except OutputError as error:
        _drop_results()
        if code != BAD_USAGE:
            screen.say(f"pilothouse: {error}")
        return BAD_USAGE
    return code


def _run_verb(verb: str, options: object, screen: Screen) -> int:
    import importlib

    return int(importlib.import_module(f"pilothouse.cli.{verb}_verb").run(options, screen))


def _known(error: Exception) -> str | None:
    """What went wrong in words, for what a user can mend; None for a defect of ours."""
    kind = f"{type(error).__module__}.{type(error).__name__}"
    if kind == "pilothouse.environment.problem.EnvironmentErrors":
        return str(error)
    if isinstance(error, OSError) and not kind.startswith("pilothouse."):
        return f"pilothouse: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}"
    return f"pilothouse: {error}" if kind.startswith("pilothouse.") else None
