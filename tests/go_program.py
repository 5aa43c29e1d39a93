"""Go programs that the tests hold Pilothouse against: built once from pinned modules, then kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

KUSTOMIZE = Path(__file__).parents[1] / "benchmarks" / "peers" / "go" / "kustomize"
"""The pinned module of Kustomize, the same that the benchmark builds."""


def built(module: Path, package: str = ".", *, name: str = "", ldflags: str = "") -> Path:
    """A program, built unless an earlier run left it in the cache.

    :param module: the folder of its ``go.mod``, ``go.sum`` and sources.
    :param package: what to build: the folder's own program, or one of the modules that it pins.
    :param name: what the program is called; the folder's name where it is not given.
    :param ldflags: what Go's linker is told.
    """
    program = place(module, package, name=name, ldflags=ldflags)
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        pytest.fail(f"no `go` on PATH to build {module.name} with: `make test` brings one", pytrace=False)
    program.parent.mkdir(parents=True, exist_ok=True)
    fresh = program.parent / f"{program.name}.{os.getpid()}"
    done = subprocess.run(
        [go, "build", "-mod=readonly", "-trimpath", "-ldflags", ldflags, "-o", str(fresh), package],
        cwd=module,
        env={**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the Go program {name or module.name} does not build:\n{done.stderr}", pytrace=False)
    fresh.replace(program)
    return program


def place(module: Path, package: str = ".", *, name: str = "", ldflags: str = "") -> Path:
    """Where a program stands once it is built; the parameters are those of :func:`built`."""
    digest = hashlib.sha256("\0".join((package, ldflags)).encode())
    for file in sorted(module.iterdir()):
        digest.update(file.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pilothouse" / "test-tools"
    return cache / f"{name or module.name}-{digest.hexdigest()[:16]}"


def kustomize() -> Path:
    """Kustomize, which ``kubectl apply -k`` is made of."""
    return built(KUSTOMIZE, "sigs.k8s.io/kustomize/kustomize/v5")
