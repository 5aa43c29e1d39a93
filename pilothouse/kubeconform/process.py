"""Child: a program run to its end, which never outlives the command that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import NamedTuple


class Result(NamedTuple):
    """What a program that ended has left behind."""

    status: int
    """Its exit status; minus the signal's number where a signal ended it."""
    stdout: bytes
    stderr: str
    """Decoded as UTF-8; bytes that are none are shown as U+FFFD."""


class TimedOut(Exception):  # noqa: N818 -- caught as what it names
    """The program took too long, and was stopped with all its children."""

    def __init__(self, seconds: float, stderr: str) -> None:
        super().__init__(f"stopped after {seconds:g} s")
        self.stderr = stderr


@contextlib.contextmanager
def _interrupt_waits() -> Iterator[None]:
    """Holds Ctrl-C back: one that came between the child's start and our knowing its id would leave it running."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers no signal to this thread
        return
    held: list[tuple[int, FrameType | None]] = []
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        before(*held[0])


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(
    command: Sequence[str],
    *,
    timeout: float,
    cwd: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run a program to its end, without input, in a process group of its own.

    Whatever ends this call early (the timeout, Ctrl-C, any other exception) ends that whole group first.

    :param command: the program's path and its arguments.
    :param timeout: seconds.
    :param cwd: its working folder; None is ours.
    :param environment: its environment variables; None is ours.
    :returns: its exit status and what it printed, held in memory.
    :raises TimedOut: it was still running after ``timeout``.
    :raises OSError: it could not be started.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with _interrupt_waits():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )
        stdout, stderr = process.communicate(timeout=timeout)
    except BaseException as error:
        if process is None:
            raise
        _kill(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimedOut(timeout, (error.stderr or b"").decode("utf-8", "replace")) from None
        raise
    finally:
        if process is not None:
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
    return Result(process.returncode, stdout, stderr.decode("utf-8", "replace"))
