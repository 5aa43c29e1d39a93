"""Where things stand below the output folder, and which relative paths are taken."""

from __future__ import annotations

import os
from contextlib import suppress

from pilothouse.dist.error import DistError, Problem, shown
from pilothouse.dist.scan import kind_of
from pilothouse.dist.state import STATE as STATE


class Layout:
    """The paths of one output folder.

    It is resolved once, so that it may itself be a symlink; below it no symlink is followed.

    :param out: the output folder as the user gave it; it need not exist.
    """

    def __init__(self, out: str) -> None:
        self.out = os.path.normpath(out)
        self.real = os.path.realpath(out)
        self.state = os.path.join(self.real, STATE)
        self.lock = os.path.join(self.state, "lock")
        self.ignore = os.path.join(self.state, ".gitignore")
        self.journal = os.path.join(self.state, "journal")

    def live(self, environment: str, path: str = "") -> str:
        """Where an environment, or a path in it, stands."""
        return _join(self.real, environment, path)

    def stage(self, environment: str, path: str = "") -> str:
        """Where its next content is made; after the switch, where the old content stands."""
        return _join(os.path.join(self.state, "next"), environment, path)

    def saved(self, environment: str, path: str = "") -> str:
        """Where its old content stands if the system cannot exchange two folders in one step."""
        return _join(os.path.join(self.state, "old"), environment, path)

    def shown(self, path: str | bytes | None) -> str:
        """The path as the user named the output folder."""
        return shown(self.out, self.real, path)

    def open_state(self) -> bool:
        """Make the folder for what is under way, and the output folder where there is none.

        :returns: True if the output folder was made.
        :raises DistError: the folder's place is taken by something else.
        :raises OSError: it cannot be made.
        """
        made = False
        while True:
            try:
                os.mkdir(self.state)
            except FileNotFoundError:
                os.makedirs(self.real, exist_ok=True)
                made = True
                continue
            except FileExistsError:
                pass
            try:
                kind = kind_of(os.lstat(self.state).st_mode)
            except FileNotFoundError:
                continue  # the run before this one has just removed it
            if kind != "a folder":
                found = f"is {kind}, and Pilothouse needs a folder of this name while it writes"
                raise DistError([Problem(self.shown(self.state), found, "move it away")])
            return made

    def write_ignore(self) -> None:
        """Make git blind to what is under way."""
        handle = os.open(self.ignore, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
        try:
            os.write(handle, b"*\n")
        finally:
            os.close(handle)

    def close_state(self, locked: bool = False) -> None:
        """Remove the folder for what is under way, unless something is.

        :param locked: the lock is this process's own, and goes as well.
        """
        for folder in ("next", "old"):
            _remove_empty(os.path.join(self.state, folder))
        try:
            under_way = set(os.listdir(self.state)) - {".gitignore"}
        except OSError:
            return
        if not under_way - ({"lock"} if locked else set()):
            with suppress(OSError):
                os.unlink(self.ignore)
        # The lock goes after all else: as long as it stands, no other run makes anything here.
        if locked:
            with suppress(OSError):
                os.unlink(self.lock)
        _remove_empty(self.state)


def relative(path: str, what: str) -> str:
    """Take a relative path only if it stays below its root, whatever the file system.

    :param path: names joined with ``/``.
    :param what: what the path is, for the message.
    :raises DistError: it is empty or absolute, or one of its names is empty, ``.`` or ``..`` or has a NUL or backslash.
    """
    for name in path.split("/"):
        if name in ("", ".", "..") or "\0" in name or "\\" in name:
            found = f"is no {what}: it must be names joined with /, none of them empty, . or .."
            raise DistError([Problem(repr(path), found, "choose another name")])
    return path


def _join(root: str, environment: str, path: str) -> str:
    return f"{root}/{environment}/{path}" if path else f"{root}/{environment}"


def _remove_empty(folder: str) -> None:
    with suppress(OSError):
        os.rmdir(folder)
