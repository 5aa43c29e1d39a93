"""Kept: results of earlier runs, used again only where everything that made them is as it was.

They lie in ``.pilothouse/`` of the repository, readable by their owner alone, and hold no secret: a build that met
one keeps nothing. Whoever removes the folder loses time, nothing else.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Mapping

from pilothouse.inputs import all_of, digest, file_state, files_below, folder_state, tree_digest

FOLDER = ".pilothouse"
"""The folder, in the repository's root."""
_SUM = 32
_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def engine_state(root: str, *flags: str) -> str:
    """A digest of everything besides sources and inputs that decides what a build gives.

    Python and where it looks for modules, the installed packages, Pilothouse with its schemas, the kit, the lock,
    what the repository teaches about kinds, and which modules of its own could stand before an installed one.

    :param root: the repository's root, absolute: what is kept of one place says nothing of another.
    :param flags: the options of the command that decide it as well.
    """
    constructs = os.path.join(root, "constructs")
    return digest(
        os.fsencode(root),
        sys.version.encode(),
        sys.platform.encode(),
        *(os.fsencode(path) for path in sys.path),
        *(folder_state(path).encode() for path in sys.path if path.endswith("-packages")),
        b"flags",
        *(flag.encode() for flag in flags),
        b"contents",
        tree_digest(_PACKAGE).encode(),
        tree_digest(kit_folder(root)).encode(),
        file_state(os.path.join(root, "requirements.lock")).encode(),
        tree_digest(os.path.join(root, "schemas"), (".json",)).encode(),
        b"modules",
        *sorted(os.fsencode(file) for file in files_below(constructs) if file.endswith(".py")),
    )


def kit_folder(root: str) -> str:
    """Where the kit stands that charts of this repository import: its own, or the first one that Python would find."""
    for path in (os.path.join(root, "constructs"), *sys.path):
        folder = os.path.join(path, "pilothouse_kit")
        if os.path.isdir(folder):
            return folder
    return os.path.join(os.path.dirname(_PACKAGE), "pilothouse_kit")


def open_folder(root: str, *names: str) -> str:
    """A folder below ``.pilothouse/``, made where it is missing, readable by its owner alone and unseen by git.

    :raises OSError: it cannot be made.
    """
    folder = os.path.join(root, FOLDER)
    for name in ("", *names):
        folder = os.path.join(folder, name) if name else folder
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            mode = os.stat(folder).st_mode
            if stat.S_ISDIR(mode) and mode & 0o077:
                os.chmod(folder, 0o700)
    ignore = os.path.join(root, FOLDER, ".gitignore")
    if not os.path.lexists(ignore):
        _replace(ignore, b"*\n")
    return folder


def write(path: str, content: bytes) -> None:
    """Write a kept file in one step, readable by its owner alone: whoever reads it finds all of it, or none.

    A full or read-only disk costs the next run its time, and nothing else: the file is not written then.
    """
    _replace(path, digest(content).encode() + content)


def _replace(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError:
        remove(temporary)


def replace_all(root: str, files: Mapping[str, bytes]) -> None:
    """Write plain files that other programs read, below ``.pilothouse/``; a disk that refuses costs nothing else.

    :param root: the repository's root.
    :param files: path under the repository, beginning with ``.pilothouse/``, and content.
    """
    for path, content in files.items():
        _, *folders, _ = path.split("/")
        with contextlib.suppress(OSError):
            open_folder(root, *folders)
            _replace(os.path.join(root, path), content)


def read(path: str) -> bytes | None:
    """What :func:`write` wrote; None where there is nothing, or something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        content = all_of(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(descriptor)
    body = content[_SUM:]
    return body if content[:_SUM] == digest(body).encode() else None


def remove(path: str) -> None:
    """Keep a file no longer."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def prune(folder: str, names: frozenset[str], ending: str) -> None:
    """Remove what a kept folder holds besides some files: what nothing wants any more, and what killed runs left.

    :param folder: its path.
    :param names: the files that stay, without their ending.
    :param ending: such as ``.msgpack``.
    """
    try:
        found = os.listdir(folder)
    except OSError:
        return
    for name in found:
        if not (name.endswith(ending) and name.removesuffix(ending) in names):
            remove(os.path.join(folder, name))
