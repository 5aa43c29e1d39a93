"""The Go program that what yamlio writes, and how it reads, is held against."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

import pytest

SOURCE = Path(__file__).parent / "goyaml"


class GoError(Exception):
    """Go refused the document."""


class GoYaml:
    """A running Go program that reads YAML with sigs.k8s.io/yaml, as kubectl does, and with go-yaml 3, as Kustomize."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers

    def json(self, document: str | bytes, reader: str = "sigs") -> str:
        """The JSON that Go makes of a document; ``reader`` is sigs, strict or v3."""
        data = document.encode() if isinstance(document, str) else document
        self._requests.write(reader.encode() + b" " + base64.b64encode(data) + b"\n")
        self._requests.flush()
        answer = self._answers.readline().decode().rstrip("\n")
        if answer[:1] == "+":
            return answer[1:]
        raise GoError(answer[1:])

    def read(self, document: str | bytes, reader: str = "sigs") -> Any:
        """The value that Go reads."""
        return json.loads(self.json(document, reader))


def built() -> Path:
    """The program, built unless an earlier run left it in the cache."""
    go = shutil.which("go")
    if go is None:
        pytest.fail(
            "no `go` on PATH: these tests compare with sigs.k8s.io/yaml; install Go 1.22 or newer", pytrace=False
        )
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCE / name).read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pilothouse" / "test-tools"
    program = cache / f"goyaml-{digest.hexdigest()[:16]}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = cache / f"{program.name}.{os.getpid()}"
        built = subprocess.run(
            [go, "build", "-mod=readonly", "-trimpath", "-o", str(fresh), "."],
            cwd=SOURCE,
            env={**os.environ, "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            pytest.fail(f"the Go program in {SOURCE} does not build:\n{built.stderr}", pytrace=False)
        fresh.replace(program)
    return program
