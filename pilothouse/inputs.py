"""Inputs: what a build read from the machine, and whether it would read the same today.

Kept beside each result, so that the result is used again only where nothing that could change it has changed. It
imports almost nothing: a run that has nothing to do spends its time here.
"""

from __future__ import annotations

import os
import stat
from _blake2 import blake2b  # hashlib looks for OpenSSL first, which costs more than the digests
from collections.abc import Iterable, Mapping

ABSENT = "absent"


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
        with open(path, "rb", buffering=0) as file:
            return digest(file.read())
    except IsADirectoryError:
        return folder_state(path)
    except OSError:
        return ABSENT


def folder_state(path: str) -> str:
    """The names that a folder holds, in one word; ``absent`` where it is none."""
    try:
        return digest(*sorted(os.fsencode(name) for name in os.listdir(path) if name != "__pycache__"))
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


_STATES = {"file": file_state, "folder": folder_state, "kind": kind_state}


def current(kind: str, name: str) -> str:
    """The state of one input now.

    :param kind: ``file``, ``folder``, ``kind`` (is it there) or ``variable``.
    :param name: a path, or a variable's name.
    """
    if kind == "variable":
        return variable_state(os.environ.get(name))
    return _STATES[kind](name)


def unchanged(inputs: Mapping[str, str], seen: dict[str, str]) -> bool:
    """Whether every input is as it was.

    :param inputs: ``"<kind>:<name>"`` to the state it had.
    :param seen: states taken already in this run; those that are taken are added to it.
    """
    for key, state in inputs.items():
        if key not in seen:
            kind, _, name = key.partition(":")
            seen[key] = current(kind, name)
        if seen[key] != state:
            return False
    return True


def tree_digest(folder: str, suffixes: tuple[str, ...] = ()) -> str:
    """A digest over every file below a folder: names and contents, in order.

    :param folder: where to begin; a folder that is absent counts as an empty one.
    :param suffixes: only files that end so; all where it is empty.
    """
    parts: list[bytes] = []
    for file in sorted(_files_below(folder)):
        if not suffixes or file.endswith(suffixes):
            parts.append(os.fsencode(os.path.relpath(file, folder)))
            with open(file, "rb", buffering=0) as opened:
                parts.append(opened.read())
    return digest(*parts)


def _files_below(folder: str) -> Iterable[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files_below(entry.path)
        elif entry.is_file():
            yield entry.path
