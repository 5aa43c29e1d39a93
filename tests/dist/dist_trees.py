"""Trees as values, and the ways in which a run can be disturbed: shared by the tests of this folder."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pilothouse.dist import carry, rename, switch
from pilothouse.dist.commit import Switched, commit_all
from pilothouse.dist.lock import lock
from pilothouse.dist.marker import header
from pilothouse.dist.stage import Stage


class Link(NamedTuple):
    """A symlink."""

    target: str


class Pipe(NamedTuple):
    """A named pipe: something that is neither file, folder nor symlink."""


Node = bytes | Link | Pipe | dict[str, Any]
"""A file's content, or a folder's entries."""


def ours(text: str) -> bytes:
    """A generated file."""
    return f"{header('charts/kubia.py')}\n{text}".encode()


def plant(path: str, node: Node | None) -> None:
    """Make a tree; None makes nothing."""
    if isinstance(node, dict):
        os.makedirs(path, exist_ok=True)
        for name, child in node.items():
            plant(f"{path}/{name}", child)
    elif isinstance(node, bytes):
        with open(path, "wb") as file:
            file.write(node)
    elif isinstance(node, Link):
        os.symlink(node.target, path)
    elif isinstance(node, Pipe):
        os.mkfifo(path)


def harvest(path: str) -> Node | None:
    """Read a tree back; None where nothing stands."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return {name: harvest(f"{path}/{name}") for name in sorted(os.listdir(path))}
    if stat.S_ISLNK(mode):
        return Link(os.readlink(path))
    if not stat.S_ISREG(mode):
        return Pipe()
    with open(path, "rb") as file:
        return file.read()


def flat(node: Node | None, prefix: str = "") -> dict[str, Node]:
    """Every path of a tree that is no folder, with what it is."""
    if isinstance(node, dict):
        found: dict[str, Node] = {}
        for name, child in node.items():
            found |= flat(child, f"{prefix}/{name}" if prefix else name)
        return found
    return {} if node is None else {prefix: node}


def facts(path: str) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file below a folder."""
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            info = os.lstat(f"{folder}/{name}")
            found[os.path.relpath(f"{folder}/{name}", path)] = (info.st_ino, info.st_mtime_ns)
    return found


def everything(path: str) -> dict[str, os.stat_result]:
    """All that the system tells of a folder and everything below it, but for when it was last read."""
    found = {".": os.lstat(path)}
    for folder, folders, names in os.walk(path):
        for name in folders + names:
            found[os.path.relpath(f"{folder}/{name}", path)] = os.lstat(f"{folder}/{name}")
    return {
        name: (i.st_mode, i.st_ino, i.st_nlink, i.st_uid, i.st_size, i.st_mtime_ns, i.st_ctime_ns)  # type: ignore[misc]
        for name, i in found.items()
    }


def wanted_tree(files: dict[str, bytes]) -> dict[str, Any]:
    """The tree that holds these files and nothing else."""
    tree: dict[str, Any] = {}
    for path, content in files.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = content
    return tree


def write(out: str, environments: dict[str, dict[str, bytes]], **options: Any) -> dict[str, Switched]:
    """One whole run."""
    with lock(out):
        stages = [Stage(out, environment, **options) for environment in environments]
        try:
            pairs = [
                (stage, [stage.put(path, content) for path, content in files.items()])
                for stage, files in zip(stages, environments.values(), strict=True)
            ]
            return dict(zip(environments, commit_all(pairs), strict=True))
        finally:
            for stage in stages:
                stage.discard()


# What a system may lack.


@contextmanager
def without_exchange() -> Iterator[None]:
    """A system that cannot exchange two paths in one step."""

    def refuse(one: str, other: str) -> None:
        raise rename.CannotExchangeError

    kept, switch.exchange = switch.exchange, refuse
    try:
        yield
    finally:
        switch.exchange = kept


@contextmanager
def without_links() -> Iterator[None]:
    """A file system that has neither hard links nor the exchange."""

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    kept, carry.os.link = os.link, refuse  # type: ignore[attr-defined]
    try:
        with without_exchange():
            yield
    finally:
        os.link = kept  # type: ignore[assignment]


@contextmanager
def as_it_is() -> Iterator[None]:
    """This machine's own system."""
    yield


SYSTEMS = {"as it is": as_it_is, "without exchange": without_exchange, "without links": without_links}


# What may happen at any step.

_STEPS = [
    "open",
    "write",
    "pwrite",
    "ftruncate",
    "mkdir",
    "rmdir",
    "link",
    "symlink",
    "rename",
    "unlink",
    "chmod",
    "fchmod",
    "chown",
    "utime",
]


class Disturbance:
    """Counts the steps that change something on the disk, and does something at one of them.

    :param at: the step, from 1.
    :param what: ``kill`` ends the process as ``kill -9`` does; an exception is raised once.
    """

    def __init__(self, at: int, what: str | BaseException) -> None:
        self.at = at
        self.what = what
        self.steps = 0

    def _step(self, half: Callable[[], Any] | None = None) -> None:
        self.steps += 1
        if self.steps == self.at:
            if isinstance(self.what, BaseException):
                raise self.what
            if half:
                half()
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def active(self) -> Iterator[Disturbance]:
        kept = {name: getattr(os, name) for name in _STEPS}
        kept_exchange = switch.exchange

        def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **options: Any) -> Any:
                if name == "open" and not args[1] & (os.O_CREAT | os.O_TRUNC):
                    return function(*args, **options)
                # A process can end in the middle of a write, but in the middle of nothing else here.
                half = (lambda: function(args[0], args[1][: len(args[1]) // 2])) if name == "write" else None
                self._step(half)
                return function(*args, **options)

            return call

        for name, function in kept.items():
            setattr(os, name, wrap(name, function))
        switch.exchange = wrap("exchange", kept_exchange)
        try:
            yield self
        finally:
            for name, function in kept.items():
                setattr(os, name, function)
            switch.exchange = kept_exchange


def in_child(function: Callable[[], Any]) -> tuple[bool, Any]:
    """Run a function in a process of its own.

    :returns: whether it was killed, and what the function returned.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            result = pickle.dumps(function())
            while result:
                result = result[os.write(writing, result) :]
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        result = pipe.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True, None
    assert os.WEXITSTATUS(status) == 0, "the function raised: its traceback stands above"
    return False, pickle.loads(result)


def as_plain_user(function: Callable[[], Any]) -> Any:
    """Run a function without root's right to write everywhere; for anyone else, as they are."""
    rename._system_call()

    def run() -> Any:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        return function()

    return in_child(run)[1]
