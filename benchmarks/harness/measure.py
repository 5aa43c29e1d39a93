"""Measure: run one command as a whole process tree, and say what it took.

Wall time runs from before the process is made until it and everything it waited for has ended. CPU time and the exit
code come from ``wait4``, so they count every descendant that was waited for: both ends of a shell's pipe, Node below
Python, forked workers. Memory is measured in a run of its own, because sampling costs time: every few milliseconds
the proportional set sizes of all living processes of the tree are added up, in which a page that several processes
share counts once in all. Where there is no ``/proc``, memory is the largest single process's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)
SAMPLE_EVERY = 0.01
"""Seconds between two looks at the memory."""


class RunError(Exception):
    """A command that should have worked did not; the message holds the end of what it said."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one run took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of user and system time, of the whole tree."""
    memory: int
    """Bytes: the tree's peak where it was sampled, else the largest single process's."""
    timed_out: bool
    programs: frozenset[str] = frozenset()
    """The names of all processes that were seen in the tree, where it was sampled."""


def run(
    command: Sequence[str],
    *,
    environment: dict[str, str],
    output: Path | None,
    errors: Path,
    timeout: float,
    sample_memory: bool = False,
) -> Sample:
    """Run a command to its end.

    :param command: program and arguments.
    :param environment: all of its environment variables.
    :param output: where its standard output goes; None for nowhere.
    :param errors: where its standard error goes.
    :param timeout: seconds; then the whole process group is killed.
    :param sample_memory: whether to look at the memory while it runs; the times are then not to be used.
    :raises RunError: it ended with another code than 0.
    """
    late = threading.Event()
    with open(output or os.devnull, "wb") as out, open(errors, "wb") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )

        def stop() -> None:
            late.set()
            _signal_group(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout, stop)
        timer.start()
        sampler = _Sampler(process.pid) if sample_memory and sys.platform == "linux" else None
        if sampler:
            sampler.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            # Its own session does not get the terminal's Ctrl-C.
            timer.cancel()
            _signal_group(process.pid, signal.SIGKILL)
            raise
        wall = time.perf_counter() - started
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    # Whatever it left running would slow down the next run.
    _signal_group(process.pid, signal.SIGKILL)
    largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    sample = Sample(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        # What wait4 calls the largest includes this very process: it is what the command was before it was started.
        memory=sampler.end() if sampler else largest,
        timed_out=late.is_set(),
        programs=frozenset(sampler.programs if sampler else ()),
    )
    if sample.timed_out:
        return sample
    if process.returncode != 0:
        said = "\n".join(_end_of(file) for file in (errors, output) if file)
        raise RunError(f"exit code {process.returncode} from {' '.join(command)}\n{said}")
    return sample


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end_of(file: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


class _Sampler(threading.Thread):
    """Adds up the memory of a process and all below it, again and again; keeps the largest sum."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._ended = threading.Event()
        self._peak = 0
        self.programs: set[str] = set()

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY):
            memory, programs = look_at_tree(self._root)
            self._peak = max(self._peak, memory)
            self.programs |= programs

    def end(self) -> int:
        self._ended.set()
        self.join()
        return self._peak


def look_at_tree(root: int) -> tuple[int, set[str]]:
    """The bytes in memory and the program names of a process and all its descendants, as ``/proc`` has them now."""
    total, programs, waiting = 0, set(), [root]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        try:
            total += int(_PSS.search((place / "smaps_rollup").read_text())[1]) * 1024  # type: ignore[index]
            programs.add((place / "exe").readlink().name)
            for thread in os.listdir(place / "task"):
                waiting += map(int, (place / "task" / thread / "children").read_text().split())
        except (OSError, TypeError):
            continue
    return total, programs
