"""Jobs in processes of their own: every one is answered, whatever becomes of the process that does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_jobs_are_answered_whatever_becomes_of_their_processes() -> None:
    """A process that has threads, as one of many test runners has, must not be forked."""
    file = Path(__file__).with_name("worker_processes.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=file.parents[1])
    assert done.returncode == 0, done.stdout
