"""Purity: what a chart must not touch is a finding, and what reaches beyond its build does not happen.

A chart is a function of its values, its environment and files of the repository. Python's audit hook tells of every
file, process and connection; the clock, chance and the machine are guarded where they are asked. It is switched on
once, in a process that only builds charts.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import os
import random
import sys
import time
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from pilothouse import origin, reads, watch

_AS_VALUE = "put it into the environment file as a value, so that a rebuild gives the same"
_AS_INPUT = "give the chart what it needs as a value or as a file of the repository"
_NO_TRACE = "a chart changes nothing: it adds objects, and Pilothouse writes them"
_SEEDED = "draw from a random.Random(seed) of your own, or put the number into the environment file as a value"
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def start() -> None:
    """Begin to watch this process; there is no way back."""
    reads.start()
    sys.addaudithook(_audit)
    _guard_clock()
    _guard_chance()
    _guard_machine()


def _audit(event: str, args: tuple[Any, ...]) -> None:
    handler = _EVENTS.get(event)
    if handler is not None and watch.current is not None:
        handler(args)


def refuse(what: str, fix: str, frame: FrameType) -> None:
    """Note what a chart is about to do, and keep it from happening.

    :param what: as in "the chart opens a network connection".
    :param fix: what to do instead.
    :param frame: the author's, where it happens.
    :raises ImpureError: always.
    """
    if watch.current is not None:
        watch.current.impure(frame, what, fix)
    raise watch.ImpureError(f"a chart {what}")


def _opened(args: tuple[Any, ...]) -> None:
    path, _mode, flags = args
    if isinstance(path, int) or path is None:
        return
    if not (isinstance(flags, int) and flags & _WRITES):
        reads.opened(path)
        return
    name = os.path.abspath(os.fsdecode(path))
    frame = watch.authors_caller(2)
    if frame is not None and not name.startswith("/dev/"):
        refuse(f"writes the file {origin.relative(name)}", _NO_TRACE, frame)


def _listed(args: tuple[Any, ...]) -> None:
    if not (args and isinstance(args[0], int)):
        reads.listed(args[0] if args else None)


def _refused(what: str, fix: str) -> Callable[[tuple[Any, ...]], None]:
    """Refuses it to everyone but the engine, and cdk8s for itself: it stands at the author's line all the same."""

    def handler(args: tuple[Any, ...]) -> None:
        frame = watch.caller(2)
        if frame is not None and not watch.is_ours(frame):
            refuse(what, fix, origin.authors_frame(2) or frame)

    return handler


def _authors_refused(what: str, fix: str) -> Callable[[tuple[Any, ...]], None]:
    """Refuses it to the author's own code only: libraries may keep house."""

    def handler(args: tuple[Any, ...]) -> None:
        frame = watch.authors_caller(2)
        if frame is not None:
            refuse(what, fix, frame)

    return handler


_network = _refused("opens a network connection", _AS_INPUT)
_process = _refused("starts another process", _AS_INPUT)
_change = _authors_refused("changes files", _NO_TRACE)
_signal = _refused("sends a signal", "a chart ends by returning, or by raising an exception")
_EVENTS: dict[str, Callable[[tuple[Any, ...]], None]] = {
    "open": _opened,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "socket.connect": _network,
    "socket.getaddrinfo": _network,
    "socket.gethostbyname": _network,
    "socket.gethostbyaddr": _network,
    "socket.bind": _network,
    "socket.sendto": _network,
    "socket.sendmsg": _network,
    "socket.gethostname": _authors_refused("asks for the machine's name", _AS_VALUE),
    "subprocess.Popen": _process,
    "os.system": _process,
    "os.posix_spawn": _process,
    "os.fork": _process,
    "os.forkpty": _process,
    "os.exec": _process,
    "os.kill": _signal,
    "os.killpg": _signal,
    "signal.pthread_kill": _signal,
    "builtins.input": _refused("asks for input", _AS_INPUT),
    "os.mkdir": _change,
    "os.remove": _change,
    "os.rename": _change,
    "os.rmdir": _change,
    "os.symlink": _change,
    "os.link": _change,
    "os.chmod": _change,
    "os.chown": _change,
    "os.truncate": _change,
    "os.utime": _change,
    "os.chdir": _authors_refused("changes the working folder", "name files by __file__ of the module"),
    "os.putenv": _authors_refused("sets an environment variable", _AS_VALUE),
    "os.unsetenv": _authors_refused("removes an environment variable", _AS_VALUE),
    "sqlite3.connect": _authors_refused("opens a database", _AS_INPUT),
}

_Given = Callable[[tuple[Any, ...], dict[str, Any]], bool]


def _guard(holder: Any, name: str, what: str, fix: str, *, pure: _Given | None = None) -> None:
    """Make a function note that the author's code called it.

    :param pure: whether its arguments make its answer depend on nothing else.
    """
    real = getattr(holder, name, None)
    if real is None:
        return

    def guarded(*args: Any, **options: Any) -> Any:
        if watch.current is not None and not (pure is not None and pure(args, options)):
            frame = watch.authors_caller(plumbing=True)
            if frame is not None:
                watch.current.impure(frame, what, fix)
        return real(*args, **options)

    guarded.__name__, guarded.__doc__ = name, real.__doc__
    setattr(holder, name, guarded)


def _first(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    return bool(args) and args[0] is not None


def _second(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    return len(args) > 1


def _guard_clock() -> None:
    for clock in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime"):
        for name in (clock, f"{clock}_ns"):
            _guard(time, name, f"reads the clock (time.{name})", _AS_VALUE)
    for name in ("localtime", "gmtime", "ctime", "asctime"):
        _guard(time, name, f"reads the clock (time.{name})", _AS_VALUE, pure=_first)
    _guard(time, "strftime", "reads the clock (time.strftime)", _AS_VALUE, pure=_second)
    setattr(builtins, _CLOCK, _clock)


def _guard_chance() -> None:
    for name in random.__all__:
        drawn = getattr(random, name)
        if getattr(drawn, "__self__", None) is not None and name not in ("seed", "getstate", "setstate"):
            _guard(random, name, f"draws at random (random.{name})", _SEEDED)

    def seeded(args: tuple[Any, ...], options: dict[str, Any]) -> bool:
        return (args[1] if len(args) > 1 else options.get("a")) is not None

    _guard(random.Random, "seed", "draws at random (random.Random without a seed)", _SEEDED, pure=seeded)
    _guard(random, "_urandom", "draws at random (random.SystemRandom)", _AS_VALUE)
    _guard(os, "urandom", "draws at random (os.urandom)", _AS_VALUE)
    _guard(os, "getrandom", "draws at random (os.getrandom)", _AS_VALUE)
    for module in filter(None, (_module("_uuid"), sys.modules.get("uuid"))):
        for name in ("generate_time_safe", "_generate_time_safe"):
            _guard(module, name, "draws at random (uuid.uuid1)", _AS_VALUE)


def _module(name: str) -> ModuleType | None:
    """A module that not every Python has."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _guard_machine() -> None:
    for name in ("getpid", "getppid", "getlogin", "uname", "cpu_count", "getloadavg"):
        _guard(os, name, f"asks the machine it runs on (os.{name})", _AS_VALUE)
    for name in ("_exit", "abort"):
        _end(name)


def _end(name: str) -> None:
    real = getattr(os, name)

    def guarded(*args: Any) -> Any:
        frame = watch.authors_caller()
        if frame is not None and watch.current is not None:
            refuse(f"ends its process (os.{name})", "a chart ends by returning, or by raising an exception", frame)
        return real(*args)

    setattr(os, name, guarded)


# datetime's classes take no new methods, and a class in their place would not be theirs: types, pickles and msgspec
# tell them apart. So it is the author's own code that asks first, wherever it takes one of these three from anything.

_CLOCK = "__pilothouse_clock__"
_METHODS = frozenset({"now", "today", "utcnow"})


def _clock(holder: Any, name: str) -> Any:
    """``holder.name`` in the author's code, which is the clock where the holder is one of datetime's classes."""
    import datetime

    if isinstance(holder, type) and issubclass(holder, datetime.date) and watch.current is not None:
        kind = "datetime" if issubclass(holder, datetime.datetime) else "date"
        frame = watch.authors_caller()
        if frame is not None:
            watch.current.impure(frame, f"reads the clock (datetime.{kind}.{name})", _AS_VALUE)
    return getattr(holder, name)


class _AsksFirst(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr not in _METHODS or not isinstance(node.ctx, ast.Load):
            return node
        call = ast.Call(ast.Name(_CLOCK, ast.Load()), [node.value, ast.Constant(node.attr)], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def guarded_source(source: bytes, path: str) -> bytes | ast.AST:
    """A module of the repository, ready to be compiled so that it is seen reading the clock through ``datetime``.

    :param source: the module's bytes.
    :param path: its file, for what is wrong with its syntax.
    :raises SyntaxError: where it does not parse.
    """
    if not any(name.encode() in source for name in _METHODS):
        return source
    return _AsksFirst().visit(ast.parse(source, path))  # type: ignore[no-any-return]
