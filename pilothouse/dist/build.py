"""Make the next content of one file or folder complete, beside the present one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from pilothouse.dist.carry import carry
from pilothouse.dist.error import DistError, Problem
from pilothouse.dist.layout import Layout
from pilothouse.dist.plan import Plan
from pilothouse.dist.remove import remove_tree
from pilothouse.dist.scan import inode, scan
from pilothouse.dist.switch import Switch


def build(layout: Layout, environment: str, plan: Plan) -> Switch:
    """Fill the stage with what stays: hard links of the files that do not change and of somebody else's.

    :param layout: the output folder.
    :param environment: the environment's folder in it.
    :param plan: what shall change; it has a target.
    :returns: the switch that brings it about.
    :raises DistError: a folder cannot be moved, or a staged file is missing.
    :raises OSError: something cannot be read or written.
    """
    target = plan.target or ""
    live, staged = layout.live(environment, target), layout.stage(environment, target)
    old = inode(live)
    folders = _folders(layout, environment, plan, target) if target in plan.tree.folders else {}
    if target in plan.wanted:
        _require(layout, environment, [] if os.path.lexists(staged) else [target])
        return Switch(environment, target, old, inode(staged), files=target in plan.tree.files)
    if target not in plan.kept:
        return Switch(environment, target, old, None)
    _fill(layout, environment, plan, target, folders)
    return Switch(environment, target, old, inode(staged))


def _folders(layout: Layout, environment: str, plan: Plan, target: str) -> dict[str, os.stat_result]:
    """Look at every folder that is exchanged: it must be possible to empty it afterwards."""
    problems: list[Problem] = []
    found: dict[str, os.stat_result] = {}
    device = os.lstat(layout.real).st_dev
    for folder in _below(plan.tree.folders, target):
        path = layout.live(environment, folder)
        info = found[folder] = os.lstat(path)
        if info.st_dev != device:
            problems.append(Problem(layout.shown(path), "another file system is mounted there", "unmount it"))
        elif not os.access(path, os.W_OK | os.X_OK):
            problems.append(Problem(layout.shown(path), "this user may not write in it", "change its permissions"))
    if problems:
        raise DistError(problems)
    return found


def _fill(layout: Layout, environment: str, plan: Plan, target: str, folders: dict[str, os.stat_result]) -> None:
    live, staged = layout.live(environment), layout.stage(environment)
    root, prefix = layout.stage(environment, target), f"{target}/" if target else ""
    os.makedirs(root, exist_ok=True)
    present = scan(root)
    expected = set(_below(plan.written, target))
    made = {prefix + path for path in present.files}
    _require(layout, environment, sorted(expected - made))
    # A worker may have put what another run of its chart no longer wants.
    for path in sorted(made - expected):
        os.unlink(f"{staged}/{path}")
    for path in present.odd:
        os.unlink(f"{root}/{path}")
    made_folders = {(prefix + path).rstrip("/") for path in present.folders}
    for path in sorted(made_folders - plan.kept):
        remove_tree(f"{staged}/{path}")
    for path in sorted(_below(plan.kept, target)):
        if path not in made_folders:
            os.mkdir(f"{staged}/{path}")
    for path in _below(plan.tree.odd, target):
        carry(f"{live}/{path}", f"{staged}/{path}")
    gone = {*plan.removed, *plan.written}
    for path in _below(plan.tree.files, target):
        if path not in gone:
            carry(f"{live}/{path}", f"{staged}/{path}")
    for path in sorted(folders.keys() & plan.kept, reverse=True):
        _dress(f"{staged}/{path}" if path else staged, folders[path])


def _dress(folder: str, like: os.stat_result) -> None:
    """Give a folder the permissions and owner of the one whose place it takes."""
    info = os.lstat(folder)
    if (info.st_uid, info.st_gid) != (like.st_uid, like.st_gid):
        with suppress(PermissionError):
            os.chown(folder, like.st_uid, like.st_gid, follow_symlinks=False)
    if stat.S_IMODE(info.st_mode) != stat.S_IMODE(like.st_mode):
        os.chmod(folder, stat.S_IMODE(like.st_mode))


def _require(layout: Layout, environment: str, missing: list[str]) -> None:
    if missing:
        found = "was compared, but never reached the stage"
        fix = "run again; if it stays so, report it as a defect of Pilothouse"
        raise DistError([Problem(layout.shown(layout.live(environment, path)), found, fix) for path in missing])


def _below(paths: Iterable[str], target: str) -> list[str]:
    """Those of the paths that are the target, or below it."""
    prefix = f"{target}/" if target else ""
    return [path for path in paths if path == target or path.startswith(prefix)]
