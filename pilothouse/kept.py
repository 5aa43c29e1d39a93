"""Kept: results of earlier runs, used again only where everything that made them is as it was.

They lie in ``.pilothouse/`` of the repository, readable by their owner alone, and hold no secret: a build that met
one keeps nothing.
"""

from __future__ import annotations

import os
import sys

from pilothouse.inputs import digest, file_state, folder_state, tree_digest

FOLDER = ".pilothouse"
"""The folder, in the repository's root. Whoever removes it loses time, nothing else."""
FORMAT = b"1"
"""Raised when what is kept changes its shape."""


def engine_state(root: str) -> str:
    """A digest of everything besides sources and inputs that decides what a build gives.

    Python, the installed packages, Pilothouse with its schemas, the kit, the lock, and what the repository teaches
    about kinds.

    :param root: the repository's root.
    """
    package = os.path.dirname(__file__)
    return digest(
        FORMAT,
        root.encode("utf-8", "surrogateescape"),
        sys.version.encode(),
        sys.platform.encode(),
        folder_state(site_folder()).encode(),
        tree_digest(package).encode(),
        tree_digest(kit_folder(root)).encode(),
        file_state(os.path.join(root, "requirements.lock")).encode(),
        tree_digest(os.path.join(root, "schemas"), (".json",)).encode(),
    )


def kit_folder(root: str) -> str:
    """Where the kit stands that charts of this repository import: its own, or the one installed beside the engine."""
    own = os.path.join(root, "constructs", "pilothouse_kit")
    if os.path.isdir(own):
        return own
    return os.path.join(os.path.dirname(os.path.dirname(__file__)), "pilothouse_kit")


def site_folder() -> str:
    """The folder of the installed packages: its names hold their versions."""
    for path in sys.path:
        if path.endswith("site-packages"):
            return path
    return os.path.dirname(os.__file__)


def open_folder(root: str, *names: str) -> str:
    """A folder below ``.pilothouse/``, made where it is missing, readable by its owner alone and unseen by git."""
    base = os.path.join(root, FOLDER)
    if not os.path.isdir(base):
        os.makedirs(base, mode=0o700, exist_ok=True)
        write(os.path.join(base, ".gitignore"), b"*\n")
    folder = os.path.join(base, *names)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def write(path: str, content: bytes) -> None:
    """Write a kept file in one step, readable by its owner alone: whoever reads it finds all of it, or none.

    A full or read-only disk costs the next run its time, and nothing else: the file is not written then.
    """
    temporary = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except OSError:
        import contextlib

        with contextlib.suppress(OSError):
            os.unlink(temporary)


def read(path: str) -> bytes | None:
    """A kept file's bytes; None where there is none to read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return None
