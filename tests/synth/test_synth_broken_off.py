"""Runs that are broken off, that meet another one, or whose disk gives out."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import alive, wait_until
from tests.synth.conftest import COMMAND, Start, until_it_builds
from tests.synth.synth_repository import Repository, Run


def test_a_second_run_at_the_same_time_is_refused(repository: Repository, waiting: Start) -> None:
    first = waiting()
    until_it_builds(first)
    run = repository.synth()
    assert (run.code, run.out) == (2, "")
    assert f"another run of Pilothouse (process {first.pid}) is writing there" in run.err
    assert not list(repository.dist.glob("dev"))
    assert repository.synth("--out", "elsewhere", "prod").code == 0
    repository.write("go", "")
    assert first.wait() == 0
    repository.good()
    assert repository.good().built == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_run_leaves_nothing_behind(
    repository: Repository, waiting: Start, number: signal.Signals, code: int
) -> None:
    repository.write("go", "")
    repository.good()
    before = repository.files()
    (repository.root / "go").unlink()
    repository.edit("environments/_base.yaml", "platform", "core")
    process = waiting()
    workers = until_it_builds(process)
    os.kill(process.pid, number) if number is not signal.SIGINT else os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == b""
    assert err.decode().endswith("interrupted: nothing half written is left\n")
    assert b"Traceback" not in err
    wait_until(lambda: not any(map(alive, workers)))
    assert repository.files() == before
    assert not (repository.dist / ".pilothouse-switch").exists()
    repository.write("go", "")
    repository.good()
    assert b"core" in repository.files()["dev/web/default/configmap-web.yaml"]


def test_a_killed_run_is_made_good_by_the_next(repository: Repository, waiting: Start) -> None:
    repository.write("go", "")
    repository.good()
    before = repository.files()
    (repository.root / "go").unlink()
    repository.edit("environments/_base.yaml", "platform", "core")
    process = waiting()
    workers = until_it_builds(process)
    process.kill()
    process.wait()
    assert {path: content for path, content in repository.files().items() if not path.startswith(".")} == before
    repository.write("go", "")
    wait_until(lambda: not any(map(alive, workers)))
    assert repository.good().codes == []
    assert b"core" in repository.files()["dev/web/default/configmap-web.yaml"]
    assert not (repository.dist / ".pilothouse-switch").exists()


def test_a_run_that_is_killed_at_any_moment_is_made_good_by_the_next(repository: Repository) -> None:
    """Each time a little later, from before anything is written until after everything is."""
    repository.good()
    for number in range(12):
        colour = f"colour-{number}"
        old = repository.objects()["web"]["colour"]
        base = repository.read("environments/_base.yaml")
        current = base.split("colour: ")[1].split("}")[0]
        repository.edit("environments/_base.yaml", f"colour: {current}", f"colour: {colour}")
        process = subprocess.Popen(
            [*COMMAND, "synth"],
            cwd=repository.root,
            env=repository.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(0.05 * number)
        process.kill()
        process.wait()
        assert repository.objects()["web"]["colour"] in (old, colour)
        for _ in range(1000):  # a worker that is at work holds the lock until it is done
            run = repository.synth()
            if "another run" not in run.err:
                break
        assert (run.code, run.codes) == (0, []), (number, run.out + run.err)
        assert repository.objects()["web"]["colour"] == repository.objects("prod")["web"]["colour"] == colour
        assert not (repository.dist / ".pilothouse-switch").exists()


def limited(repository: Repository, prepare: Callable[[], None], *words: str) -> Run:
    done = subprocess.run(
        [*COMMAND, "synth", "--format", "json", *words],
        cwd=repository.root,
        env=repository.environment(),
        capture_output=True,
        preexec_fn=prepare,
        timeout=300,
    )
    run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in run.out + run.err, run.out + run.err
    return run


def test_a_full_disk_leaves_everything_as_it_was(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.edit("charts/web.py", '"cluster":', '"large": "x" * 200_000, "cluster":')

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    run = limited(repository, small)
    assert (run.code, run.out) == (2, "")
    assert "larger than this user may write" in run.err
    assert repository.files() == before
    assert not (repository.dist / ".pilothouse-switch").exists()
    assert repository.good().codes == []
    assert len(repository.objects()["web"]["large"]) == 200_000


def test_a_full_disk_for_the_cache_alone_does_not_matter(repository: Repository) -> None:
    repository.edit("charts/web.py", '"cluster":', '"large": "x" * 3_000, "cluster":')

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_300, 3_300))

    run = limited(repository, small)
    assert run.code == 0, run.err
    assert repository.good().codes == []


def plain_user() -> None:
    """Give up root's right to read and write everything, and stay the owner of one's files."""
    if os.geteuid() == 0:
        for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


def test_a_read_only_output_folder_is_told(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.edit("environments/_base.yaml", "blue", "green")
    try:
        repository.dist.chmod(0o555)
        run = limited(repository, plain_user)
        assert (run.code, run.out) == (2, "")
        assert "dist" in run.err and "permission denied" in run.err
        run = limited(repository, plain_user, "--check")
        assert run.code == 1
        assert repository.files() == before
    finally:
        repository.dist.chmod(0o755)


def test_a_read_only_repository_is_synthesized_elsewhere(repository: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    try:
        repository.root.chmod(0o555)
        run = limited(repository, plain_user, "--out", str(out))
        assert run.code == 0, run.err
        assert len(repository.files(out)) == 12
        assert not repository.cache.exists()
    finally:
        repository.root.chmod(0o755)
