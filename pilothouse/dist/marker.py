"""The first line that tells Pilothouse's files from everyone else's."""

from __future__ import annotations

import os

PREFIX = b"# pilothouse: "
SUFFIX = b". Change it there."

HEAD = 8192
"""How many bytes of a file are read to see its first line: longer than any path a system takes."""


def header(source: str) -> str:
    """Write the first line of a generated file, without its line feed.

    :param source: the file that made it, relative to the repository (``charts/kubia.py``). What YAML does not allow in
        a comment (control characters, lone surrogates) is percent-encoded.
    """
    if not (source.isascii() and source.isprintable()):
        source = "".join(c if c.isprintable() else _percent(c) for c in source)
    return f"{PREFIX.decode()}{source}{SUFFIX.decode()}"


def is_ours(first_line: bytes) -> bool:
    """Tell whether a file was made by Pilothouse.

    :param first_line: the file's beginning, at least its first line; what follows the first line feed is not looked at.
    """
    if not first_line.startswith(PREFIX):
        return False
    return first_line.partition(b"\n")[0].rstrip(b"\r").endswith(SUFFIX)


def file_is_ours(path: str) -> bool:
    """Tell whether the regular file at this path was made by Pilothouse; a symlink never was.

    :raises OSError: it cannot be opened or read.
    """
    # Without O_NONBLOCK, opening a pipe that someone put there would wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return is_ours(os.read(handle, HEAD))
    finally:
        os.close(handle)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
