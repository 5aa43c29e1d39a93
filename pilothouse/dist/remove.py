"""Remove what the switch has replaced, and nothing that somebody else put there meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from pilothouse.dist.carry import same_content
from pilothouse.dist.marker import file_is_ours
from pilothouse.dist.scan import inode


def remove_tree(path: str) -> None:
    """Remove a file, or a folder with everything in it, without following symlinks; nothing happens where none is.

    :raises OSError: something in it cannot be removed.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(path)
        return
    if mode & 0o700 != 0o700:
        # A read-only folder of somebody else's was carried over with its permissions.
        os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        names = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, folder in names:
        if folder:
            remove_tree(name)
        else:
            os.unlink(name)
    os.rmdir(path)


def dissolve(old: str, live: str, replaced: Mapping[str, int]) -> None:
    """Remove an old tree after the new one has taken its place.

    A file goes if it stands in the new tree as well, or if Pilothouse made it. What else is found came while the
    switch was under way: it moves to its place in the new tree, or beside it as ``<name>.kept`` if that is taken.

    :param old: the old file or folder; nothing happens where none is.
    :param live: the place it was taken from.
    :param replaced: the inode of each file that the plan replaces or removes, by its path relative to ``old``: these
        need no look inside. ``old`` itself is ``""``.
    :raises OSError: something cannot be removed or moved.
    """
    try:
        info = os.lstat(old)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(info.st_mode):
        _dissolve_folder(old, live, replaced, "")
    elif info.st_ino in (inode(live), replaced.get("")):
        os.unlink(old)
    else:
        _dissolve_file(old, live)


def _dissolve_folder(old: str, live: str, replaced: Mapping[str, int], prefix: str) -> None:
    standing: dict[str, int] = {}
    if _is_folder(live):
        with os.scandir(live) as entries:
            standing = {entry.name: entry.inode() for entry in entries}
    with os.scandir(old) as entries:
        listed = [(entry.name, entry.inode(), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, number, folder in listed:
        path, place = f"{old}/{name}", f"{live}/{name}"
        if folder:
            _dissolve_folder(path, place, replaced, f"{prefix}{name}/")
        elif number in (standing.get(name), replaced.get(prefix + name)):
            os.unlink(path)
        else:
            _dissolve_file(path, place)
    os.rmdir(old)


def _dissolve_file(old: str, live: str) -> None:
    if _is_ours(old) or (os.path.lexists(live) and same_content(old, live)):
        os.unlink(old)
        return
    folder = os.path.dirname(live)
    while os.path.lexists(folder) and not _is_folder(folder):
        folder = os.path.dirname(folder)
        live = os.path.join(folder, os.path.basename(live))
    os.makedirs(folder, exist_ok=True)
    place, number = live, 0
    while os.path.lexists(place):
        number += 1
        place = f"{live}.kept" if number == 1 else f"{live}.kept{number}"
    os.rename(old, place)


def _is_ours(path: str) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode) and file_is_ours(path)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
