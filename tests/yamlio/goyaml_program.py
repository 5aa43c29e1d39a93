"""The Go program that what yamlio writes, and how it reads, is held against."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import IO, Any

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
