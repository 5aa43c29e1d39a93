"""What stops a write: every problem at once, in the words of the person who has to solve it."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing in the way of writing."""

    path: str
    """The file or folder, as the user named the output folder (``dist/dev/kubia``)."""
    found: str
    """What is wrong with it."""
    fix: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.found}; {self.fix}"


class DistError(ValueError):
    """The output folder cannot be written; nothing in it was changed.

    :param problems: everything that was found, at least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


_KNOWN = {
    errno.ENOSPC: ("the disk is full", "free some space, then run again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then run again"),
    errno.EROFS: ("the file system is read-only", "mount it writable, or choose another folder with --out"),
    errno.EACCES: ("permission denied", "give this user the right to write there, or choose another folder with --out"),
    errno.EPERM: ("permission denied", "give this user the right to write there, or choose another folder with --out"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "move it away, or choose another folder with --out"),
    errno.EEXIST: ("something else stands there already", "move it away, or choose another folder with --out"),
    errno.ENAMETOOLONG: ("the path is too long for this file system", "choose a shorter folder with --out"),
    errno.EFBIG: ("a file is larger than this user may write", "raise the file size limit (ulimit -f)"),
    errno.EMFILE: ("too many files are open", "raise the limit of open files (ulimit -n)"),
    errno.EBUSY: ("it is in use, or another file system is mounted there", "unmount it, then run again"),
    errno.EXDEV: ("another file system is mounted below the output folder", "unmount it, then run again"),
}


def problem_of(error: OSError, path: str) -> Problem:
    """Say what the operating system refused.

    :param error: what it answered.
    :param path: the file or folder to name, as the user knows it.
    """
    found, fix = _KNOWN.get(error.errno or 0, (error.strerror or str(error), "look at the folder, then run again"))
    return Problem(path, found, fix)


def shown(out: str, real: str, path: str | bytes | None) -> str:
    """Name a path as the user named the output folder.

    :param out: the output folder as the user gave it.
    :param real: the same folder with every symlink resolved.
    :param path: an absolute path, or None where the operating system named none.
    """
    if path is None:
        return out
    text = os.fsdecode(path)
    if text == real:
        return out
    return os.path.join(out, os.path.relpath(text, real)) if text.startswith(real + os.sep) else text
