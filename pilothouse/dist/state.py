"""Has anybody touched the output since? One digest answers.

A run in which nothing changed imports this module and nothing else of the package: keep its imports light
(``hashlib`` takes 3 ms to load, ``_blake2`` 0.2 ms).
"""

from __future__ import annotations

import os

try:
    from _blake2 import blake2b as blake2b
except ImportError:  # an interpreter without the builtin module
    from hashlib import blake2b as blake2b

STATE = ".pilothouse-switch"
"""The folder in the output folder for what is under way. It ignores itself in git; no environment has such a name."""


def tree_state(out: str, environment: str) -> bytes:
    """Digest the metadata of everything below ``out/<environment>``: 16 bytes.

    For every entry its relative path, and for everything but folders its type, size, inode and times of change
    (content and metadata). Contents are not read. Symlinks are not followed.

    :param out: the output folder.
    :param environment: the folder in it; one that does not exist has a digest too.
    :raises OSError: a folder or file cannot be looked at: then nobody can tell, and it counts as touched.
    """
    root = os.path.join(out, environment)
    digest = blake2b(digest_size=16)
    try:
        info = os.lstat(root)
    except FileNotFoundError:
        return digest.digest()
    if info.st_mode & 0o170000 != 0o040000:
        digest.update(b"%o %d %d" % (info.st_mode, info.st_ino, info.st_ctime_ns))
        return digest.digest()
    pending = [(root, "")]
    while pending:
        folder, name = pending.pop()
        lines: list[str] = []
        below: list[tuple[str, str]] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{name}/{entry.name}"))
                    continue
                try:
                    info = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    lines.append(f"{entry.name}\0")
                    continue
                lines.append(
                    f"{entry.name}\0{info.st_mode}\0{info.st_size}\0{info.st_mtime_ns}\0{info.st_ctime_ns}\0{info.st_ino}"
                )
        # A system lists a folder in any order. NUL separates, since no name holds one.
        lines.sort()
        below.sort(reverse=True)
        pending += below
        digest.update("\0\0".join((name, *lines, "\0")).encode("utf-8", "surrogateescape"))
    return digest.digest()
