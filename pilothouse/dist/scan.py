"""What stands in a folder now."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple


class Tree(NamedTuple):
    """Everything below one folder; paths are relative to it, with ``/``; the folder itself is ``""``."""

    files: dict[str, int]
    """Regular files, each with its inode."""
    folders: dict[str, None]
    """Folders, each after the one that holds it."""
    odd: dict[str, str]
    """Symlinks and everything else, each with what it is: ``a symlink``."""


def scan(root: str) -> Tree:
    """List a folder and everything below it, without following symlinks.

    :param root: an existing folder.
    :raises OSError: a folder cannot be read.
    """
    files: dict[str, int] = {}
    folders: dict[str, None] = {"": None}
    odd: dict[str, str] = {}
    pending = [(root, "")]
    while pending:
        folder, prefix = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_file(follow_symlinks=False):
                    files[path] = entry.inode()
                elif entry.is_dir(follow_symlinks=False):
                    folders[path] = None
                    pending.append((entry.path, f"{path}/"))
                else:
                    odd[path] = kind_of(entry.stat(follow_symlinks=False).st_mode)
    return Tree(files, folders, odd)


def kind_of(mode: int) -> str:
    """Name what a file is, with its article.

    :param mode: ``st_mode``.
    """
    if stat.S_ISLNK(mode):
        return "a symlink"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a special file"


def obstacle(root: str, path: str) -> tuple[str, str] | None:
    """Find what bars the way to a folder: a symlink, which is not followed, a file, or something stranger.

    :param root: an absolute path, or one that is looked at as well.
    :param path: the folder, relative to it; what does not exist bars nothing.
    :returns: the first such path, and what it is; None where there is none.
    :raises OSError: a folder on the way cannot be looked into.
    """
    place = root
    for step in ["", *path.split("/")]:
        place = f"{place}/{step}" if step else place
        try:
            kind = kind_of(os.lstat(place).st_mode)
        except FileNotFoundError:
            return None
        if kind != "a folder":
            return place, kind
    return None


def parent(path: str) -> str:
    """The folder that holds a relative path; of ``""`` it is ``""``."""
    return path.rpartition("/")[0]


def inode(path: str) -> int | None:
    """The inode at a path, None where nothing stands; a symlink is not followed."""
    try:
        return os.lstat(path).st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None
