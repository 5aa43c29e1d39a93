"""What a run leaves behind that is ended, refused or interrupted at any step.

``kill -9`` is a real signal, sent by the process to itself before each call that changes something on the disk, and in
the middle of each write.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dist_trees import (
    SYSTEMS,
    Disturbance,
    Link,
    Node,
    as_plain_user,
    everything,
    facts,
    flat,
    harvest,
    in_child,
    ours,
    plant,
    wanted_tree,
    write,
)

from pilothouse.dist import rename
from pilothouse.dist.error import DistError
from pilothouse.dist.journal import recover
from pilothouse.dist.layout import STATE
from pilothouse.dist.lock import lock
from pilothouse.dist.stage import Stage

# Five environments, so that each kind of switch is among them: many differences in a folder with somebody else's files,
# one difference, a new folder, one that goes, and one where nothing differs.
OLD: dict[str, Any] = {
    "dev": {
        "kustomization.yaml": ours("1"),
        "web": {"a.yaml": ours("1"), "b.yaml": ours("1"), "README.md": b"theirs"},
        "gone": {"c.yaml": ours("1")},
        "tool": {"notes": b"theirs", "link": Link("../../..")},
    },
    "prod": {"web": {"a.yaml": ours("1"), "b.yaml": ours("1")}},
    "past": {"a.yaml": ours("1")},
    "same": {"a.yaml": ours("1")},
}
FILES = {
    "dev": {"kustomization.yaml": ours("2"), "web/a.yaml": ours("1"), "web/b.yaml": ours("2"), "new/d.yaml": ours("2")},
    "prod": {"web/a.yaml": ours("2"), "web/b.yaml": ours("1")},
    "_nodes/dev": {"a.yaml": ours("2")},
    "past": {},
    "same": {"a.yaml": ours("1")},
}
NEW: dict[str, Any] = {
    "dev": {
        "kustomization.yaml": ours("2"),
        "web": {"a.yaml": ours("1"), "b.yaml": ours("2"), "README.md": b"theirs"},
        "new": {"d.yaml": ours("2")},
        "tool": {"notes": b"theirs", "link": Link("../../..")},
    },
    "prod": {"web": {"a.yaml": ours("2"), "b.yaml": ours("1")}},
    "_nodes": {"dev": {"a.yaml": ours("2")}},
    "same": {"a.yaml": ours("1")},
}
STAYING = ["dev/web/a.yaml", "dev/web/README.md", "dev/tool/notes", "prod/web/b.yaml", "same/a.yaml"]

systems = pytest.mark.parametrize("system", SYSTEMS)


@pytest.fixture
def out() -> Iterator[str]:
    rename._system_call()  # loading the library is no step of a run
    # In memory, where there is such a file system: thousands of small trees are made.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as root:
        yield f"{root}/dist"


def start_anew(out: str) -> dict[str, tuple[int, int]]:
    shutil.rmtree(out, ignore_errors=True)
    plant(out, OLD)
    before = facts(out)
    return {path: before[path] for path in STAYING}


def tree_of(out: str) -> Node | None:
    """What a reader sees: everything but the folder for what is under way, and a folder about to be filled."""
    tree = harvest(out)
    assert isinstance(tree, dict)
    tree.pop(STATE, None)
    if tree.get("_nodes") == {}:
        del tree["_nodes"]
    return tree


def disturbed(out: str, system: str, disturbance: Disturbance) -> None:
    with SYSTEMS[system](), disturbance.active():
        write(out, FILES)


def killed_at_every_step(out: str, system: str) -> Iterator[dict[str, tuple[int, int]]]:
    step = 0
    while True:
        step += 1
        before = start_anew(out)
        killed, _ = in_child(partial(disturbed, out, system, Disturbance(step, "kill")))
        if not killed:
            assert step > 30
            return
        yield before


@systems
def test_a_run_killed_anywhere_leaves_the_old_tree_or_the_new(out: str, system: str) -> None:
    seen = set()
    for before in killed_at_every_step(out, system):
        tree = tree_of(out)
        assert isinstance(tree, dict)
        for environment in ("dev", "prod", "past", "same", "_nodes"):
            # Only the first takes two steps, on a system without the exchange: then it may be away for a moment.
            away = [None] if environment == "dev" and system != "as it is" else []
            assert tree.get(environment) in (OLD.get(environment), NEW.get(environment), *away)

        with lock(out):  # the next run
            tree = harvest(out)
            assert isinstance(tree, dict)
            assert sorted(tree.pop(STATE)) == [".gitignore", "lock"]
            assert tree in (OLD, NEW)
            seen.add(tree == NEW)
        assert harvest(out) == tree
        if system != "without links":
            assert {path: facts(out)[path] for path in STAYING} == before

        write(out, FILES)
        assert harvest(out) == NEW
    assert seen == {True, False}


@pytest.mark.parametrize("system", ["as it is", "without exchange"])
def test_a_run_that_finishes_another_may_be_killed_as_well(out: str, system: str) -> None:
    for _ in killed_at_every_step(out, system):
        if not os.path.exists(f"{out}/{STATE}/journal"):
            continue
        step = 0
        while True:
            step += 1

            def again(step: int = step) -> None:
                with SYSTEMS[system](), Disturbance(step, "kill").active():
                    recover(out)

            killed, _ = in_child(again)
            if not killed:
                break
        with lock(out):
            pass
        assert harvest(out) in (OLD, NEW)


REFUSALS: list[BaseException] = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EACCES, "Permission denied"),
    KeyboardInterrupt(),
]


@systems
@pytest.mark.parametrize("refusal", REFUSALS, ids=repr)
def test_a_run_that_is_refused_or_interrupted_anywhere_leaves_the_old_tree_or_the_new(
    out: str, system: str, refusal: BaseException
) -> None:
    step = 0
    outcomes = set()
    while True:
        step += 1
        start_anew(out)
        disturbance = Disturbance(step, refusal)
        try:
            disturbed(out, system, disturbance)
            outcome = "done"
        except DistError as error:
            assert isinstance(refusal, OSError)
            assert error.problems
            outcome = "refused"
        except KeyboardInterrupt:
            assert refusal is not None
            outcome = "interrupted"
        if disturbance.steps < step:
            break
        outcomes.add(outcome)
        tree = tree_of(out)
        if outcome == "refused":
            assert tree == OLD
        elif outcome == "done":
            assert tree == NEW
        with lock(out):
            pass
        assert harvest(out) in (OLD, NEW)
        if outcome == "refused":
            assert harvest(out) == OLD
    assert outcomes == ({"interrupted"} if isinstance(refusal, KeyboardInterrupt) else {"done", "refused"})


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """A real refusal by the system: a limit on the size of a file stands for the full disk."""
    out = f"{tmp_path}/dist"
    write(out, {"dev": {"a.yaml": ours("1")}})
    before = everything(out)

    def run() -> list[Any]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            write(out, {"dev": {"a.yaml": ours("2"), "big.yaml": ours("x" * 200_000)}})
        except DistError as error:
            return [tuple(problem) for problem in error.problems]
        return []

    problems = in_child(run)[1]
    assert [problem[:2] for problem in problems] == [
        (f"{out}/dev/big.yaml", "a file is larger than this user may write")
    ]
    after = everything(out)
    assert after.keys() == before.keys()
    assert {path: after[path] for path in after if path != "."} == {p: before[p] for p in before if p != "."}


@pytest.fixture
def plain() -> Iterator[str]:
    """A folder that the plain user may write in, whoever runs the tests."""
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        if os.geteuid() == 0:
            os.chown(root, 65534, 65534)
        yield root


def told(out: str, files: dict[str, dict[str, bytes]]) -> Any:
    def run() -> list[tuple[str, str]]:
        try:
            write(out, files)
        except DistError as error:
            return [(problem.path, problem.found) for problem in error.problems]
        return []

    return as_plain_user(run)


def test_a_read_only_folder_is_named(plain: str) -> None:
    out = f"{plain}/dist"
    files = {f"{folder}/{name}": ours("1") for folder in "xy" for name in "ab"}
    assert told(out, {"dev": files}) == []
    for folder, changed in ((f"{out}/dev/x", dict.fromkeys(files, ours("2"))), (out, {})):
        before = everything(out)
        mode = os.stat(folder).st_mode
        os.chmod(folder, 0o555)
        expected = folder if folder != out else f"{out}/{STATE}"
        assert [path for path, found in told(out, {"dev": changed})] == [expected]
        os.chmod(folder, mode)
        assert harvest(f"{out}/dev") == wanted_tree(files)
        assert (
            {p: i[:6] for p, i in everything(out).items() if p != "."}
            == {  # type: ignore[index]
                p: i[:6]
                for p, i in before.items()
                if p != "."  # type: ignore[index]
            }
        )
    assert told(f"{plain}/dist/dev/x/a/b", {"dev": files}) == [
        (f"{plain}/dist/dev/x/a/b/{STATE}", "a file stands where a folder is needed")
    ]
    assert os.listdir(out) == ["dev"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
def test_another_users_files_are_carried_over_or_named(plain: str) -> None:
    out = f"{plain}/dist"
    assert told(out, {"dev": {"x/a": ours("1"), "x/b": ours("1")}}) == []
    plant(f"{out}/dev/x/readable", b"root's")
    assert told(out, {"dev": {"x/a": ours("2"), "x/b": ours("2")}}) == []
    assert harvest(f"{out}/dev/x") == {"a": ours("2"), "b": ours("2"), "readable": b"root's"}
    plant(f"{out}/dev/x/secret", b"root's")
    os.chmod(f"{out}/dev/x/secret", 0o600)
    before = harvest(f"{out}/dev")
    assert told(out, {"dev": {"x/a": ours("3"), "x/b": ours("3")}}) == [(f"{out}/dev/x/secret", "permission denied")]
    assert harvest(f"{out}/dev") == before
    assert os.listdir(out) == ["dev"]


# What somebody else does while a run is under way, or after one was killed.


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Do something after the old tree was looked at, right before it is switched."""
    from pilothouse.dist import journal

    kept = journal.write

    def write_journal(*args: Any) -> None:
        kept(*args)
        act()

    monkeypatch.setattr(journal, "write", write_journal)


def test_a_file_that_comes_while_the_tree_is_switched_is_not_lost(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(out)

    def act() -> None:
        plant(f"{out}/dev/late", b"theirs")
        plant(f"{out}/dev/gone/late", b"theirs")
        plant(f"{out}/dev/gone/folder", {"late": b"theirs"})
        plant(f"{out}/dev/new", b"theirs")
        for name in ("README.md", "b.yaml"):  # as an editor saves a file
            os.rename(f"{out}/dev/web/{name}", f"{out}/../{name}")
            plant(f"{out}/dev/web/{name}", b"saved again")

    meanwhile(monkeypatch, act)
    write(out, FILES)
    dev = NEW["dev"] | {
        "late": b"theirs",
        "gone": {"late": b"theirs", "folder": {"late": b"theirs"}},
        "new.kept": b"theirs",
        "web": NEW["dev"]["web"] | {"README.md.kept": b"saved again", "b.yaml.kept": b"saved again"},
    }
    assert harvest(out) == NEW | {"dev": dev}


def test_a_file_that_comes_into_a_folder_that_becomes_a_file_is_not_lost(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(out, {"dev": {"web": {"a.yaml": ours("1")}}})
    meanwhile(monkeypatch, lambda: plant(f"{out}/dev/web/late", b"theirs"))
    write(out, {"dev": {"web": ours("2")}})
    assert harvest(f"{out}/dev") == {"web": ours("2"), "late": b"theirs"}


def test_a_folder_that_is_replaced_while_the_run_is_under_way_stops_it(
    out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_anew(out)

    def act() -> None:
        os.rename(f"{out}/dev", f"{out}/aside")
        plant(f"{out}/dev", {"theirs": b"theirs"})

    meanwhile(monkeypatch, act)
    with pytest.raises(DistError, match="somebody else changed it"):
        write(out, FILES)
    assert harvest(out) == OLD | {"dev": {"theirs": b"theirs"}, "aside": OLD["dev"]}


@systems
def test_what_somebody_did_after_a_run_was_killed_stays(out: str, system: str) -> None:
    for _ in killed_at_every_step(out, system):
        if not os.path.exists(f"{out}/dev"):
            continue
        shutil.rmtree(f"{out}/dev")
        plant(f"{out}/dev", {"mine": b"theirs"})
        plant(f"{out}/prod/mine", b"theirs")
        with lock(out):
            pass
        tree = harvest(out)
        assert isinstance(tree, dict)
        assert tree["dev"]["mine"] == tree["prod"]["mine"] == b"theirs"
        assert not [node for path, node in flat(tree["dev"]).items() if path.endswith(".yaml")]
        assert STATE not in tree


@pytest.mark.parametrize(
    "journal", [b"", b"{", b"[]", b'{"version": 9}', b'{"version": 1, "switches": [["../..", "x", null, 5, false]]}']
)
def test_a_damaged_journal_costs_nobody_a_file(out: str, journal: bytes) -> None:
    start_anew(out)
    state = {"journal": journal, "old": {"dev": {"README": b"theirs", "a.yaml": ours("1")}}, "next": {"x": ours("1")}}
    plant(f"{out}/{STATE}", state)
    with pytest.raises(DistError, match="killed"):
        Stage(out, "dev")
    with lock(out) as recovered:
        assert recovered
    assert harvest(out) == OLD | {"dev": OLD["dev"] | {"README": b"theirs"}}


def test_a_symlink_in_the_place_of_the_folder_for_what_is_under_way_is_refused(out: str) -> None:
    start_anew(out)
    os.mkdir(f"{out}/../outside")
    os.symlink("../outside", f"{out}/{STATE}")
    with pytest.raises(DistError, match="is a symlink, and Pilothouse needs a folder"):
        write(out, FILES)
    assert os.listdir(f"{out}/../outside") == []


def test_a_symlink_that_came_after_the_kill_is_not_followed(out: str) -> None:
    for _ in killed_at_every_step(out, "as it is"):
        if not os.path.exists(f"{out}/{STATE}/journal"):
            continue
        outside = f"{out}/../outside"
        os.rename(f"{out}/prod", outside)
        os.symlink("../outside", f"{out}/prod")
        before = everything(outside)
        with pytest.raises(DistError, match="dist/prod: a symlink stands here"), lock(out):
            pass
        assert everything(outside) == before
        os.unlink(f"{out}/prod")
        os.rename(outside, f"{out}/prod")
        with lock(out):
            pass
        assert harvest(out) in (OLD, NEW)


def test_what_cannot_be_removed_is_told_and_removed_by_the_next_run(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    start_anew(out)
    with ExitStack() as stack:
        stack.enter_context(refusing_to_remove("c.yaml"))
        done = write(out, FILES)
        assert done["dev"].left is not None
        assert "permission denied" in done["dev"].left
        assert tree_of(out) == NEW
        with pytest.raises(DistError, match="permission denied"):
            write(out, FILES)
    assert write(out, FILES)["dev"].left is None
    assert harvest(out) == NEW


def refusing_to_remove(name: str) -> AbstractContextManager[Any]:
    kept = os.unlink
    patch = pytest.MonkeyPatch()

    def unlink(path: Any, **options: Any) -> None:
        if str(path).endswith(name):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        kept(path, **options)

    patch.setattr(os, "unlink", unlink)
    stack = ExitStack()
    stack.callback(patch.undo)
    return stack
