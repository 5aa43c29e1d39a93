"""The one system call that a switch is made of: two paths trade places, and nobody ever sees neither."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable

_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""linux/fs.h"""
_RENAME_SWAP = 2
"""sys/stdio.h of macOS"""


class CannotExchangeError(Exception):
    """This system, or this file system, has no exchange."""


def exchange(one: str, other: str) -> None:
    """Let two paths on one file system trade places in one step, whatever they are.

    Linux has renameat2 with RENAME_EXCHANGE since 3.15 (ext4, xfs, btrfs, tmpfs, overlay; not NFS), macOS renamex_np
    with RENAME_SWAP since 10.12 (APFS).

    :raises CannotExchangeError: there is no such call here; nothing was done.
    :raises OSError: it was refused; nothing was done.
    """
    call = _system_call()
    if call is None:
        raise CannotExchangeError
    code = call(os.fsencode(one), os.fsencode(other))
    if code in _UNSUPPORTED:
        raise CannotExchangeError
    if code:
        raise OSError(code, os.strerror(code), one, None, other)


@functools.cache
def _system_call() -> Callable[[bytes, bytes], int] | None:
    """Find the call: it takes two paths, and returns an errno or 0."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        name = "renamex_np" if sys.platform == "darwin" else "renameat2"
        function = getattr(library, name)
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_int
    if sys.platform == "darwin":
        function.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint]

        def call(one: bytes, other: bytes) -> int:
            return ctypes.get_errno() if function(one, other, _RENAME_SWAP) else 0

    else:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]

        def call(one: bytes, other: bytes) -> int:
            failed = function(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)
            return ctypes.get_errno() if failed else 0

    return call
