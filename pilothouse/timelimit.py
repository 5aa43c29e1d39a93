"""Time limit: a chart that runs for too long is ended at the line where it is."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from pilothouse import origin, workers
from pilothouse.finding import Position


def words(seconds: float) -> str:
    """What is said of a chart that took longer."""
    return f"the chart took longer than {seconds:g} seconds and was ended"


class TooLong(BaseException):
    """Raised in a chart that runs longer than it may."""

    def __init__(self, seconds: float, position: Position | None) -> None:
        super().__init__(words(seconds))
        self.position = position
        """The author's line that was running; None where it was none of the author's."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Run for so long at most.

    A chart that swallows the first ring hears it again, and leaves each time where it was: whoever ends its process
    in the end finds that out from :class:`pilothouse.workers.Died`.

    :raises TooLong: where it takes longer.
    """
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if not armed:
            return
        workers.leave_word()
        while frame is not None and not origin.is_authors(frame):
            frame = frame.f_back
        if frame is None:
            raise TooLong(seconds, None)
        raise TooLong(seconds, Position(file=origin.relative(frame.f_code.co_filename), line=frame.f_lineno))

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        # A ring may come in between these very lines.
        with contextlib.suppress(TooLong):
            armed = False
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
