"""What is kept: only its owner reads it, it holds no secret, and whatever becomes of it, the answer is right."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse import fresh, kept, results, written
from tests.synth.synth_repository import Repository


def test_only_the_owner_reads_what_is_kept(repository: Repository) -> None:
    repository.cache.mkdir(mode=0o755)
    repository.good()
    (repository.cache / "built").chmod(0o777)
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.good()
    found = [repository.cache, *repository.cache.rglob("*")]
    assert len(found) > 10
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert (repository.cache / ".gitignore").read_text() == "*\n"


def test_nothing_is_kept_of_a_chart_that_holds_a_secret(repository: Repository) -> None:
    secret = "correct-horse-battery"
    repository.maps("hiding", "return {'a': 'b'}")
    repository.edit("charts/hiding.py", '"kind": "ConfigMap"', '"kind": "Secret"')
    repository.edit("charts/hiding.py", '"data": self.data()', f'"stringData": {{"password": "{secret}"}}')
    run = repository.synth()
    assert run.code == 1
    assert secret not in run.out + run.err
    everything = b"".join(repository.files(repository.root).values()).replace(
        (repository.root / "charts/hiding.py").read_bytes(), b""
    )
    assert secret.encode() not in everything
    assert not (repository.cache / "built/dev/hiding.msgpack").exists()


def test_a_variable_that_a_chart_read_is_not_kept(repository: Repository) -> None:
    repository.maps(
        "asking", "return {'known': str('TOKEN' in os.environ and bool(os.environ['TOKEN']))}", imports="import os"
    )
    repository.good(TOKEN="correct-horse-battery")
    assert repository.objects()["asking"] == {"known": "True"}
    assert b"correct-horse" not in b"".join(repository.files(repository.cache).values())


def test_what_is_no_longer_deployed_is_forgotten(repository: Repository) -> None:
    repository.good()
    (repository.cache / "built/dev/db-two.msgpack.4711").write_bytes(b"left by a run that was killed")
    repository.edit("environments/dev.yaml", "charts:\n  db-two: {chart: db, namespace: default}\n", "")
    repository.good()
    assert sorted(os.listdir(repository.cache / "built/dev")) == ["db.msgpack", "web.msgpack"]


def spoil(file: Path, how: str) -> None:
    content = file.read_bytes()
    match how:
        case "empty":
            file.write_bytes(b"")
        case "truncated":
            file.write_bytes(content[: len(content) // 2])
        case "one bit":
            file.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
        case "random":
            file.write_bytes(bytes(number * 7919 % 256 for number in range(len(content))))
        case "folder":
            file.unlink()
            file.mkdir()
        case "pipe":
            file.unlink()
            os.mkfifo(file)
        case "link":
            file.unlink()
            file.symlink_to("/dev/zero")
        case "of another":
            others = sorted(other for other in file.parent.iterdir() if other.is_file() and other != file)
            if others:
                shutil.copy(others[0], file)
        case "unreadable":
            file.chmod(0)


def test_a_spoiled_cache_costs_time_and_nothing_else(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    for how in ("empty", "truncated", "one bit", "random", "folder", "pipe", "link", "of another", "unreadable"):
        for file in [path for path in repository.cache.rglob("*") if path.is_file() and path.stat().st_size > 40]:
            spoil(file, how)
        repository.edit("environments/_base.yaml", "blue", "green")
        assert repository.good().codes == [], how
        assert repository.objects()["web"]["colour"] == "green", how
        repository.edit("environments/_base.yaml", "green", "blue")
        repository.good()
        assert repository.files() == before, how
        shutil.rmtree(repository.cache)
        repository.good()


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(repository: Repository) -> None:
    repository.cache.write_text("a file stands here")
    repository.good()
    before = repository.files()
    assert repository.good().built == repository.instances
    assert repository.files() == before
    assert repository.cache.read_text() == "a file stands here"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)
STATES = st.dictionaries(
    st.builds("{}:{}".format, st.sampled_from(["file", "folder", "kind", "variable", "", "x"]), st.text()) | st.text(),
    st.text() | st.sampled_from(["absent", ""]),
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200) | st.builds(lambda v: __import__("json").dumps(v).encode(), JSON))
def test_any_bytes_are_no_record_or_a_sound_one(tmp_path: Path, content: bytes) -> None:
    folder = kept.open_folder(str(tmp_path), "runs")
    file = os.path.join(folder, fresh.run_name(str(tmp_path), ["dev"]) + ".json")
    Path(file).write_bytes(content)
    assert fresh.look_up(str(tmp_path), str(tmp_path), ["dev"]) is None
    kept.write(file, content)
    record = fresh.look_up(str(tmp_path), str(tmp_path), ["dev"])
    assert record is None or not fresh.holds(record, "engine", str(tmp_path), ["dev"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    read=STATES,
    trees=st.dictionaries(st.text(), st.dictionaries(st.text(), st.text(), max_size=2), max_size=2),
    told=st.text(max_size=2),
    tally=st.lists(JSON, max_size=5),
)
def test_a_record_of_anything_is_judged_without_failing(
    tmp_path: Path, read: dict[str, str], trees: dict[str, dict[str, str]], told: str, tally: list[Any]
) -> None:
    record = fresh.Record("engine", read, trees, 0, told, tally, read, read)
    assert not fresh.holds(record, "engine", str(tmp_path), ["dev"])
    assert not fresh.holds(record, "another", str(tmp_path), [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_no_result(tmp_path: Path, content: bytes) -> None:
    results.write(str(tmp_path), "dev", "web", content)
    assert results.read(str(tmp_path), "dev", "web") is None
    Path(tmp_path / ".pilothouse/built/dev/web.msgpack").write_bytes(content)
    assert results.read(str(tmp_path), "dev", "web") is None
    assert results.origins(str(tmp_path), str(tmp_path / "dist"), "dev").manifests == {}


PATHS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=20), st.binary(min_size=16, max_size=16), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=PATHS, planned=PATHS)
def test_what_a_killed_run_was_about_to_write_is_no_edit(
    tmp_path: Path, before: dict[str, bytes], planned: dict[str, bytes]
) -> None:
    place = (str(tmp_path), str(tmp_path / "dist"), "dev")
    written.done(*place, before)
    assert written.last(*place) == before
    written.plan(*place, planned)
    known = written.last(*place)
    assert all(before[path] == digest and planned.get(path, digest) == digest for path, digest in known.items())
    assert known.keys() >= {path for path, digest in before.items() if planned.get(path, digest) == digest}
    written.done(*place, planned)
    assert written.last(*place) == planned
