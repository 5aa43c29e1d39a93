"""What ``test_workers`` runs in a process of its own: it forks, and looks at every child of its process."""

from __future__ import annotations

import os
import signal
import time

import pytest

from pilothouse import workers
from pilothouse.workers import Died, Pool


def answers(
    work: object, count: int, *, processes: int = 2, limit: float = 30.0, kill: bool = False
) -> dict[int, bytes | Died]:
    assert callable(work)
    pool = Pool(work, count, processes=processes, limit=limit)
    try:
        return dict(pool.answers())
    finally:
        pool.close(kill=kill)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)  # none is left


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_every_job_is_answered(processes: int) -> None:
    found = answers(lambda number: bytes([number]) * number * 1000, 20, processes=processes)
    assert found == {number: bytes([number]) * number * 1000 for number in range(20)}


def test_answers_may_be_empty_or_larger_than_a_pipe() -> None:
    found = answers(lambda number: b"x" * (number * 5_000_000), 3)
    assert {number: len(answer) for number, answer in found.items()} == {0: 0, 1: 5_000_000, 2: 10_000_000}


def test_a_process_that_ends_costs_its_own_job_alone() -> None:
    def work(number: int) -> bytes:
        if number == 1:
            os._exit(3)
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        if number == 3:
            raise ValueError("no answer")
        if number == 4:
            os.closerange(3, 100)
            time.sleep(600)
        return b"done"

    found = answers(work, 7)
    assert {number for number, answer in found.items() if answer == b"done"} == {0, 5, 6}
    died = {number: answer for number, answer in found.items() if isinstance(answer, Died)}
    assert (died[1].timed_out, died[1].status) == (False, 3)
    assert (died[2].timed_out, died[2].status) == (False, -signal.SIGSEGV)
    assert "worker_processes.py" in died[2].trace
    assert died[3].status == 1
    assert "ValueError: no answer" in died[3].trace
    assert died[4].status == -signal.SIGKILL


def test_a_job_that_takes_too_long_is_ended_and_says_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_GRACE", 0.2)

    def stuck() -> None:
        signal.signal(signal.SIGALRM, lambda *_: workers.leave_word())
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        while True:
            pass

    found = answers(lambda number: stuck() or b"" if number == 0 else b"done", 3, limit=0.3)
    died = found.pop(0)
    assert isinstance(died, Died)
    assert died.timed_out
    assert "in stuck" in died.trace
    assert found == {1: b"done", 2: b"done"}


def test_a_process_that_retires_does_no_further_job() -> None:
    def work(number: int) -> bytes:
        workers.retire()
        return str(os.getpid()).encode()

    found = answers(work, 4, processes=1)
    assert len(set(found.values())) == 4


def test_what_shall_happen_at_the_end_happens(tmp_path: object) -> None:
    def work(number: int) -> bytes:
        workers.at_end(lambda: open(f"{tmp_path}/{number}", "w").close())
        return b""

    answers(work, 2, processes=1)
    assert sorted(os.listdir(str(tmp_path))) == ["0", "1"]


@pytest.mark.parametrize("by_thread", [False, True], ids=["by the kernel", "by a thread"])
def test_workers_end_with_whoever_started_them(by_thread: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if by_thread:
        import fcntl

        monkeypatch.delattr(fcntl, "F_SETSIG", raising=False)
    told, tell = os.pipe()
    middle = os.fork()
    if middle == 0:

        def work(number: int) -> bytes:
            os.write(tell, b"%d\n" % os.getpid())
            while True:
                pass

        pool = Pool(work, 2, processes=2, limit=600)
        list(pool.answers())
        os._exit(0)
    os.close(tell)
    heard = b""
    while heard.count(b"\n") < 2:
        heard += os.read(told, 100)
    os.kill(middle, signal.SIGKILL)
    os.waitpid(middle, 0)
    # The workers hold the other end of this pipe: it comes to its end when the last of them has ended.
    assert os.read(told, 100) == b""
    os.close(told)
