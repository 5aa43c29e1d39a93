"""Nothing stays behind: however the tests end, the processes that they started end too, and their folder is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import control_plane, programs
from tests.cluster.control_plane import ControlPlane, StartError
from tests.processes import alive, below, wait_until

_TEST = """
import json, time
from tests.cluster.control_plane import ControlPlane

def test_it(capfd):
    with ControlPlane() as plane:
        with capfd.disabled():
            print(json.dumps([str(plane.folder), plane.pids]), flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_tests_that_are_broken_off_leave_nothing(number: signal.Signals, tmp_path: Path) -> None:
    import json

    file = tmp_path / "test_sleeps.py"
    file.write_text(_TEST)
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(file)],
        cwd=programs.ROOT,
        env={**os.environ, "PYTHONPATH": str(programs.ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    with run:
        line = next(line for line in run.stdout if line.strip().startswith("["))
        folder, pids = json.loads(line)
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids.values())
        run.send_signal(number)
        run.stdout.read()
    wait_until(lambda: not any(alive(pid) for pid in pids.values()) and not Path(folder).exists())


def test_a_test_that_fails_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError), ControlPlane() as plane:
        pids = [*plane.pids.values(), *below(os.getpid())]
        assert len(pids) > 2
        raise ZeroDivisionError
    assert not any(map(alive, pids))
    assert not plane.folder.exists()


def test_a_start_that_fails_half_way_tells_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_plane, "SERVICE_ADDRESSES", "no address")
    plane = ControlPlane()
    with pytest.raises(StartError, match="kube-apiserver has ended") as told:
        plane.__enter__()
    assert "is not a valid cidr" in str(told.value), "the end of its log says what was wrong"
    assert set(plane.pids) == {"etcd", "kube-apiserver"}
    assert not any(map(alive, plane.pids.values()))
    assert not plane.folder.exists()


def test_a_component_that_dies_is_told_with_its_log() -> None:
    with ControlPlane() as plane:
        os.kill(plane.pids["etcd"], signal.SIGKILL)
        wait_until(lambda: not alive(plane.pids["etcd"]))
        with pytest.raises(StartError, match="etcd has ended"):
            plane.wait("kube-apiserver", lambda: False)


def test_a_program_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "etcd").write_text("no program")
    monkeypatch.setattr(programs.Program, "path", lambda self: tmp_path / self.name)
    plane = ControlPlane()
    with pytest.raises(StartError, match="etcd could not be started"):
        plane.__enter__()
    assert not plane.folder.exists()


def test_only_the_loopback_address_is_listened_on() -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("this system does not say which process listens where")
    with ControlPlane(whole=True) as plane:
        assert _listening(plane.pids.values()) == {"127.0.0.1"}


def _listening(pids: object) -> set[str]:
    """The addresses on which processes listen. Source: Linux, proc(5), /proc/net/tcp."""
    assert hasattr(pids, "__iter__")
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(link)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    addresses = set()
    for table, width in (("tcp", 8), ("tcp6", 32)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                text = fields[1][:width]
                address = ".".join(str(part) for part in reversed(bytes.fromhex(text))) if width == 8 else f"[{text}]"
                addresses.add(address)
    return addresses
