"""In place: a text file read and written again with its encoding, its permissions, and in one step."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

_BOM = b"\xef\xbb\xbf"


def read_text(path: str) -> tuple[str, Callable[[str], bytes]]:
    """A file's text, and what makes bytes of another one in its place.

    :raises UnicodeDecodeError: it is no UTF-8.
    :raises OSError: it cannot be read.
    """
    with open(path, "rb") as opened:
        content = opened.read()
    mark = _BOM if content.startswith(_BOM) else b""
    return content[len(mark) :].decode(), lambda new: mark + new.encode()


def replace(path: str, content: bytes) -> None:
    """Put a new content in a file's place in one step, with the file's own permissions; a link's target is replaced.

    :raises OSError: it cannot be written.
    """
    path = os.path.realpath(path)
    folder, base = os.path.split(path)
    aside = os.path.join(folder, f".{base}.{os.getpid()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as opened:
            opened.write(content)
            os.fchmod(descriptor, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        raise
