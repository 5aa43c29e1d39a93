"""What a run is about to switch, written down so that the next run can finish it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pilothouse.dist.carry import write_all
from pilothouse.dist.error import DistError, Problem, problem_of
from pilothouse.dist.layout import Layout, relative
from pilothouse.dist.remove import dissolve, remove_tree
from pilothouse.dist.scan import inode, obstacle
from pilothouse.dist.switch import (
    InterferedError,
    Switch,
    do,
    is_begun,
    remove_empty_folders_above,
    undo,
)

_VERSION = 1


def write(layout: Layout, switches: Sequence[Switch]) -> None:
    """Write down the switches of one run; from here on they are all done, or none.

    :raises OSError: it cannot be written.
    """
    content = json.dumps({"version": _VERSION, "switches": switches}).encode("ascii")
    draft = f"{layout.journal}.new"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
    try:
        write_all(handle, content)
    finally:
        os.close(handle)
    os.rename(draft, layout.journal)


def read(layout: Layout) -> list[Switch] | None:
    """Read what an earlier run wrote down.

    :returns: its switches; None if the journal is damaged, or another version of Pilothouse wrote it.
    """
    try:
        with open(layout.journal, "rb") as file:
            content = json.load(file)
        if content["version"] != _VERSION:
            return None
        switches = [Switch(*switch) for switch in content["switches"]]
        for switch in switches:
            relative(f"{switch.environment}/{switch.path}" if switch.path else switch.environment, "path")
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return switches


def run(layout: Layout, switches: Sequence[Switch]) -> None:
    """Do all the switches, or none.

    :raises InterferedError: somebody else changed a place meanwhile; the others are as they were.
    :raises OSError: one was refused; all are as they were.
    """
    try:
        for switch in switches:
            do(layout, switch)
    except BaseException:
        # If this fails too, the journal stays, and the next run tries again.
        undo_all(layout, switches)
        clear(layout, switches, {})
        raise


def undo_all(layout: Layout, switches: Sequence[Switch]) -> None:
    """Bring all the old contents back.

    :raises OSError: that was refused.
    """
    for switch in reversed(switches):
        undo(layout, switch)


def forget(layout: Layout) -> None:
    """Remove the journal and everything that waits for a switch."""
    for path in (layout.journal, f"{layout.journal}.new"):
        with suppress(FileNotFoundError):
            os.unlink(path)
    remove_tree(os.path.join(layout.state, "next"))
    remove_tree(os.path.join(layout.state, "old"))


def recover(out: str) -> bool:
    """Bring the output folder to where a run that was killed would have left it.

    If that run had begun to switch, the rest is switched as well: then every environment is the new one. If not, every
    environment is the old one. What lies about is removed, but for files that somebody else put there. Call it with
    the lock held, before a ``Stage`` is made.

    :param out: the output folder.
    :returns: True if there was something to do.
    :raises DistError: it cannot be finished: the folder is read-only, or the disk is full.
    """
    layout = Layout(out)
    left = [path for path in ("next", "old", "journal", "journal.new") if os.path.lexists(f"{layout.state}/{path}")]
    if not left or os.path.islink(layout.state):
        return False
    try:
        _recover(layout)
    except OSError as error:
        raise DistError([problem_of(error, layout.shown(error.filename))]) from error
    layout.close_state()
    return True


def _recover(layout: Layout) -> None:
    switches = read(layout)
    if switches is None:
        # Nobody knows what is what: keep whatever Pilothouse did not make.
        dissolve(os.path.join(layout.state, "next"), layout.real, {})
        dissolve(os.path.join(layout.state, "old"), layout.real, {})
        forget(layout)
        return
    for switch in switches:
        if barred := obstacle(layout.real, os.path.dirname(f"{switch.environment}/{switch.path}")):
            found = f"{barred[1]} stands here since a run was killed that had begun to write"
            raise DistError([Problem(layout.shown(barred[0]), found, "move it away and run again")])
    if any(is_begun(layout, switch) for switch in switches):
        try:
            _finish(layout, switches)
        except OSError:
            undo_all(layout, switches)
    clear(layout, switches, {})


def _finish(layout: Layout, switches: Sequence[Switch]) -> None:
    for switch in switches:
        try:
            do(layout, switch)
        except InterferedError:  # what stands there now came after the run that was killed
            continue


def clear(layout: Layout, switches: Sequence[Switch], replaced: Mapping[str, Mapping[str, int]]) -> None:
    """Remove what the switches left behind, and the journal.

    :param replaced: for each environment, the files that its plan replaces or removes, as ``dissolve`` takes them.
    :raises OSError: something cannot be removed; the journal stays, and the next run tries again.
    """
    for switch in switches:
        live = layout.live(switch.environment, switch.path)
        for place in (layout.stage, layout.saved):
            old = place(switch.environment, switch.path)
            if switch.old is not None and inode(old) == switch.old != inode(live):
                dissolve(old, live, replaced.get(switch.environment, {}))
    forget(layout)
    for switch in switches:
        remove_empty_folders_above(layout, switch.environment)
