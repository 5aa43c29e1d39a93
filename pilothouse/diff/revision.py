"""Revision: what git has of a folder at some revision, and which revision a change is set against."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

TARGETS = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "CHANGE_TARGET",
)
"""Variables in which a forge says the branch that a change is to go into: GitHub, GitLab, Bitbucket, Buildkite, Azure
Pipelines, Jenkins. Source: each one's documentation of predefined variables."""
BASE = "CI_MERGE_REQUEST_DIFF_BASE_SHA"
"""The variable in which GitLab says the merge base itself."""
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


class RevisionError(ValueError):
    """git does not have what was asked for."""


def files(root: str, revision: str, folder: str) -> dict[str, bytes]:
    """Every file that a folder holds at a revision.

    :param root: a folder of the repository's working tree; ``folder`` is relative to it.
    :param revision: a commit, as git names them.
    :param folder: the folder.
    :returns: path, relative to ``root``, to content.
    :raises RevisionError: there is no git, no such revision, or no such folder at it.
    """
    commit = resolve(root, revision)
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", f"{folder}/")
    names: dict[str, bytes] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, path = line.partition(b"\t")
        mode, kind, name = head.split()
        if kind == b"blob" and mode != b"120000":
            names[os.fsdecode(path)] = name
    if not names:
        raise RevisionError(f"{revision} has no {folder}/")
    contents = _contents(root, list(dict.fromkeys(names.values())))
    return {path: contents[name] for path, name in names.items()}


def resolve(root: str, revision: str) -> str:
    """The commit that a revision names.

    :raises RevisionError: there is none.
    """
    try:
        return (
            _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except RevisionError as error:
        if error.args:
            raise
        raise RevisionError(f"{revision}: no folder, and no revision that git knows{_shallow(root)}") from None


def merge_base(root: str, environment: Mapping[str, str]) -> str | None:
    """Where a change left the branch that it is to go into.

    :param root: a folder of the repository's working tree.
    :param environment: the variables, among which a forge's own are looked for.
    :returns: the commit; None where no forge says that there is a change to judge.
    :raises RevisionError: git cannot tell.
    """
    if environment.get(BASE):
        return resolve(root, environment[BASE])
    target = next((environment[name] for name in TARGETS if environment.get(name)), "").removeprefix("refs/heads/")
    if not target:
        return None
    for branch in (f"origin/{target}", target):
        try:
            return _git(root, "merge-base", branch, "HEAD").decode().strip()
        except RevisionError as error:
            if error.args:
                raise
    raise RevisionError(
        f"git does not know where this change left {target}{_shallow(root) or f': fetch origin {target}'}"
    )


def _shallow(root: str) -> str:
    """What to do where a clone holds too little; empty where it holds all."""
    try:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except RevisionError:
        return ""
    return "; this clone is shallow: run git fetch --unshallow, or clone with a depth of 0" if shallow else ""


def _contents(root: str, names: list[bytes]) -> dict[bytes, bytes]:
    answer = _git(root, "cat-file", "--batch", given=b"\n".join(names) + b"\n")
    found: dict[bytes, bytes] = {}
    at = 0
    for name in names:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[-1])
        found[name] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def _git(folder: str, *words: str, given: bytes | None = None) -> bytes:
    """What git answers. Raises RevisionError: with words where it is not there, without where it says no."""
    variables = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    command = ["git", "-C", folder, *words]
    try:
        done = subprocess.run(
            command,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            env=variables,
            check=False,
        )
    except OSError as error:
        raise RevisionError(f"git cannot be run: {error.strerror}; name two folders instead") from error
    if done.returncode:
        if b"not a git repository" in done.stderr:
            raise RevisionError(f"{folder} is in no git repository: name two folders instead")
        raise RevisionError
    return done.stdout
