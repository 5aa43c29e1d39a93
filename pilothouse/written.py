"""Written: what the last run left in the output folder, so that a file that was edited since can be told.

A run notes what it is about to write before it switches the folder, and again when that is done. Where it is killed
between the two, what stands there may be the old content or the new one, and neither counts as an edit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import msgspec

from pilothouse import fresh, git, kept

Digests = dict[str, bytes]
"""A file's path below its environment's folder -> the digest of its content: :func:`pilothouse.dist.entry.digest`."""


def last(root: str, out: str, environment: str) -> Digests:
    """What the last run left; a path that is not in it stands for a file of which nothing is known.

    :param root: the repository's root.
    :param out: the output folder.
    :param environment: the environment's name.
    """
    before, planned = (_read(_path(root, out, environment, ending)) for ending in ("", ".next"))
    if planned is None:
        return before or {}
    return {path: digest for path, digest in (before or {}).items() if planned.get(path, digest) == digest}


def plan(root: str, out: str, environment: str, digests: Mapping[str, bytes]) -> None:
    """Note what a run is about to write."""
    _write(root, out, environment, ".next", digests)


def done(root: str, out: str, environment: str, digests: Mapping[str, bytes]) -> None:
    """Note what a run has written."""
    _write(root, out, environment, "", digests)
    kept.remove(_path(root, out, environment, ".next"))


def committed(out: str, environment: str, paths: Iterable[str]) -> set[str]:
    """Those of the files that stand as git's HEAD has them: nobody edited them, they came with a pull or a checkout.

    :param out: the output folder.
    :param environment: the environment's folder in it.
    :param paths: files in that folder, relative to it.
    """
    folder = os.path.join(out, environment)
    tracked = _git(folder, "ls-files", "-z", "--", ".")
    changed = _git(folder, "diff", "--name-only", "--no-ext-diff", "--relative", "-z", "HEAD", "--", ".")
    return set() if tracked is None or changed is None else (tracked - changed).intersection(paths)


def _git(folder: str, *words: str) -> set[str] | None:
    """The paths that git names; None where it has no answer."""
    try:
        answer = git.ask(folder, *words)
    except git.GitError:
        return None
    return {os.fsdecode(path) for path in answer.split(b"\0") if path}


def _path(root: str, out: str, environment: str, ending: str) -> str:
    return os.path.join(root, kept.FOLDER, "written", f"{fresh.run_name(out, [environment])}{ending}")


def _read(path: str) -> Digests | None:
    content = kept.read(path)
    if content is None:
        return None
    try:
        return msgspec.msgpack.decode(content, type=Digests)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _write(root: str, out: str, environment: str, ending: str, digests: Mapping[str, bytes]) -> None:
    try:
        kept.open_folder(root, "written")
    except OSError:
        return
    kept.write(_path(root, out, environment, ending), msgspec.msgpack.encode(digests))
