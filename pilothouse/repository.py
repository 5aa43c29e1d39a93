"""Repository: where the charts and environments of one stack are. It imports almost nothing."""

from __future__ import annotations

import os


class NoRepositoryError(Exception):
    """There is no Pilothouse repository where one was looked for."""


def find_root(start: str) -> str:
    """The nearest folder, upwards from ``start``, that has ``environments/``.

    :param start: a folder; relative to the working folder.
    :returns: its absolute path, without links.
    :raises NoRepositoryError: where no folder up to the root of the file system has one.
    """
    folder = os.path.realpath(start)
    if not os.path.isdir(folder):
        raise NoRepositoryError(f"{start}: no such folder")
    at = folder
    while True:
        if os.path.isdir(os.path.join(at, "environments")):
            return at
        above = os.path.dirname(at)
        if above == at:
            raise NoRepositoryError(
                f"{start}: neither this folder nor one above it has environments/: "
                "go into a Pilothouse repository, or name one with -C"
            )
        at = above
