"""Reads: every file, folder and variable that a chart looks at is noted, so that a change of it builds anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from pilothouse import watch

_busy = False


def opened(path: Any) -> None:
    """Note a file that is opened for reading."""
    if _worth_noting(path) and not watch.is_ours(watch.caller(3)):
        _note("file", path)


def listed(path: Any) -> None:
    """Note a folder whose names are read; None is the working folder."""
    path = "." if path is None else path
    if _worth_noting(path) and not watch.is_ours(watch.caller(3)):
        _note("folder", path)


def whole(path: str) -> None:
    """Note a file, or a folder with everything below it, that somebody else will read: Node, or another program.

    :param path: absolute, or relative to the working folder; it need not be there.
    """
    if watch.current is None:
        return
    _note("kind", path)
    if not os.path.isdir(path):
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        _note("folder", folder)
        for name in sorted(files):
            _note("file", os.path.join(folder, name))


def _worth_noting(path: Any) -> bool:
    return watch.current is not None and not _busy and isinstance(path, (str, bytes, os.PathLike))


def _note(kind: str, path: Any) -> None:
    """Note a path of any sort. Whatever is read meanwhile is read by the note itself."""
    global _busy
    name = os.path.abspath(os.fsdecode(path))
    if watch.current is not None and not name.endswith(".pyc"):
        _busy = True
        try:
            watch.current.read(kind, name)
        finally:
            _busy = False


def start() -> None:
    """Note from now on what Python's audit events do not tell: who asks whether a file is there, and variables."""
    for name in ("stat", "lstat", "access", "readlink"):
        setattr(os, name, _noting(getattr(os, name)))
    for name in ("environ", "environb"):
        setattr(os, name, _WatchedEnviron(getattr(os, name)))


def _noting(real: Callable[..., Any]) -> Callable[..., Any]:
    def noting(path: Any, *arguments: Any, **options: Any) -> Any:
        if _worth_noting(path) and not watch.is_ours(watch.caller()):
            _note("kind", path)
        return real(path, *arguments, **options)

    return noting


class _WatchedEnviron(os._Environ):  # type: ignore[type-arg]
    """``os.environ``, noting which variables the charts read."""

    def __init__(self, real: Any) -> None:
        self.__dict__.update(real.__dict__)

    def __getitem__(self, key: Any) -> Any:
        self._note("variable", key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        self._note("variables", "")
        return iter(list(super().__iter__()))

    def __len__(self) -> int:
        self._note("variables", "")
        return super().__len__()

    def _note(self, kind: str, key: Any) -> None:
        if watch.current is None or _busy or not isinstance(key, (str, bytes)):
            return
        if not watch.is_ours(watch.caller(2)):
            watch.current.read(kind, os.fsdecode(key))
