"""Processes that tests look at from outside: whose they are, and whether they live."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has waited for yet has."""
    return _table().get(pid, (0, "Z"))[1] != "Z"


def below(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    children = [child for child, (parent, _) in _table().items() if parent == pid]
    return children + [deeper for child in children for deeper in below(child)]


def _table() -> dict[int, tuple[int, str]]:
    """Every process, with the one that started it and its state as one letter."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
        return {int(pid): (int(parent), state[:1]) for pid, parent, state in map(str.split, listed.splitlines())}
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = file.read_text().rpartition(")")[2].split()[:2]
            found[int(file.parent.name)] = (int(parent), state)
    return found


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for what has to come true in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
