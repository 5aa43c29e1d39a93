"""A repository that git keeps."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.synth.synth_repository import Repository


def committed(root: Path) -> Repository:
    """A new repository, synthesized and committed to ``main``."""
    made = Repository(root)
    made.good()
    git(made, "init", "--quiet", "--initial-branch=main")
    commit(made, "first")
    return made


def git(repository: Repository, *words: str) -> str:
    """What git answers there."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=repository.root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(repository: Repository, message: str) -> str:
    """Commit everything; the commit."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)
    return git(repository, "rev-parse", "HEAD")
