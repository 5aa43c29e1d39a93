"""istioctl analyze: every code of its messages."""

from __future__ import annotations

import collections
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from comparison import Found, Input, Peer, examples, own_stack, titled
from harness import peers

from pilothouse.checks import catalogue
from pilothouse.schemas.generate import catalogue_files
from tests.checks.test_pages import examples as of_page

PACKAGE = "istio.io/istio/istioctl/cmd/istioctl"
HEAD = """\
## istioctl analyze

istioctl of Istio {minor} (commit `{commit}`, with the API {api} that the pinned schemas are of) and Pilothouse on the
same {objects:,} objects: `dist/`, those of the examples above that hold objects of Istio, and the bad and the good
example of the page of each check that equals a code of istioctl. Each file is judged by itself; a number counts objects
of which a code is said.

`istioctl analyze --use-kube=false` leaves out every analyzer that wants Pods, Services, Namespaces, Secrets or Nodes,
even where the files hold them: the column "istioctl offline" counts what it does say. The other columns count what all
of its analyzers say when they are given the files' objects as a cluster's."""


def peer(cache: Path, progress: Callable[[str], None]) -> Peer:
    """istioctl and its analyzers, built where the cache does not hold them.

    :raises peers.BuildError: where they do not build, or are not of the schemas' release.
    """
    command, version = peers.go_tool(cache, "istioctl", PACKAGE, progress)
    analyzers, _ = peers.go_tool(cache, "istioctl", "./analyzers", progress)
    api = peers.replacement("istioctl", "istio.io/api")
    schemas = next(each["version"] for each in catalogue_files.read_sources()["crds"] if each["name"] == "istio")
    if f"v{api}" != schemas:
        raise peers.BuildError(f"benchmarks/peers/go/istioctl pins Istio's API at v{api}, and the schemas at {schemas}")

    def head(objects: int) -> str:
        return HEAD.format(minor=api.rpartition(".")[0], commit=version[-12:], api=api, objects=objects)

    offline: list[str | Path] = [command, "analyze", "--use-kube=false", "--all-namespaces", "--output", "json"]
    return Peer("istioctl", head, inputs, lambda text: said([analyzers], text), lambda text: said(offline, text))


def inputs() -> Iterator[Input]:
    """The pages' examples, the public ones that hold an object of Istio, and the reference stack."""
    for check in catalogue().values():
        if any(each.startswith("istioctl ") for each in check.equals):
            for kind, (_, files) in of_page(check).items():
                yield Input(f"{check.code} {kind}", "---\n".join(files.values()).encode())
    yield from (each for each in examples() if b".istio.io/" in each.text)
    yield from own_stack()


def said(command: list[str | Path], text: bytes) -> Found:
    """What a command says of one file: code -> objects."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "input.yaml"
        file.write_bytes(text)
        done = subprocess.run(
            [*command, file], capture_output=True, timeout=60, env={**os.environ, "HOME": folder, "KUBECONFIG": ""}
        )
    if not done.stdout.strip().startswith((b"[", b"null")):
        raise RuntimeError(f"{command[0]} ended with exit code {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    found: dict[str, set[str]] = collections.defaultdict(set)
    for message in json.loads(done.stdout) or ():
        found[message["code"]].add(titled(message["origin"]))
    return found
