"""Has anybody touched the output since? One digest answers.

A run in which nothing changed imports this module and nothing else of the package: keep its imports light
(``hashlib`` takes 3 ms to load, ``_blake2`` 0.2 ms).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

try:
    from _blake2 import blake2b as blake2b
except ImportError:  # an interpreter without the builtin module
    from hashlib import blake2b as blake2b

STATE = ".pilothouse-switch"
"""The folder in the output folder for what is under way. It ignores itself in git; no environment has such a name."""


def tree_states(
    out: str, environment: str, known: Mapping[str, str] | None = None, changed: str | None = None
) -> dict[str, str]:
    """Digest the metadata of everything below ``out/<environment>``, for each folder in it and for the files beside.

    For every entry its relative path, and for everything but folders its type, size, inode and times of change
    (content and metadata). Contents are not read. Symlinks are not followed.

    :param out: the output folder.
    :param environment: the folder in it; one that does not exist has no digests.
    :param known: the digests from before, if nothing has changed since but below ``changed``; they are used again.
    :param changed: a path below the environment's folder; empty for all of it, None for nothing.
    :returns: a folder's name to its digest; that of the files beside the folders stands under the empty name.
    :raises OSError: a folder or file cannot be looked at: then nobody can tell, and it counts as touched.
    """
    root = os.path.join(out, environment)
    try:
        info = os.lstat(root)
    except FileNotFoundError:
        return {}
    if info.st_mode & 0o170000 != 0o040000:
        return {"": f"{info.st_mode:o} {info.st_ino} {info.st_ctime_ns}"}
    lines, folders = _look(root)
    states = {"": blake2b(_line("", lines), digest_size=16).hexdigest()}
    stale = None if changed is None else changed.partition("/")[0]
    for path, name in folders:
        kept = known.get(name) if known is not None and stale not in ("", name) else None
        states[name] = _below(path) if kept is None else kept
    return states


def _below(root: str) -> str:
    digest = blake2b(digest_size=16)
    pending = [(root, "")]
    while pending:
        folder, name = pending.pop()
        lines, folders = _look(folder)
        digest.update(_line(name, lines))
        pending += [(path, f"{name}/{below}") for path, below in reversed(folders)]
    return digest.hexdigest()


def _look(folder: str) -> tuple[list[str], list[tuple[str, str]]]:
    """A folder's entries, but for its folders, as lines; and its folders: path and name."""
    lines: list[str] = []
    folders: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, entry.name))
                continue
            try:
                info = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                lines.append(f"{entry.name}\0")
                continue
            lines.append(
                f"{entry.name}\0{info.st_mode}\0{info.st_size}\0{info.st_mtime_ns}\0{info.st_ctime_ns}\0{info.st_ino}"
            )
    # A system lists a folder in any order.
    return sorted(lines), sorted(folders)


def _line(name: str, lines: list[str]) -> bytes:
    # NUL separates, since no name holds one.
    return "\0\0".join((name, *lines, "\0")).encode("utf-8", "surrogateescape")
