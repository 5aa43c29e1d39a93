"""Inputs: what a build read from the machine, and whether it would read the same today.

Kept beside each result, so that the result is used again only where nothing that could change it has changed. It
imports almost nothing: a run that has nothing to do spends its time here.
"""

from __future__ import annotations

import os
import stat
from _blake2 import blake2b  # hashlib looks for OpenSSL first, which costs more than the digests
from collections.abc import Callable, Iterator, Mapping

from pilothouse.dist.state import STATE

ABSENT = "absent"
"""The state of what is not there, or cannot be read."""
UNKNOWN = ""
"""The state of what nobody can tell: it equals no state that was kept."""

_PASSING = frozenset({"__pycache__", STATE})


def digest(*parts: bytes) -> str:
    """A digest of several byte strings, told apart by their lengths."""
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(b"%d:" % len(part))
        state.update(part)
    return state.hexdigest()


def file_state(path: str) -> str:
    """What a file holds, in one word: a digest of its bytes, of a folder's names, or ``absent``.

    :param path: an absolute path; links are followed, as whoever reads the file follows them.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for whoever writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ABSENT
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return digest(all_of(descriptor))
        return folder_state(path) if stat.S_ISDIR(mode) else f"special {mode:o}"
    except OSError:
        return ABSENT
    finally:
        os.close(descriptor)


def all_of(descriptor: int) -> bytes:
    """Everything that an open file holds, from where it stands.

    :raises OSError: it cannot be read.
    """
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def folder_state(path: str) -> str:
    """The names that a folder holds, in one word; ``absent`` where it is none."""
    try:
        return digest(*sorted(os.fsencode(name) for name in os.listdir(path) if name not in _PASSING))
    except OSError:
        return ABSENT


def kind_state(path: str) -> str:
    """Whether a path is there, and as what: a file's bytes count, a folder's contents do not."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ABSENT
    return "folder" if stat.S_ISDIR(mode) else file_state(path)


def variable_state(value: str | None) -> str:
    """An environment variable's value as a digest: the cache holds no value, which may be a secret."""
    return ABSENT if value is None else digest(value.encode("utf-8", "surrogateescape"))


_STATES: dict[str, Callable[[str], str]] = {
    "file": file_state,
    "folder": folder_state,
    "kind": kind_state,
    "variable": lambda name: variable_state(os.environ.get(name)),
}


def current(kind: str, name: str) -> str:
    """The state of one input now.

    :param kind: ``file``, ``folder``, ``kind`` (is it there) or ``variable``.
    :param name: a path, or a variable's name.
    :returns: its state; ``UNKNOWN`` for a kind that there is not, or a name that no system takes.
    """
    take = _STATES.get(kind)
    try:
        return take(name) if take is not None else UNKNOWN
    except ValueError:  # a NUL, or a lone surrogate
        return UNKNOWN


def unchanged(inputs: Mapping[str, str], seen: dict[str, str]) -> bool:
    """Whether every input is as it was.

    :param inputs: ``"<kind>:<name>"`` to the state it had.
    :param seen: states taken already in this run; those that are taken are added to it.
    """
    for key, state in inputs.items():
        if key not in seen:
            kind, _, name = key.partition(":")
            seen[key] = current(kind, name)
        if seen[key] != state or state == UNKNOWN:
            return False
    return True


def tree_digest(folder: str, suffixes: tuple[str, ...] = ()) -> str:
    """A digest over every file below a folder: names and contents, in order.

    :param folder: where to begin; a folder that is absent counts as an empty one.
    :param suffixes: only files that end so; all where it is empty.
    """
    parts: list[bytes] = []
    for file in sorted(files_below(folder)):
        if not suffixes or file.endswith(suffixes):
            parts.append(os.fsencode(os.path.relpath(file, folder)))
            parts.append(file_state(file).encode())
    return digest(*parts)


def files_below(folder: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Every file below a folder, in any order; ``__pycache__`` is left out, links are followed but never in a circle.

    :param folder: where to begin; a folder that is absent holds none.
    :param above: the real paths of the linked folders that led here.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        way = (*above, os.path.realpath(entry.path)) if entry.is_symlink() else above
        if way is not above and way[-1] in above:
            continue
        if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
            yield from files_below(entry.path, way)
        else:
            yield entry.path
