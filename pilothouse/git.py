"""Git: what it answers of a folder."""

from __future__ import annotations

import os

_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What a hook finds set, and what would lead elsewhere than to the folder."""
_PATIENCE = 60
"""Seconds."""


class GitError(Exception):
    """There is no answer."""


class NoGitError(GitError):
    """There is no git, or none that ends; the message says why."""


def ask(folder: str, *words: str, given: bytes = b"", patience: float = _PATIENCE) -> bytes:
    """What a command of git prints.

    :param folder: where it is run.
    :param words: the command and its arguments.
    :param given: its standard input.
    :param patience: seconds that it may take.
    :raises NoGitError: it cannot be run.
    :raises GitError: it fails; with its own words.
    """
    import subprocess  # hardly any run needs it

    variables = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    variables |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, env=variables, input=given, capture_output=True, timeout=patience, check=False
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError) and os.path.isdir(folder)
        raise NoGitError("there is none on PATH" if missing else error.strerror or str(error)) from error
    except subprocess.SubprocessError as error:
        raise NoGitError(str(error)) from error
    if done.returncode:
        raise GitError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout
