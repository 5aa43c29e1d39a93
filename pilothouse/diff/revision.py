"""Revision: what git has of a folder at some revision, and which revision a change is set against."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from pilothouse import git

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
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", f"{folder}/") or b""
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
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise RevisionError(f"{revision}: no folder, and no revision that git knows{_shallow(root)}")
    return found.decode().strip()


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
        found = _git(root, "merge-base", branch, "HEAD")
        if found is not None:
            return found.decode().strip()
    raise RevisionError(
        f"git does not know where this change left {target}{_shallow(root) or f': fetch origin {target}'}"
    )


def subjects(root: str, base: str, head: str, folders: Sequence[str]) -> list[tuple[str, str]]:
    """The commits from one revision to another that touch some folders, the latest first; merges do not count.

    :param root: a folder of the repository's working tree; ``folders`` are relative to it.
    :returns: each one's short name, and the first line of its message.
    :raises RevisionError: git does not have one of them.
    """
    reach = f"{resolve(root, base)}..{resolve(root, head)}"
    told = _git(root, "log", "--no-merges", "--no-show-signature", "--format=%h%x09%s", reach, "--", *folders) or b""
    lines = (line.partition("\t") for line in told.decode("utf-8", "replace").splitlines())
    return [(name, subject) for name, _, subject in lines]


def _shallow(root: str) -> str:
    """What to do where a clone holds too little; empty where it holds all."""
    shallow = (_git(root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
    return "; this clone is shallow: run git fetch --unshallow, or clone with a depth of 0" if shallow else ""


def _contents(root: str, names: list[bytes]) -> dict[bytes, bytes]:
    answer = _git(root, "cat-file", "--batch", given=b"\n".join(names) + b"\n")
    if answer is None:
        raise RevisionError("git cannot read what it lists: run git fsck")
    found: dict[bytes, bytes] = {}
    at = 0
    for name in names:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[-1])
        found[name] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def _git(root: str, *words: str, given: bytes = b"") -> bytes | None:
    """What git answers; None where it says no.

    :raises RevisionError: nobody can be asked.
    """
    try:
        return git.ask(root, *words, given=given)
    except git.NoGitError as error:
        raise RevisionError(f"git cannot be run: {error}; name two folders instead") from error
    except git.GitError as error:
        if "not a git repository" in str(error):
            raise RevisionError(f"{root} is in no git repository: name two folders instead") from error
        return None
