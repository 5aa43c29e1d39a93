"""Where kubeconform comes from: PATH, the cache, or a build."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilothouse.kubeconform import BuildFailed, KubeconformError, KubeconformMissing, find
from pilothouse.kubeconform.binary import cache_folder
from pilothouse.kubeconform.build import VERSION, pins
from tests.kubeconform.fakes import alive, builds, go, kubeconform, script


def test_one_on_path_is_used(path_folder: Path) -> None:
    wanted = kubeconform(path_folder, "v0.8.0")
    assert find(pytest.fail) == str(wanted)


@pytest.mark.parametrize("version", ["v0.7.0", "0.7.1", "v0.9.3"])
def test_releases_that_will_do(path_folder: Path, version: str) -> None:
    wanted = kubeconform(path_folder, version)
    assert find(pytest.fail) == str(wanted)


@pytest.mark.parametrize("version", ["v0.6.7", "v0.4.12", "v1.0.0", "development", "kubeconform", "''"])
def test_one_that_will_not_do_is_named_and_passed_over(path_folder: Path, version: str) -> None:
    unfit = kubeconform(path_folder, version)
    go(path_folder)
    lines: list[str] = []
    assert find(lines.append) != str(unfit)
    assert any(line.startswith(f"not used: {unfit} ") for line in lines), lines


def test_a_second_one_on_path_is_found_behind_an_old_one(
    path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconform(path_folder, "v0.6.7")
    wanted = kubeconform(tmp_path / "second", "v0.8.0")
    monkeypatch.setenv("PATH", f"{path_folder}{os.pathsep}{tmp_path / 'second'}")
    assert find(pytest.fail) == str(wanted)


def test_a_self_built_one_is_known_by_the_version_that_go_recorded(path_folder: Path) -> None:
    file = kubeconform(path_folder, "development")
    with file.open("ab") as tail:
        tail.write(b"exit\n\0mod\tgithub.com/yannh/kubeconform\tv0.7.0\th1:abc=\n")
    assert find(pytest.fail) == str(file)


def test_the_working_folder_is_no_part_of_path(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubeconform(path_folder, "v0.8.0")
    monkeypatch.chdir(path_folder)
    monkeypatch.setenv("PATH", f".{os.pathsep}")
    with pytest.raises(KubeconformMissing):
        find(pytest.fail)


def test_it_is_built_once_and_then_found_without_go(path_folder: Path, tmp_path: Path) -> None:
    go(path_folder)
    lines: list[str] = []
    built = find(lines.append)
    assert lines[0] == f"building kubeconform {VERSION} with go1.26.8 (once, about 30 seconds)"
    assert built.startswith(str(tmp_path / "cache"))
    assert subprocess.run([built, "-v"], capture_output=True, text=True, check=True).stdout.strip() == VERSION
    assert find(pytest.fail) == built
    (path_folder / "go").unlink()
    assert find(pytest.fail) == built
    assert builds(path_folder) == 1


def test_nothing_but_the_binary_stays_in_the_cache(path_folder: Path, tmp_path: Path) -> None:
    go(path_folder)
    left = tmp_path / "cache" / "kubeconform" / "build-killed"
    left.mkdir(parents=True)
    built = find(lambda line: None)
    files = {str(file) for file in (tmp_path / "cache").rglob("*") if file.is_file()}
    assert files == {built, str(tmp_path / "cache" / "kubeconform" / "lock")}
    assert not left.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
        pytest.param(lambda file: file.write_text("#!/bin/sh\nexit 3\n"), id="failing"),
        pytest.param(lambda file: file.chmod(0o777), id="writable by all"),
        pytest.param(lambda file: file.chmod(0o600), id="not executable"),
    ],
)
def test_a_spoilt_one_in_the_cache_is_built_anew(path_folder: Path, spoil: object) -> None:
    assert callable(spoil)
    go(path_folder)
    built = find(lambda line: None)
    spoil(Path(built))
    assert find(lambda line: None) == built
    assert builds(path_folder) == 2
    assert os.stat(built).st_mode & 0o777 == 0o700


def test_other_pins_are_another_place_in_the_cache(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(path_folder)
    first = find(lambda line: None)
    monkeypatch.setattr("pilothouse.kubeconform.binary.pins", lambda: {"go.mod": b"", "go.sum": b"other"})
    assert find(lambda line: None) != first


def test_without_go_the_error_says_every_way_out(path_folder: Path) -> None:
    old = kubeconform(path_folder, "v0.6.7")
    old_go = go(path_folder, version="go1.22.3")
    with pytest.raises(KubeconformMissing) as caught:
        find(lambda line: None)
    text = str(caught.value)
    for words in ("install kubeconform v0.8.0 on PATH", "pip install 'pilothouse[go]'", "Go 1.26 or newer on PATH"):
        assert words in text
    assert f"{old} is v0.6.7" in text
    assert f"{old_go} is go1.22.3, and 1.26 or newer is needed" in text


@pytest.mark.parametrize("version", ["go1.26", "go1.27rc1", "devel go1.28-4f2c1a Tue", "go1.26.8 X:nodwarf5", "go2.0"])
def test_a_go_that_will_do(path_folder: Path, version: str) -> None:
    go(path_folder, version=version)
    find(lambda line: None)
    assert builds(path_folder) == 1


@pytest.mark.parametrize("text", ["echo nonsense", "echo '{}'", "echo '[]'", "echo broken >&2; exit 2", "kill -9 $$"])
def test_a_go_that_does_not_answer_is_named(path_folder: Path, text: str) -> None:
    broken = script(path_folder / "go", text)
    with pytest.raises(KubeconformMissing, match=str(broken)):
        find(lambda line: None)


def test_a_newer_go_further_on_is_found(path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(path_folder, version="go1.20")
    go(tmp_path / "second", version="go1.27.3")
    monkeypatch.setenv("PATH", f"{path_folder}{os.pathsep}{tmp_path / 'second'}")
    find(lambda line: None)
    assert (builds(path_folder), builds(tmp_path / "second")) == (0, 1)


def test_the_go_of_the_python_package_is_found(
    path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "go"
    go(package / "bin")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    find(lambda line: None)
    assert builds(package / "bin") == 1


def test_a_failing_build_shows_the_last_words_of_go_and_leaves_nothing(path_folder: Path, tmp_path: Path) -> None:
    go(path_folder, build="for i in $(seq 1 50); do echo line $i >&2; done; echo SECURITY ERROR >&2; exit 1")
    with pytest.raises(BuildFailed) as caught:
        find(lambda line: None)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"building kubeconform v0.8.0 failed: {path_folder}/go (go1.26.8) ended with status 1"
    assert "  SECURITY ERROR" in lines
    assert "  line 1" not in lines
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["lock"]


def test_a_binary_that_is_not_the_pinned_release_is_refused(path_folder: Path) -> None:
    go(path_folder, prints="v0.1.0")
    with pytest.raises(BuildFailed, match=r"made is v0\.1\.0"):
        find(lambda line: None)


def test_no_setting_of_the_user_reaches_the_build(path_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GOFLAGS": "-mod=mod -insecure",
        "GOOS": "plan9",
        "GOARCH": "wasm",
        "GONOSUMDB": "*",
        "GOPRIVATE": "*",
        "GOROOT": "/nowhere",
        "GODEBUG": "x=1",
        "CGO_CFLAGS": "-DX",
        "HTTPS_PROXY": "http://proxy.test",
    }.items():
        monkeypatch.setenv(name, value)
    go(path_folder)
    find(lambda line: None)
    given = dict(line.split("=", 1) for line in (path_folder / "go.env").read_text().splitlines() if "=" in line)
    assert (given["GOENV"], given["GOWORK"], given["GOTOOLCHAIN"], given["GOPROXY"]) == ("off", "off", "local", "off")
    assert given["GOFLAGS"].startswith("-mod=readonly ")
    assert (given["GOOS"], given["GOARCH"], given["CGO_ENABLED"]) == ("linux", "amd64", "0")
    assert not {"GONOSUMDB", "GOPRIVATE", "GOROOT", "GODEBUG", "CGO_CFLAGS"} & given.keys()
    assert given["HTTPS_PROXY"] == "http://proxy.test"
    assert (path_folder / "go.sum").read_bytes() == pins()["go.sum"]


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(
    path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(path_folder)
    (tmp_path / "file").touch()
    monkeypatch.setenv("PILOTHOUSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(KubeconformError, match="PILOTHOUSE_CACHE") as caught:
        find(lambda line: None)
    assert str(tmp_path / "file") in str(caught.value)


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PILOTHOUSE_CACHE", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/ada")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == "/var/ada/pilothouse"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == "/home/ada/.cache/pilothouse"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == "/home/ada/Library/Caches/pilothouse"
    monkeypatch.setenv("PILOTHOUSE_CACHE", "/here")
    assert cache_folder() == "/here"


_FIND = [sys.executable, "-c", "from pilothouse.kubeconform import find; print(find(lambda line: None))"]


def test_two_at_once_build_once(path_folder: Path) -> None:
    go(path_folder, build="sleep 1")
    both = [subprocess.Popen(_FIND, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    places = {process.communicate(timeout=60)[0] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(places) == 1
    assert builds(path_folder) == 1


def test_ctrl_c_ends_the_build_and_its_children(path_folder: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    go(path_folder, build=f"sleep 600 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait")
    command = subprocess.Popen(_FIND, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not pids.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    children = [int(pid) for pid in pids.read_text().split()]
    assert all(map(alive, children))
    command.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in command.communicate(timeout=60)[1]
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, children))
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["lock"]
