"""Workers: jobs done in forked processes, so that nothing a job does can harm the command itself."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

_HEADER = 13
_GRACE = 2.0
_WORDS = 65536
_MANY = 1_000_000
"""Objects, made and not yet freed, after which a worker looks for those that nobody can reach."""
_exit = os._exit  # as it is before charts are kept from it
_words: int | None = None
"""In a worker: where it leaves word of where it is, for the case that it is ended."""
_retired = False
_NO_OTHER = 2**32 - 1
"""What a worker is told instead of a job's number when there is no other: now do what was put off."""
_RETIRED, _OWES, _LATER, _DONE = 1, 2, 4, 8
"""What an answer is, as bits: a retiring worker's; of one that has put something off; of what was put off; the end of
that."""
_HELD = 8 << 20
"""Bytes that may wait with what is put off."""
_put_off: list[tuple[int, Callable[[], bytes]]] = []
_held = 0
_at = 0
"""In a worker: the job at hand."""


_endings: list[Callable[[], None]] = []


def at_end(ending: Callable[[], None]) -> None:
    """In a worker: call this when the process ends by itself. Elsewhere it is never called."""
    _endings.append(ending)


def leave_word() -> None:
    """In a worker: note where it is, which :class:`Died` tells if this process comes to no answer."""
    if _words is not None:
        import faulthandler

        faulthandler.dump_traceback(file=_words, all_threads=False)


def retire() -> None:
    """In a worker: end after the job at hand, because it has left something behind that the next one must not meet."""
    global _retired
    _retired = True


def put_off(work: Callable[[], bytes], size: int) -> None:
    """In a worker: do this when it has no job left, for the answer of the job at hand does not need it.

    :param work: gives what :meth:`Pool.rest` tells of this job.
    :param size: bytes that it holds until then; when these grow to be many, it is done before the next job.
    """
    global _held
    _put_off.append((_at, work))
    _held += size


class Died(NamedTuple):
    """A job whose process ended before it had answered."""

    timed_out: bool
    """True where it was ended because it took too long."""
    status: int
    """The process's exit status; minus the signal's number where a signal ended it."""
    trace: str = ""
    """Where it was, as ``faulthandler`` writes stacks; empty where it could not say."""


class _Lifeline:
    """What ends a worker when the command ends, however it ends: a pipe whose one end only the command holds."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def hold(self) -> None:
        """In a worker: end with the command."""
        import fcntl

        if hasattr(fcntl, "F_SETSIG"):
            # The kernel does it by itself, whatever this process is at.
            fcntl.fcntl(self._read, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(self._read, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(self._read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                self._wait()
        else:
            import threading

            threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        os.read(self._read, 1)  # nobody writes: it comes to its end when the command does
        _exit(1)

    def close(self) -> None:
        """Let go of the end that the command holds: the worker ends, if it has not."""
        os.close(self._write)

    def close_other(self) -> None:
        """In the command: let go of the worker's own end."""
        os.close(self._read)


class _Worker:
    """One forked process, the pipes to it, and the job it is at."""

    def __init__(self, work: Callable[[int], bytes], others: Sequence[_Worker]) -> None:
        job_end, self._jobs = os.pipe()
        self.results, result_end = os.pipe()
        _widen(result_end)
        self._words, word_end = os.pipe()
        os.set_blocking(self._words, False)
        os.set_blocking(word_end, False)
        self._lifeline = _Lifeline()
        self.job: int | None = None
        self._dismissed = False
        self.since = 0.0
        self._buffer = bytearray()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            for other in others:
                other.close()
            self.close()
            self._lifeline.hold()
            _serve(work, job_end, result_end, word_end)
        for end in (job_end, result_end, word_end):
            os.close(end)
        self._lifeline.close_other()

    def give(self, job: int) -> None:
        self.job = job
        self.since = time.monotonic()
        os.write(self._jobs, job.to_bytes(4, "big"))

    def take(self) -> list[tuple[int, int, bytes]]:
        """What has arrived: jobs, what each answer is, and the answers. Raises EOFError where the process is gone."""
        chunk = os.read(self.results, 1 << 20)
        if not chunk:
            raise EOFError
        self._buffer += chunk
        found = []
        while len(self._buffer) >= _HEADER:
            size = int.from_bytes(self._buffer[4:12], "big")
            if len(self._buffer) < _HEADER + size:
                break
            content = bytes(self._buffer[_HEADER : _HEADER + size])
            found.append((int.from_bytes(self._buffer[:4], "big"), self._buffer[12], content))
            del self._buffer[: _HEADER + size]
        return found

    def last_words(self) -> str:
        """What the process, which is gone, has said of where it was."""
        try:
            return os.read(self._words, _WORDS).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    def close(self) -> None:
        """Let go of every pipe. A worker that is at nothing ends by itself before: :meth:`dismiss` it, and wait."""
        self.dismiss()
        for end in (self.results, self._words):
            os.close(end)
        self._lifeline.close()

    def dismiss(self) -> None:
        """Give it no more jobs: it ends when it has done what it is at."""
        if not self._dismissed:
            self._dismissed = True
            os.close(self._jobs)

    def end(self, *, kill: bool) -> int:
        """Let the process end, or end it, and wait for it: its exit status, or minus the signal that ended it."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _serve(work: Callable[[int], bytes], job_end: int, result_end: int, word_end: int) -> None:
    """The life of a worker: it never returns into the command it was forked from."""
    import faulthandler

    global _words, _at
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()
        gc.freeze()
        _words = word_end
        faulthandler.enable(file=word_end, all_threads=False)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # the command's own input is no job's to read
        os.close(nothing)
        while not _retired and (job := os.read(job_end, 4)):
            _at = int.from_bytes(job, "big")
            if _at == _NO_OTHER:
                _catch_up(result_end)
                _answer(result_end, _at, _DONE, b"")
                continue
            answer = work(_at)
            if _retired or _held > _HELD:
                _catch_up(result_end)
            _answer(result_end, _at, (_RETIRED if _retired else 0) | (_OWES if _put_off else 0), answer)
            del answer
            if gc.get_count()[0] > _MANY:
                gc.collect()  # a job's objects hold each other: without it, all of them would stay to the end
        status = 0
    except BrokenPipeError:
        status = 0
    except BaseException:
        import traceback

        _write(word_end, traceback.format_exc().encode("utf-8", "backslashreplace")[-_WORDS // 2 :])
    finally:
        for ending in _endings:
            with contextlib.suppress(Exception):
                ending()
        _exit(status)


def _catch_up(result_end: int) -> None:
    """Do what was put off."""
    global _held
    while _put_off:
        job, work = _put_off.pop(0)
        _answer(result_end, job, _LATER, work())
    _held = 0


def _answer(result_end: int, job: int, bits: int, content: bytes) -> None:
    _write(result_end, job.to_bytes(4, "big") + len(content).to_bytes(8, "big") + bytes([bits]))
    _write(result_end, content)


def _widen(pipe: int) -> None:
    """Let a pipe hold more, where the system can: who writes into it need not wait for whoever is busy."""
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


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
        self._rest: dict[int, bytes] = {}
        for _ in range(min(processes, count)):
            self._start()

    def _start(self) -> None:
        worker = _Worker(self._work, self._workers)
        self._workers.append(worker)
        worker.give(self._waiting.pop())

    def answers(self, meanwhile: Iterator[None] | None = None) -> Iterator[tuple[int, bytes | Died]]:
        """Every job's number and answer, in the order in which they arrive.

        :param meanwhile: something useful to do in small steps until the first answer is there; it is not finished
            for its own sake.
        """
        while any(worker.job not in (None, _NO_OTHER) for worker in self._workers):
            busy = self._busy()
            if meanwhile is not None and not select.select([worker.results for worker in busy], [], [], 0)[0]:
                meanwhile = None if next(meanwhile, self) is self else meanwhile
                continue
            meanwhile = None
            yield from self._listen(busy)

    def rest(self) -> dict[int, bytes]:
        """What was put off, under the numbers of its jobs; that of processes which came to no end is not there.

        Ask when there are no answers left. In between, the processes are at it.
        """
        for worker in self._busy():
            worker.since = time.monotonic()
        while busy := self._busy():
            for _ in self._listen(busy):
                pass
        return self._rest

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.job is not None]

    def _listen(self, busy: list[_Worker]) -> Iterator[tuple[int, bytes | Died]]:
        """What the next to say something say, or those that have been silent for too long."""
        patience = min(worker.since for worker in busy) + self._limit + _GRACE - time.monotonic()
        ready = select.select([worker.results for worker in busy], [], [], max(patience, 0.0))[0]
        for worker in busy:
            if worker.results in ready:
                yield from self._advance(worker)
            elif time.monotonic() - worker.since > self._limit + _GRACE:
                yield from self._bury(worker, timed_out=True)

    def _advance(self, worker: _Worker) -> Iterator[tuple[int, bytes | Died]]:
        try:
            arrived = worker.take()
        except EOFError:
            yield from self._bury(worker, timed_out=False)
            return
        for number, bits, content in arrived:
            worker.since = time.monotonic()
            if bits & _LATER:
                self._rest[number] = content
                continue
            worker.job = None
            if bits & _DONE:
                continue
            if bits & _RETIRED:
                self._replace(worker, kill=False)
            elif self._waiting:
                worker.give(self._waiting.pop())
            elif bits & _OWES:
                worker.give(_NO_OTHER)
            yield number, content

    def _replace(self, worker: _Worker, *, kill: bool) -> tuple[int, str]:
        """Let one process go, and start another where there is work left: its exit status and its last words."""
        self._workers.remove(worker)
        status = worker.end(kill=kill)
        words = worker.last_words()
        worker.close()
        if self._waiting:
            self._start()
        return status, words

    def _bury(self, worker: _Worker, *, timed_out: bool) -> Iterator[tuple[int, Died]]:
        job = worker.job
        assert job is not None
        # One that has closed its pipe may be alive; one that has ended keeps the status that it ended with.
        died = Died(timed_out, *self._replace(worker, kill=True))
        if job != _NO_OTHER:
            yield job, died

    def close(self, *, kill: bool = False) -> None:
        """End every process and wait until it is gone.

        :param kill: end them at once, whatever they are at.
        """
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.end(kill=kill or worker.job is not None)
            worker.close()
