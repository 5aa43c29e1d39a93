"""The next content of one environment's folder, made beside the present one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import TracebackType

from pilothouse.dist.carry import write_all
from pilothouse.dist.commit import Switched, commit_all
from pilothouse.dist.entry import Entry, digest
from pilothouse.dist.error import DistError, Problem, problem_of
from pilothouse.dist.layout import Layout, relative
from pilothouse.dist.marker import HEAD, is_ours
from pilothouse.dist.plan import Plan, make_plan
from pilothouse.dist.remove import remove_tree
from pilothouse.dist.scan import obstacle, parent

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class Stage:
    """Take the files of one environment, compare each with what stands there, and switch the folder as a whole.

    Make it with ``lock`` held and before workers are forked: ``put`` may then be called in any of them at the same
    time, for different paths. As a context manager it discards itself at the end, unless it was committed.

    :param out: the output folder; it need not exist.
    :param environment: the folder in it, ``dev`` or ``_nodes/dev``. No name in it begins with a dot.
    :param last_written: the digest (``entry.digest``) of what the last run left at each path, so that a file that was
        edited since can be told from one that is merely old; without it ``Switched.mended`` stays empty.
    :param dry: compare only: nothing is written anywhere, and ``commit`` is refused.
    :raises DistError: the environment's name would leave the folder; a killed run left something that ``recover`` must
        finish first.
    """

    def __init__(
        self, out: str, environment: str, *, last_written: Mapping[str, bytes] | None = None, dry: bool = False
    ) -> None:
        self.layout = Layout(out)
        self.environment = relative(environment, "environment")
        if any(name.startswith(".") for name in environment.split("/")):
            found = "is no environment: its name begins with a dot"
            raise DistError([Problem(repr(environment), found, "choose another name")])
        if not dry and os.path.lexists(self.layout.journal):
            found = "a run that was killed has left something unfinished"
            raise DistError([Problem(self.layout.out, found, "run again with the lock held")])
        self.last_written = last_written
        self.dry = dry
        self._standing: dict[str, str] = {}

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def put(self, path: str, content: bytes) -> Entry:
        """Say what a file shall hold. It is written to the stage if what stands there differs.

        :param path: relative to the environment's folder, with ``/``.
        :param content: all of it; its first line is ``marker.header``.
        :raises DistError: the path would leave the folder, or the stage cannot be written.
        :raises ValueError: the content lacks the first line: the next run would not know it again.
        """
        folder, _, name = path.rpartition("/")
        live = self._standing.get(folder)
        if live is None or name in ("", ".", "..") or "\0" in name or "\\" in name:
            relative(path, "path")
            live = self._look(folder)
        if not is_ours(content[:HEAD]):
            raise ValueError(f"{path}: the content does not begin with the line of marker.header")
        entry = Entry(path, "new")
        if live:
            try:
                handle = os.open(live + name, _READ)
            except OSError:  # nothing stands there, or a symlink; whatever is in the way, the plan finds it
                pass
            else:
                try:
                    present = os.read(handle, len(content) + 1)
                    if present == content:
                        return Entry(path, "same")
                    entry = _compare(handle, present, path, content)
                except OSError:  # a folder
                    pass
                finally:
                    os.close(handle)
                if entry.state == "same":
                    return entry
        if not self.dry:
            try:
                self._write(path, content)
            except OSError as error:
                raise DistError([problem_of(error, self._shown(path))]) from error
        return entry

    def keep(self, path: str) -> Entry:
        """Say that a file shall stay as it stands, without a look at it: ``tree_state`` showed that nobody touched it.

        :param path: relative to the environment's folder, with ``/``.
        """
        return Entry(path, "same")

    def plan(self, entries: Iterable[Entry]) -> Plan:
        """Compare the folder with what shall stand there; nothing is changed.

        :param entries: every file that shall stand there, each once.
        :raises DistError: everything that is in the way.
        """
        return make_plan(self.layout, self.environment, entries, self.last_written)

    def commit(self, entries: Iterable[Entry]) -> Switched:
        """Make the folder hold exactly these files, and what somebody else put there, in one step.

        :param entries: every file that shall stand there, each once, as ``put`` and ``keep`` gave them.
        :raises DistError: it cannot be done; then nothing has changed, and the stage is gone.
        """
        return commit_all([(self, entries)])[0]

    def discard(self) -> None:
        """Remove the stage. Nothing happens to the folder itself."""
        if self.dry or os.path.lexists(self.layout.journal):
            return
        environment = self.environment
        try:
            remove_tree(self.layout.stage(environment))
            while environment := parent(environment):
                os.rmdir(self.layout.stage(environment))
        except OSError:  # the next run clears it away
            pass
        self.layout.close_state()

    def _shown(self, path: str) -> str:
        return self.layout.shown(self.layout.live(self.environment, path))

    def _look(self, folder: str) -> str:
        """Find out once for each folder whether it stands there as a true folder: its path with ``/``, or empty."""
        place = self.layout.live(self.environment, folder)
        way = f"{self.environment}/{folder}" if folder else self.environment
        try:
            stands = os.path.lexists(place) and obstacle(self.layout.real, way) is None
        except OSError:
            stands = False
        self._standing[folder] = f"{place}/" if stands else ""
        return self._standing[folder]

    def _write(self, path: str, content: bytes) -> None:
        place = self.layout.stage(self.environment, path)
        try:
            handle = os.open(place, _CREATE, 0o666)
        except FileNotFoundError:
            self.layout.open_state()
            if not os.path.lexists(self.layout.ignore):
                self.layout.write_ignore()
            os.makedirs(os.path.dirname(place), exist_ok=True)
            handle = os.open(place, _CREATE, 0o666)
        except FileExistsError:
            # Put a second time. Never write into the file itself: it may be a second name of one that is in use.
            os.unlink(place)
            handle = os.open(place, _CREATE, 0o666)
        try:
            write_all(handle, content)
        finally:
            os.close(handle)


def _compare(handle: int, present: bytes, path: str, content: bytes) -> Entry:
    """Read the rest of a file that does not begin with the content: it is longer, or the system gave less than all."""
    parts = [present]
    while block := os.read(handle, 1 << 20):
        parts.append(block)
    present = b"".join(parts)
    if present == content:
        return Entry(path, "same")
    return Entry(path, "changed", digest(present)) if is_ours(present[:HEAD]) else Entry(path, "new")
