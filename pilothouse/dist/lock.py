"""One run at a time for each output folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pilothouse.dist.error import DistError, Problem, problem_of
from pilothouse.dist.journal import recover
from pilothouse.dist.layout import Layout


@contextmanager
def lock(out: str) -> Iterator[bool]:
    """Hold the output folder, and finish or clear away what a killed run left in it.

    The lock is the system's own (flock), so it ends with the process that holds it and with the workers that were
    forked from it. The folder for it is made, and removed again at the end if nothing is left in it.

    :param out: the output folder; it is made where there is none.
    :returns: True if a killed run had left something.
    :raises DistError: another run holds it; it cannot be written in.
    """
    layout = Layout(out)
    owner = os.getpid()
    with _told(layout):
        handle, made = _acquire(layout)
    try:
        with _told(layout):
            layout.write_ignore()
            recovered = recover(out)
        yield recovered
    finally:
        # A forked worker that leaves by this way must not take the lock from its parent.
        if os.getpid() == owner:
            _release(layout, handle, made)


@contextmanager
def _told(layout: Layout) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DistError([problem_of(error, layout.shown(error.filename))]) from error


def _acquire(layout: Layout) -> tuple[int, bool]:
    made = False
    while True:
        made |= layout.open_state()
        try:
            handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:
            continue  # the run before this one has just removed the folder
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The run before this one may have removed the very file that was opened here.
            if os.path.lexists(layout.lock) and os.path.samestat(os.lstat(layout.lock), os.fstat(handle)):
                os.ftruncate(handle, 0)
                os.pwrite(handle, b"%d\n" % os.getpid(), 0)
                return handle, made
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            os.close(handle)
            found = f"another run of Pilothouse{f' (process {holder})' if holder else ''} is writing there"
            raise DistError([Problem(layout.out, found, "wait until it has ended, or end it")]) from None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _release(layout: Layout, handle: int, made: bool) -> None:
    try:
        layout.close_state(locked=True)
        if made:
            with suppress(OSError):
                os.rmdir(layout.real)
    finally:
        os.close(handle)
