"""From what stands there and what shall stand there: what is written, removed and kept, and what is in the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pilothouse.dist.entry import Entry, digest
from pilothouse.dist.error import DistError, Problem, problem_of
from pilothouse.dist.layout import Layout
from pilothouse.dist.marker import PREFIX, SUFFIX, file_is_ours
from pilothouse.dist.scan import Tree, obstacle, parent, scan


class Plan(NamedTuple):
    """What a commit of one environment will do. Paths are relative to the environment's folder."""

    target: str | None
    """The smallest file or folder that holds every difference (``""`` is the whole environment); None without any."""
    tree: Tree
    """What stands there now."""
    wanted: dict[str, Entry]
    written: list[str]
    """Files that come or change, sorted."""
    removed: list[str]
    """Pilothouse's files that nothing wants any more, sorted."""
    unchanged: int
    """How many files stay."""
    kept: set[str]
    """Folders that stand afterwards."""
    foreign: list[str]
    """Somebody else's files, which stay, sorted; a folder with nothing of Pilothouse's in it stands for all that is in
    it, with ``/`` at its end."""
    mended: list[str]
    """Generated files whose content was not what was last written, sorted."""


def make_plan(
    layout: Layout, environment: str, entries: Iterable[Entry], last_written: Mapping[str, bytes] | None
) -> Plan:
    """Compare what stands in an environment's folder with what shall stand there. Nothing is changed.

    :param layout: the output folder.
    :param environment: the environment's folder in it.
    :param entries: every file that shall stand there, each once.
    :param last_written: the digest of what the last run left at each path, None where that is not known.
    :raises DistError: everything that is in the way.
    """

    def name(path: str) -> str:
        return layout.shown(layout.live(environment, path))

    problems: list[Problem] = []
    wanted = _by_path(entries, name, problems)
    tree = _present(layout, environment, problems)
    if problems:
        raise DistError(problems)

    def ours(path: str) -> bool:
        try:
            return file_is_ours(layout.live(environment, path))
        except OSError as error:
            problems.append(problem_of(error, name(path)))
            return False

    def digest_of(path: str) -> bytes:
        try:
            with open(layout.live(environment, path), "rb") as file:
                return digest(file.read())
        except OSError as error:
            problems.append(problem_of(error, name(path)))
            return b""

    stale: list[str] = []
    foreign = list(tree.odd)
    mended: list[str] = []
    for path in tree.files.keys() - wanted.keys():
        if not ours(path):
            foreign.append(path)
            continue
        stale.append(path)
        if last_written and path in last_written and digest_of(path) != last_written[path]:
            mended.append(path)

    needed = _folders_above(wanted) if wanted else set()
    kept = needed | _folders_above(foreign) | _empty_folders(tree)
    in_the_way = set(foreign)

    def refuse(path: str, found: str) -> None:
        problems.append(
            Problem(name(path), found, "move it away or delete it: Pilothouse touches nothing it did not make")
        )

    for path in needed:
        if path in wanted:
            problems.append(Problem(name(path), "is wanted both as a file and as a folder", "rename one of the two"))
        elif path in in_the_way:
            refuse(path, f"{tree.odd.get(path, 'a file')} stands where a folder is needed")

    written: list[str] = []
    for path, entry in wanted.items():
        if path in tree.odd:
            refuse(path, f"{tree.odd[path]} stands where a file is needed")
        elif path in tree.folders:
            if path in kept:
                refuse(path, "a folder stands where a file is needed")
        elif path in tree.files:
            if entry.state == "new" and not ours(path):
                marker = f"{PREFIX.decode()}…{SUFFIX.decode()}"
                refuse(path, f"its first line is not '{marker}', so somebody else made it")
            if last_written and entry.found is not None and last_written.get(path, entry.found) != entry.found:
                mended.append(path)
        if entry.state != "same":
            written.append(path)
        elif path not in tree.files:
            found = "it has vanished since it was compared, or is spelled with other letters on the disk"
            problems.append(Problem(name(path), found, "delete what stands there and run again"))
    if problems:
        raise DistError(sorted(set(problems)))

    return Plan(
        target=_target(tree, kept, written, stale),
        tree=tree,
        wanted=wanted,
        written=sorted(written),
        removed=sorted(stale),
        unchanged=len(wanted) - len(written),
        kept=kept,
        foreign=_summary(foreign, needed | _folders_above(stale)),
        mended=sorted(mended),
    )


def _by_path(entries: Iterable[Entry], name: Callable[[str], str], problems: list[Problem]) -> dict[str, Entry]:
    wanted: dict[str, Entry] = {}
    by_folded: dict[str, str] = {}
    for entry in entries:
        folded = entry.path.casefold()
        other = by_folded.setdefault(folded, entry.path)
        if entry.path in wanted:
            problems.append(Problem(name(entry.path), "is made twice", "give one of the two objects another name"))
        elif other is not entry.path:
            found = f"differs from {name(other)} only by case, and some file systems take them for one"
            problems.append(Problem(name(entry.path), found, "give one of the two another name"))
        wanted[entry.path] = entry
    return wanted


def _present(layout: Layout, environment: str, problems: list[Problem]) -> Tree:
    """List what stands there; every folder on the way from the output folder has to be one, and no symlink."""
    nothing = Tree({}, {}, {})
    place = layout.live(environment)
    try:
        if barred := obstacle(layout.real, environment):
            fix = "move it away, or choose another folder with --out"
            problems.append(Problem(layout.shown(barred[0]), f"{barred[1]} stands where a folder is needed", fix))
            return nothing
        return scan(place) if os.path.lexists(place) else nothing
    except OSError as error:
        problems.append(problem_of(error, layout.shown(error.filename or place)))
        return nothing


def _folders_above(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the paths, directly or not, with the root."""
    folders: set[str] = set()
    for path in paths:
        folder = parent(path)
        while folder not in folders:
            folders.add(folder)
            folder = parent(folder)
    return folders


def _empty_folders(tree: Tree) -> set[str]:
    """Folders with nothing in them, which somebody else made, and those that hold them."""
    children = (*tree.files, *tree.odd, *(folder for folder in tree.folders if folder))
    holding = {parent(path) for path in children}
    empty = [folder for folder in tree.folders if folder not in holding]
    return _folders_above(empty) | set(empty)


def _target(tree: Tree, kept: set[str], written: list[str], stale: list[str]) -> str | None:
    """Find the smallest file or folder that holds every difference."""
    tops: dict[str, str | None] = {}

    def top(folder: str, standing: Callable[[str], bool]) -> str | None:
        """The outermost folder, from this one upwards, that comes or goes as a whole; None if this one does not."""
        if standing(folder):
            return None
        above = top(parent(folder), standing) if folder else None
        return folder if above is None else above

    points: set[str] = set()
    for paths, standing in ((written, tree.folders.__contains__), (stale, kept.__contains__)):
        tops.clear()
        for path in paths:
            folder = parent(path)
            if folder not in tops:
                tops[folder] = top(folder, standing)
            whole = tops[folder]
            points.add(path if whole is None else whole)
    if len(points) <= 1:
        return points.pop() if points else None
    # A difference at the root is the root itself; the others meet in the folder that holds them all.
    return "" if "" in points else _common([parent(point).split("/") for point in points])


def _common(folders: list[list[str]]) -> str:
    """The innermost folder that holds all of these."""
    first, last = min(folders), max(folders)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "/".join(first[:shared])


def _summary(foreign: list[str], touched: set[str]) -> list[str]:
    """Put a folder in the place of everything in it where nothing in it is Pilothouse's."""
    shown: set[str] = set()
    for path in foreign:
        top, folder = path, parent(path)
        while folder and folder not in touched:
            top, folder = f"{folder}/", parent(folder)
        shown.add(top)
    return sorted(shown)
