"""Apply to a cluster whose controllers are still busy, as ops do: again, where something came too early."""

from __future__ import annotations

import time

from tests.cluster.control_plane import ControlPlane

NOT_YET = ('serviceaccount "default" not found', "status unknown for quota")
"""What a cluster says of an object that comes in the same moment as its namespace: ops apply again, and so do we."""


def apply(plane: ControlPlane, *what: str) -> None:
    """Apply on the server's side, again where something came too early.

    :param plane: the cluster.
    :param what: ``-k`` and a folder, or ``-f`` and a file.
    """
    for _ in range(10):
        done = plane.kubectl("apply", "--server-side", *what)
        if done.code == 0 or not all(
            any(words in line for words in NOT_YET) for line in done.err.splitlines() if line.startswith("Error")
        ):
            break
        time.sleep(1)
    assert (done.code, done.err) == (0, ""), done.err + plane.logs()
