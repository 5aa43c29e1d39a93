"""Bring a file that stays into the new tree."""

from __future__ import annotations

import errno
import os
import stat

_NO_LINKS = {errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV}


def carry(source: str, target: str) -> None:
    """Give a file a second name: the same inode, with all its times.

    Where the file system has no hard links, or refuses this one (another user's file, too many links), it is copied
    with its permissions and times. A symlink is carried as it is, not what it points to.

    :raises OSError: it can be neither linked nor copied.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except NotImplementedError:
        copy(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        copy(source, target)


def copy(source: str, target: str) -> None:
    """Copy a file or symlink with its permissions and times.

    :raises OSError: it cannot be read or written, or it is something that cannot be copied, such as a pipe.
    """
    info = os.lstat(source)
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(source), target)
        return
    if not stat.S_ISREG(info.st_mode):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), source)
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while block := os.read(reading, 1 << 20):
                write_all(writing, block)
            os.fchmod(writing, stat.S_IMODE(info.st_mode))
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def write_all(handle: int, content: bytes) -> None:
    """Write all of it: a system may take less than it is given.

    :raises OSError: it cannot be written.
    """
    written = os.write(handle, content)
    while written < len(content):
        written += os.write(handle, content[written:])


def same_content(one: str, other: str) -> bool:
    """Tell whether two regular files hold the same bytes, or two symlinks point to the same place.

    :raises OSError: one of them cannot be read.
    """
    first, second = os.lstat(one), os.lstat(other)
    if stat.S_IFMT(first.st_mode) != stat.S_IFMT(second.st_mode):
        return False
    if stat.S_ISLNK(first.st_mode):
        return os.readlink(one) == os.readlink(other)
    if not stat.S_ISREG(first.st_mode) or first.st_size != second.st_size:
        return False
    with open(one, "rb") as a, open(other, "rb") as b:
        while block := a.read(1 << 20):
            if block != b.read(len(block)):
                return False
    return True
