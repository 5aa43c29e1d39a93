"""What stands in dist/ after a run, and what does not change."""

from __future__ import annotations

import copy
import fcntl
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from dist_trees import (
    SYSTEMS,
    Link,
    Node,
    Pipe,
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
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pilothouse.dist.commit import commit_all
from pilothouse.dist.entry import Entry, digest
from pilothouse.dist.error import DistError
from pilothouse.dist.layout import STATE
from pilothouse.dist.lock import lock
from pilothouse.dist.marker import is_ours
from pilothouse.dist.stage import Stage

# The model: what a tree becomes, said a second time in a few lines.


class RefusedError(Exception):
    """Something of somebody else's is in the way."""


def strip(node: Node) -> Node | None:
    """The tree without Pilothouse's files, and without the folders that held nothing else."""
    if isinstance(node, dict) and node:
        left = {name: kept for name, child in node.items() if (kept := strip(child)) is not None}
        return left or None
    return None if isinstance(node, bytes) and is_ours(node) else node


def model(old: Node | None, files: dict[str, bytes]) -> Node | None:
    tree = None if old is None else strip(copy.deepcopy(old))
    if not files:
        return tree
    tree = {} if tree is None else tree
    for path, content in files.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            if not isinstance(place, dict):
                raise RefusedError
            place = place.setdefault(folder, {})
        if not isinstance(place, dict) or name in place:
            raise RefusedError
        place[name] = content
    return tree


names = st.sampled_from(["a", "b", "c"])
contents = st.sampled_from([("1", 1), ("2", 1), ("2 and more", 1), ("3", 20000)]).map(lambda text: text[0] * text[1])
leaves: st.SearchStrategy[Any] = st.one_of(
    contents.map(ours),
    contents.map(ours),
    contents.map(str.encode),
    st.sampled_from([b"", Link("../../../outside"), Link("../../../outside/file"), Link("nowhere"), Link("a"), Pipe()]),
)
folders = st.recursive(
    st.dictionaries(names, leaves, max_size=3), lambda inner: st.dictionaries(names, leaves | inner, max_size=3)
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
file_sets = st.dictionaries(paths, contents.map(ours), max_size=6)


@st.composite
def runs(draw: st.DrawFn) -> tuple[Node | None, dict[str, bytes]]:
    """A tree and the files of a run, which often has to do with what stands there."""
    old: Node | None = draw(st.one_of(folders, folders, folders, st.none(), leaves))
    files = draw(file_sets)
    if isinstance(old, dict):
        for path, node in flat(old).items():
            choice = draw(st.sampled_from(["keep", "change", "drop"]))
            if isinstance(node, bytes) and is_ours(node) and choice != "drop":
                files[path] = node if choice == "keep" else draw(contents.map(ours))
    return old, files


@pytest.mark.parametrize("system", SYSTEMS)
@settings(max_examples=150, deadline=None)
@given(run=runs())
@example(run=({"a": {"b": ours("1"), "c": b"theirs"}, "b": ours("1")}, {"a/b": ours("2"), "b": ours("2")}))
@example(run=({"a": {"b": {"c": ours("1")}}}, {"a": ours("1")}))
@example(run=({"a": ours("1")}, {"a/b": ours("1")}))
@example(run=({"a": ours("1"), "b": {}}, {}))
def test_the_folder_holds_exactly_these_files_and_somebody_elses(
    system: str, run: tuple[Node | None, dict[str, bytes]]
) -> None:
    old, files = run
    # A pipe can only be linked: see the test below.
    assume(system != "without links" or Pipe() not in flat(old).values())
    with tempfile.TemporaryDirectory() as root, SYSTEMS[system]():
        out, live = f"{root}/dist", f"{root}/dist/dev"
        os.mkdir(out)
        plant(f"{root}/outside", {"file": ours("1"), "a": {"b": ours("1")}})
        plant(live, old)
        outside, before = everything(f"{root}/outside"), facts(live)
        old = harvest(live)
        old_files = flat(old) if isinstance(old, dict) else {}
        was = everything(live) if isinstance(old, dict) else {}
        try:
            expected = model(old, files)
        except RefusedError:
            with pytest.raises(DistError):
                write(out, {"dev": files})
            expected = old
        else:
            if old is not None and not isinstance(old, dict):
                with pytest.raises(DistError, match="stands where a folder is needed"):
                    write(out, {"dev": files})
                expected = old
            else:
                done = write(out, {"dev": files})["dev"]
                generated = {p for p, n in old_files.items() if isinstance(n, bytes) and is_ours(n)}
                assert done.written == sorted(p for p, content in files.items() if old_files.get(p) != content)
                assert done.removed == sorted(generated - files.keys())
                assert done.unchanged == len(files) - len(done.written)
                if not done.written and not done.removed and was:
                    assert everything(live) == was
        assert harvest(live) == expected
        assert everything(f"{root}/outside") == outside
        assert os.listdir(out) == (["dev"] if expected is not None else [])
        for path, fact in facts(live).items():
            if path in before and files.get(path, old_files[path]) == old_files[path]:
                if system != "without links":
                    assert fact == before[path]
                elif isinstance(old_files[path], bytes):
                    assert fact[1] == before[path][1]


def test_what_can_be_neither_linked_nor_copied_stops_the_run(tmp_path: Path) -> None:
    plant(f"{tmp_path}/dev", {"a": ours("1"), "b": ours("1"), "p": Pipe()})
    before = everything(str(tmp_path / "dev"))
    with SYSTEMS["without links"](), pytest.raises(DistError, match="dev/p: permission denied"):
        write(str(tmp_path), {"dev": {"a": ours("2"), "b": ours("2")}})
    assert everything(str(tmp_path / "dev")) == before
    assert os.listdir(tmp_path) == ["dev"]


def test_a_file_that_holds_only_the_beginning_or_more_than_all_is_mended(tmp_path: Path) -> None:
    files = {"long": ours("1" * 20000), "short": ours("1")}
    plant(f"{tmp_path}/dev", {"long": files["long"][:-1], "short": files["short"] + b"1"})
    assert write(str(tmp_path), {"dev": files})["dev"].written == ["long", "short"]
    assert harvest(f"{tmp_path}/dev") == files


def test_a_system_that_takes_a_file_bit_by_bit_gets_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:1000]))
    write(str(tmp_path), {"dev": {"a": ours("1234567" * 1000)}})
    assert harvest(f"{tmp_path}/dev") == {"a": ours("1234567" * 1000)}


def test_a_pipe_in_the_way_does_not_hold_the_run_up(tmp_path: Path) -> None:
    plant(f"{tmp_path}/dev", {"a": Pipe()})
    with pytest.raises(DistError, match="dev/a: a special file stands where a file is needed"):
        write(str(tmp_path), {"dev": {"a": ours("1")}})


def test_a_commit_that_fails_removes_its_stage(tmp_path: Path) -> None:
    plant(f"{tmp_path}/dev", {"a": b"theirs"})
    stage = Stage(str(tmp_path), "dev")
    with pytest.raises(DistError):
        stage.commit([stage.put("a", ours("1"))])
    assert harvest(str(tmp_path)) == {"dev": {"a": b"theirs"}}


def test_what_lies_in_the_stage_is_never_written_into(tmp_path: Path) -> None:
    """A run that was killed may have left a second name of a file in use there."""
    plant(str(tmp_path), {"dev": {"a": ours("1")}, STATE: {"next": {"dev": {}}}})
    os.link(f"{tmp_path}/dev/a", f"{tmp_path}/{STATE}/next/dev/a")
    with Stage(str(tmp_path), "dev") as stage:
        stage.put("a", ours("2"))
        assert harvest(f"{tmp_path}/dev") == {"a": ours("1")}


def test_a_small_change_leaves_all_other_folders_alone(tmp_path: Path) -> None:
    out = str(tmp_path / "dist")
    files = {f"{i}/{n}/{k}.yaml": ours("1") for i in "ab" for n in "xy" for k in "12"}
    write(out, {"dev": files})
    before = everything(f"{out}/dev")
    write(out, {"dev": files | {"a/x/1.yaml": ours("2"), "a/x/3.yaml": ours("3")}})
    after = everything(f"{out}/dev")
    assert {path for path in after if after[path] != before.get(path)} >= {"a/x", "a/x/1.yaml", "a/x/3.yaml"}
    assert all(after[path] == before[path] for path in before if path.startswith(("b", "a/y")))


def test_a_folder_keeps_its_permissions(tmp_path: Path) -> None:
    out = str(tmp_path)
    write(out, {"dev": {"a/x": ours("1"), "b/x": ours("1")}})
    os.chmod(f"{out}/dev", 0o2770)
    os.chmod(f"{out}/dev/a", 0o700)
    write(out, {"dev": {"a/x": ours("2"), "b/x": ours("2")}})
    assert os.stat(f"{out}/dev").st_mode & 0o7777 == 0o2770
    assert os.stat(f"{out}/dev/a").st_mode & 0o7777 == 0o700


def test_what_is_somebody_elses_is_named_and_kept(tmp_path: Path) -> None:
    out = str(tmp_path)
    theirs = {"README.md": b"read me", "tool": {"x": b"1", "y": {"z": b"2"}}, "web": {"note": b"3"}, "empty": {}}
    plant(f"{out}/dev", theirs | {"old.yaml": ours("1")})
    done = write(out, {"dev": {"web/a.yaml": ours("1"), "kustomization.yaml": ours("1")}})["dev"]
    assert done.foreign == ["README.md", "tool/", "web/note"]
    assert done.removed == ["old.yaml"]
    theirs["web"] = {"a.yaml": ours("1"), "note": b"3"}
    assert harvest(f"{out}/dev") == theirs | {"kustomization.yaml": ours("1")}


def test_everything_in_the_way_is_named_at_once_in_all_environments(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    plant("dist", {"dev": {"a.yaml": b"kind: Pod", "b": Link("/etc"), "c": b"x", "d": {"x": b""}}, "prod": b"a file"})
    before = harvest("dist")
    wanted = dict.fromkeys(["a.yaml", "b/hosts", "c/x", "d", "e"], ours("1"))
    with pytest.raises(DistError) as caught:
        write("dist", {"dev": wanted, "prod": {"a": ours("1")}, "new": {"a": ours("1")}})
    found = {problem.path: problem.found for problem in caught.value.problems}
    assert set(found) == {"dist/dev/a.yaml", "dist/dev/b", "dist/dev/c", "dist/dev/d", "dist/prod"}
    assert found["dist/dev/a.yaml"].startswith("its first line is not '# pilothouse: ")
    assert found["dist/dev/b"] == "a symlink stands where a folder is needed"
    assert found["dist/dev/c"] == "a file stands where a folder is needed"
    assert found["dist/dev/d"] == "a folder stands where a file is needed"
    assert found["dist/prod"] == "a file stands where a folder is needed"
    assert str(caught.value).count("\n") == 4
    assert harvest("dist") == before


@pytest.mark.parametrize("place", ["dev", "dev/a", "dev/a/x.yaml"])
def test_a_symlink_in_the_folder_is_not_followed(tmp_path: Path, place: str) -> None:
    out, outside = f"{tmp_path}/dist", f"{tmp_path}/outside"
    write(out, {"dev": {"a/x.yaml": ours("1")}})
    os.rename(f"{out}/{place}", outside)
    os.symlink(outside, f"{out}/{place}")
    before = everything(outside) if os.path.isdir(outside) else os.stat(outside)
    # Not even for reading: the same content outside is not this file's content.
    assert Stage(out, "dev", dry=True).put("a/x.yaml", ours("1")).state == "new"
    for files in ({"a/x.yaml": ours("1")}, {"a/x.yaml": ours("2")}, {"a/y.yaml": ours("1"), "a/x.yaml": ours("2")}):
        with pytest.raises(DistError, match="a symlink stands where a f"):
            write(out, {"dev": files})
    assert (everything(outside) if os.path.isdir(outside) else os.stat(outside)) == before
    assert os.readlink(f"{out}/{place}") == outside


def test_the_output_folder_itself_may_be_a_symlink_and_need_not_exist(tmp_path: Path) -> None:
    os.symlink("other/checkout", tmp_path / "dist")
    os.mkdir(tmp_path / "other")
    write(f"{tmp_path}/dist", {"dev": {"a": ours("1")}})
    assert harvest(f"{tmp_path}/other") == {"checkout": {"dev": {"a": ours("1")}}}
    assert os.path.islink(tmp_path / "dist")


def test_the_output_folder_may_be_a_whole_checkout(tmp_path: Path) -> None:
    checkout = {".git": {"HEAD": b"ref"}, "src": {"main.go": b"package"}, "dev": {"README": b""}}
    plant(str(tmp_path), checkout)
    before = everything(f"{tmp_path}/src")
    write(str(tmp_path), {"dev": {"a": ours("1")}, "_nodes/dev": {"b": ours("1")}})
    checkout["dev"]["a"] = ours("1")
    assert harvest(str(tmp_path)) == checkout | {"_nodes": {"dev": {"b": ours("1")}}}
    assert everything(f"{tmp_path}/src") == before
    write(str(tmp_path), {"dev": {"a": ours("1")}, "_nodes/dev": {}})
    assert harvest(str(tmp_path)) == checkout


def test_git_sees_nothing_of_what_is_under_way(tmp_path: Path) -> None:
    out = f"{tmp_path}/dist"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with lock(out), Stage(out, "dev") as stage:
        stage.put("a/b.yaml", ours("1"))
        assert harvest(out) != {}
        status = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain"], capture_output=True, check=True)
        assert status.stdout == b""
    assert not os.path.exists(out)


def test_an_edit_by_hand_is_mended_and_named(tmp_path: Path) -> None:
    out = str(tmp_path)
    files = {name: ours(name) for name in ("a", "b", "c", "old")}
    last = {name: digest(content) for name, content in files.items()}
    write(out, {"dev": files})
    for name in ("a", "old"):
        with open(f"{out}/dev/{name}", "ab") as file:
            file.write(b"edited: true\n")
    del files["old"]
    files["b"] = ours("changed in the charts")
    done = write(out, {"dev": files}, last_written=last)["dev"]
    assert done.mended == ["a", "old"]
    assert (done.written, done.removed) == (["a", "b"], ["old"])
    assert harvest(f"{out}/dev") == files


def test_an_edit_by_hand_that_says_what_the_charts_say_is_no_edit(tmp_path: Path) -> None:
    write(str(tmp_path), {"dev": {"a": ours("2")}})
    done = write(str(tmp_path), {"dev": {"a": ours("2")}}, last_written={"a": digest(ours("1"))})["dev"]
    assert (done.mended, done.written) == ([], [])


def test_taking_the_first_line_away_makes_a_file_ones_own(tmp_path: Path) -> None:
    out = str(tmp_path)
    plant(f"{out}/dev", {"a": b"kind: Pod\n"})
    with pytest.raises(DistError, match=r"dev/a: its first line is not"):
        write(out, {"dev": {"a": ours("1")}}, last_written={"a": digest(ours("1"))})
    assert harvest(f"{out}/dev") == {"a": b"kind: Pod\n"}


def test_two_names_that_differ_by_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DistError, match=r"dev/A\.yaml: differs from .*dev/a\.yaml only by case"):
        write(str(tmp_path), {"dev": {"a.yaml": ours("1"), "A.yaml": ours("1")}})
    assert os.listdir(tmp_path) == []


def test_one_file_made_twice_is_refused(tmp_path: Path) -> None:
    with Stage(str(tmp_path), "dev") as stage, pytest.raises(DistError, match="dev/a: is made twice"):
        stage.commit([stage.put("a", ours("1")), stage.put("a", ours("2"))])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//x", "./x", "a/.", "", "a/", "x\0y", "a\\b", ".."])
def test_a_path_cannot_leave_the_folder(tmp_path: Path, path: str) -> None:
    with Stage(f"{tmp_path}/dist", "dev") as stage, pytest.raises(DistError, match="is no path"):
        stage.put(path, ours("1"))
    with pytest.raises(DistError):
        Stage(f"{tmp_path}/dist", path)
    assert os.listdir(tmp_path) == []


def test_a_file_without_the_first_line_is_not_written(tmp_path: Path) -> None:
    with Stage(str(tmp_path), "dev") as stage, pytest.raises(ValueError, match="line of marker"):
        stage.put("a", b"kind: Pod\n")


def test_workers_write_at_the_same_time(tmp_path: Path) -> None:
    out = str(tmp_path)
    files = {f"{i % 3}/{i}.yaml": ours(str(i)) for i in range(300)}
    write(out, {"dev": dict(list(files.items())[:100])})
    with lock(out), Stage(out, "dev") as stage:
        items = list(files.items())
        parts = [items[0::2], items[1::2]]
        pipes = []
        for part in parts:
            reading, writing = os.pipe()
            if os.fork() == 0:
                os.close(reading)
                with os.fdopen(writing, "w") as pipe:
                    for path, content in part:
                        entry = stage.put(path, content)
                        pipe.write(f"{entry.path} {entry.state}\n")
                os._exit(0)
            os.close(writing)
            pipes.append(reading)
        entries = []
        for pipe in pipes:
            with os.fdopen(pipe) as file:
                entries += [Entry(*line.split()) for line in file]  # type: ignore[arg-type]
            os.wait()
        done = stage.commit(entries)
    assert done.unchanged == 100
    assert harvest(f"{out}/dev") == wanted_tree(files)


def test_what_a_chart_no_longer_wants_does_not_slip_in(tmp_path: Path) -> None:
    out = str(tmp_path)
    with lock(out), Stage(out, "dev") as stage:
        stage.put("a/x", ours("first try"))
        stage.put("a/deep/er", ours("first try"))
        stage.put("a/y", ours("first try"))
        entries = [stage.put("a/y", ours("second try")), stage.put("b", ours("1"))]
        stage.commit(entries)
    assert harvest(f"{out}/dev") == {"a": {"y": ours("second try")}, "b": ours("1")}


def test_what_is_kept_must_stand_there(tmp_path: Path) -> None:
    out = str(tmp_path)
    write(out, {"dev": {"a": ours("1")}})
    with Stage(out, "dev") as stage:
        assert stage.commit([stage.keep("a"), stage.put("b", ours("1"))]).unchanged == 1
    with Stage(out, "dev") as stage, pytest.raises(DistError, match="dev/c: it has vanished"):
        stage.commit([stage.keep("a"), stage.keep("c")])
    assert harvest(f"{out}/dev") == {"a": ours("1"), "b": ours("1")}


def test_a_dry_stage_tells_and_writes_nothing(tmp_path: Path) -> None:
    out = str(tmp_path)
    write(out, {"dev": {"a": ours("1"), "b": ours("1"), "c": ours("1")}})
    before = everything(out)
    with Stage(out, "dev", dry=True) as stage:
        entries = [stage.put("a", ours("1")), stage.put("b", ours("2")), stage.put("d", ours("1"))]
        plan = stage.plan(entries)
        assert (plan.written, plan.removed, plan.unchanged) == (["b", "d"], ["c"], 1)
        with pytest.raises(ValueError, match="dry"):
            stage.commit(entries)
    assert everything(out) == before


def test_a_run_that_stops_before_the_commit_leaves_no_trace(tmp_path: Path) -> None:
    out = str(tmp_path)
    write(out, {"dev": {"a": ours("1")}})
    before = everything(f"{out}/dev")
    with pytest.raises(ZeroDivisionError), lock(out), Stage(out, "dev") as stage:
        stage.put("a", ours("2"))
        raise ZeroDivisionError
    assert everything(f"{out}/dev") == before
    assert os.listdir(out) == ["dev"]


def test_an_error_of_the_caller_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), lock(str(tmp_path)):
        raise FileNotFoundError("charts/kubia.py")


def test_one_environment_cannot_hold_another(tmp_path: Path) -> None:
    one, other = Stage(str(tmp_path), "dev"), Stage(str(tmp_path), "dev/a")
    with pytest.raises(ValueError, match="one environment holds another"):
        commit_all([(one, []), (other, [])])


# One run at a time.


def test_a_second_run_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    out = f"{tmp_path}/dist"

    def second() -> str:
        try:
            with lock(out):
                return "let in"
        except DistError as error:
            return str(error)

    with lock(out), Stage(out, "dev") as stage:
        entry = stage.put("a", ours("1"))
        told = in_child(second)[1]
        assert told == (
            f"{out}: another run of Pilothouse (process {os.getpid()}) is writing there; "
            "wait until it has ended, or end it"
        )
        stage.commit([entry])
    assert in_child(second)[1] == "let in"
    assert harvest(out) == {"dev": {"a": ours("1")}}


def test_a_lock_file_that_is_removed_while_it_is_taken_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real, removed = str(tmp_path), fcntl.flock, []

    def flock(handle: int, how: int) -> None:
        if not removed:  # the run before this one ends right now
            removed.append(True)
            os.unlink(f"{out}/{STATE}/lock")
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with lock(out), pytest.raises(DistError, match="another run"), lock(out):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    out = f"{tmp_path}/dist"

    def die() -> None:
        with lock(out):
            os.kill(os.getpid(), 9)

    assert in_child(die) == (True, None)
    assert os.listdir(out) != []
    with lock(out):
        pass
    assert not os.path.exists(out) or os.listdir(out) == []


def test_a_worker_that_leaves_does_not_take_the_lock_away(tmp_path: Path) -> None:
    out = f"{tmp_path}/dist"
    parent = os.getpid()
    try:
        with lock(out):
            if os.fork() == 0:
                raise SystemExit  # leaves the block as the parent would
            os.wait()
            with pytest.raises(DistError, match="another run"), lock(out):
                pass
    except SystemExit:
        assert os.getpid() != parent
        os._exit(0)


def test_runs_that_follow_each_other_closely_never_overlap(tmp_path: Path) -> None:
    out = f"{tmp_path}/dist"
    os.mkdir(out)
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            done = 0
            try:
                while done < 30:
                    try:
                        with lock(out):
                            os.mkdir(f"{tmp_path}/inside")
                            os.rmdir(f"{tmp_path}/inside")
                            done += 1
                    except DistError as error:
                        if "another run" not in str(error):
                            os._exit(2)
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    assert os.listdir(out) == []
