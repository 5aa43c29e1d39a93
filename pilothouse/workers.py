"""Workers: jobs done in forked processes, so that nothing a job does can harm the command itself."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

_HEADER = 12
_GRACE = 2.0


class Died(NamedTuple):
    """A job whose process ended before it had answered."""

    timed_out: bool
    """True where it was ended because it took too long."""
    status: int
    """The process's exit status; minus the signal's number where a signal ended it."""


class _Worker:
    """One forked process, the pipes to it, and the job it is at."""

    def __init__(self, work: Callable[[int], bytes], others: Sequence[_Worker]) -> None:
        job_end, self._jobs = os.pipe()
        self.results, result_end = os.pipe()
        self.job: int | None = None
        self.since = 0.0
        self._buffer = bytearray()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            for other in others:
                other.close()
            self.close()
            _serve(work, job_end, result_end)
        os.close(job_end)
        os.close(result_end)

    def give(self, job: int) -> None:
        self.job = job
        self.since = time.monotonic()
        os.write(self._jobs, job.to_bytes(4, "big"))

    def take(self) -> tuple[int, bytes] | None:
        """The next answer, as far as it has arrived. Raises EOFError where the process is gone."""
        chunk = os.read(self.results, 1 << 20)
        if not chunk:
            raise EOFError
        self._buffer += chunk
        if len(self._buffer) < _HEADER:
            return None
        size = int.from_bytes(self._buffer[4:_HEADER], "big")
        if len(self._buffer) < _HEADER + size:
            return None
        answer = int.from_bytes(self._buffer[:4], "big"), bytes(self._buffer[_HEADER : _HEADER + size])
        del self._buffer[: _HEADER + size]
        self.job = None
        return answer

    def close(self) -> None:
        os.close(self._jobs)
        os.close(self.results)

    def end(self, *, kill: bool) -> int:
        """Let the process end, or end it, and wait for it: its exit status, or minus the signal that ended it."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _serve(work: Callable[[int], bytes], job_end: int, result_end: int) -> None:
    """The life of a worker: it never returns into the command it was forked from."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()
        while job := os.read(job_end, 4):
            answer = work(int.from_bytes(job, "big"))
            _write(result_end, job + len(answer).to_bytes(8, "big"))
            _write(result_end, answer)
        status = 0
    except BrokenPipeError:
        status = 0
    finally:
        os._exit(status)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


class Pool:
    """A few forked processes that do numbered jobs, each in turn as it is free.

    :param work: does one job: takes its number, returns the answer's bytes. It runs in a forked process.
    :param count: how many jobs there are: they are numbered from 0.
    :param processes: how many processes to use at most.
    :param limit: seconds that one job may take; after that its process is killed and the job has died.
    """

    def __init__(self, work: Callable[[int], bytes], count: int, *, processes: int, limit: float) -> None:
        self._work = work
        self._limit = limit
        self._waiting = list(range(count - 1, -1, -1))
        self._workers: list[_Worker] = []
        for _ in range(min(processes, count)):
            self._start()

    def _start(self) -> None:
        worker = _Worker(self._work, self._workers)
        self._workers.append(worker)
        worker.give(self._waiting.pop())

    def answers(self) -> Iterator[tuple[int, bytes | Died]]:
        """Every job's number and answer, in the order in which they arrive."""
        while busy := [worker for worker in self._workers if worker.job is not None]:
            patience = min(worker.since for worker in busy) + self._limit + _GRACE - time.monotonic()
            ready = select.select([worker.results for worker in busy], [], [], max(patience, 0.0))[0]
            for worker in busy:
                if worker.results in ready:
                    yield from self._advance(worker)
                elif time.monotonic() - worker.since > self._limit + _GRACE:
                    yield self._bury(worker, timed_out=True)

    def _advance(self, worker: _Worker) -> Iterator[tuple[int, bytes | Died]]:
        try:
            answer = worker.take()
        except EOFError:
            yield self._bury(worker, timed_out=False)
            return
        if answer is not None:
            if self._waiting:
                worker.give(self._waiting.pop())
            yield answer

    def _bury(self, worker: _Worker, *, timed_out: bool) -> tuple[int, Died]:
        job = worker.job
        assert job is not None
        self._workers.remove(worker)
        worker.close()
        status = worker.end(kill=timed_out)
        if self._waiting:
            self._start()
        return job, Died(timed_out, status)

    def close(self, *, kill: bool = False) -> None:
        """End every process and wait until it is gone.

        :param kill: end them at once, whatever they are at.
        """
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.close()
        for worker in workers:
            worker.end(kill=kill or worker.job is not None)
