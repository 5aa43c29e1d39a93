"""Switch one file or folder from its old content to its new one, and back.

What has happened already is read from the inodes, never remembered: so a switch that was interrupted anywhere, also by
the end of the process, can be finished or undone by the same code.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pilothouse.dist.carry import carry
from pilothouse.dist.layout import Layout
from pilothouse.dist.rename import CannotExchangeError, exchange
from pilothouse.dist.scan import inode, parent


class Switch(NamedTuple):
    """One file or folder that gets a new content as a whole."""

    environment: str
    path: str
    """Relative to the environment's folder; ``""`` is that folder."""
    old: int | None
    """The inode of what stands there; None where nothing does."""
    new: int | None
    """The inode of what comes from the stage; None where it only goes."""
    files: bool = False
    """Both are files: then a plain rename puts one in the other's place."""


class InterferedError(Exception):
    """Something stands in the place that is neither the old content nor the new one."""


def is_done(layout: Layout, switch: Switch) -> bool:
    """Tell whether the new content stands in its place."""
    return inode(layout.live(switch.environment, switch.path)) == switch.new


def is_begun(layout: Layout, switch: Switch) -> bool:
    """Tell whether the old content no longer stands in its place."""
    return inode(layout.live(switch.environment, switch.path)) != switch.old


def do(layout: Layout, switch: Switch) -> None:
    """Bring the new content into its place; the old one then stands in the stage, or is saved beside it.

    :raises InterferedError: somebody else has been there.
    :raises OSError: it was refused; ``undo`` brings the old content back.
    """
    live, staged, saved = _places(layout, switch)
    standing = inode(live)
    if standing == switch.new:
        return
    if switch.new is not None and inode(staged) != switch.new:
        raise InterferedError
    if standing == switch.old:
        if switch.new is None:
            os.makedirs(os.path.dirname(staged), exist_ok=True)
            os.rename(live, staged)
        elif switch.old is None:
            os.makedirs(os.path.dirname(live), exist_ok=True)
            os.rename(staged, live)
        elif switch.files:
            if not os.path.lexists(saved):
                os.makedirs(os.path.dirname(saved), exist_ok=True)
                carry(live, saved)
            os.rename(staged, live)
        else:
            try:
                exchange(staged, live)
            except CannotExchangeError:
                os.makedirs(os.path.dirname(saved), exist_ok=True)
                os.rename(live, saved)
                os.rename(staged, live)
    elif standing is None and switch.old is not None and inode(saved) == switch.old:
        os.rename(staged, live)
    else:
        raise InterferedError


def undo(layout: Layout, switch: Switch) -> None:
    """Bring the old content back into its place, however far ``do`` came.

    :raises OSError: it was refused.
    """
    live, staged, saved = _places(layout, switch)
    standing = inode(live)
    if standing == switch.old:
        return
    if switch.new is None:
        if standing is None and inode(staged) == switch.old:
            os.rename(staged, live)
    elif switch.old is None:
        if standing == switch.new:
            os.rename(live, staged)
    elif switch.files:
        if standing == switch.new and os.path.lexists(saved):
            os.rename(saved, live)
    elif standing == switch.new and inode(staged) == switch.old:
        exchange(staged, live)
    elif standing in (switch.new, None) and inode(saved) == switch.old:
        if standing is not None:
            os.rename(live, staged)
        os.rename(saved, live)


def remove_empty_folders_above(layout: Layout, environment: str) -> None:
    """Where an environment is gone, remove the folders that held it alone (``_nodes`` above ``_nodes/dev``)."""
    while not os.path.lexists(layout.live(environment)) and (environment := parent(environment)):
        try:
            os.rmdir(layout.live(environment))
        except OSError:
            return


def _places(layout: Layout, switch: Switch) -> tuple[str, str, str]:
    where = (switch.environment, switch.path)
    return layout.live(*where), layout.stage(*where), layout.saved(*where)
