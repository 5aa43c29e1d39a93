"""kube-score: every check of it, by its identifier."""

from __future__ import annotations

import collections
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from comparison import VERSION, Found, Input, Peer, examples, own_stack
from harness import peers

PACKAGE = "github.com/zegl/kube-score/cmd/kube-score"
PASSED = 10
"""kube-score's grade for what it finds nothing wrong with."""
HEAD = """\
## kube-score

kube-score {release} and Pilothouse on the same {objects:,} objects: the examples that well-known projects
ship (see [decision 10](decisions/0010-public-examples.md)), each file by itself, and `dist/`. A number
counts objects in which a check finds something, for Kubernetes {version}; waivers do not count here."""


def peer(cache: Path, progress: Callable[[str], None]) -> Peer:
    """kube-score, built where the cache does not hold it."""
    tool, release = peers.go_tool(cache, "kube-score", PACKAGE, progress)

    def head(objects: int) -> str:
        return HEAD.format(release=release, objects=objects, version=VERSION)

    return Peer("kube-score", head, inputs, lambda text: found(tool, text))


def inputs() -> Iterator[Input]:
    yield from examples()
    yield from own_stack()


def found(tool: Path, text: bytes) -> Found:
    """What it finds in one file."""
    command = [str(tool), "score", "--kubernetes-version", f"v{VERSION}", "--output-format", "json", "-"]
    done = subprocess.run(command, input=text, capture_output=True, timeout=60)
    said: dict[str, set[str]] = collections.defaultdict(set)
    for scored in json.loads(done.stdout or b"[]") or ():
        for check in scored["checks"] or ():
            if not check["skipped"] and check["grade"] < PASSED:
                said[check["check"]["id"]].add(title(scored))
    return said


def title(scored: dict[str, Any]) -> str:
    metadata = scored["object_meta"]
    return f"{scored['type_meta']['kind']} {metadata.get('namespace') or 'default'}/{metadata.get('name')}"
