"""Worktree: what git has of a revision, laid out in a temporary folder for as long as somebody needs it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from pilothouse import git
from pilothouse.diff.revision import RevisionError, resolve

_PATIENCE = 600
"""Seconds that a large repository may take to be laid out."""
_ALONE = ("-c", "core.hooksPath=/dev/null", "-c", "submodule.recurse=false")
"""Nothing of the repository's own runs, and nothing is fetched."""


@contextlib.contextmanager
def checked_out(root: str, name: str) -> Iterator[str]:
    """The files of a revision. They are gone with the ``with`` block, however it ends.

    :param root: a folder of the repository's working tree.
    :param name: the revision.
    :returns: the folder that is there what ``root`` is here.
    :raises RevisionError: git does not have it, or cannot lay it out.
    """
    commit = resolve(root, name)
    inside = git.ask(root, "rev-parse", "--show-prefix").decode().strip()
    above = os.path.realpath(tempfile.mkdtemp(prefix="pilothouse-"))
    tree = os.path.join(above, "tree")
    try:
        try:
            git.ask(root, *_ALONE, "worktree", "add", "--quiet", "--detach", tree, commit, patience=_PATIENCE)
        except git.GitError as error:
            raise RevisionError(f"{name}: git cannot lay it out: {error}") from error
        yield os.path.join(tree, inside) if inside else tree
    finally:
        # Not "prune": that would forget other worktrees too, which are only out of reach now.
        with contextlib.suppress(git.GitError):
            git.ask(root, "worktree", "remove", "--force", "--force", tree, patience=_PATIENCE)
        shutil.rmtree(above, ignore_errors=True)
