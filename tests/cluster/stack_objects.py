"""What stands in ``dist/``, and what an environment takes for granted."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pilothouse.environment import Environment, load
from pilothouse.reading import Reading, read
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from tests.cluster.api import Api, Body
from tests.cluster.custom_resources import install, needed
from tests.cluster.programs import NEWEST, ROOT, minors

DIST = ROOT / "dist"

GIVEN = "example.com/given"
"""The controller of whatever class an environment says that its cluster has."""

PAIRS = sorted({(name, version) for name, minor in minors().items() for version in (minor, NEWEST)})
"""Each environment with each minor whose API server is to take it: its own, and the newest."""


@cache
def environment(name: str) -> Environment:
    """An environment, as its file says it."""
    return load(str(ROOT), name)


@cache
def reading(name: str) -> Reading:
    """The objects that stand in ``dist/`` for an environment."""
    return read([str(DIST / name)], str(ROOT))


def bodies(name: str) -> list[Body]:
    """The objects of an environment, in no particular order."""
    return [manifest.body for manifest in reading(name).manifests]


def stack(name: str) -> Stack:
    """The stack of an environment, as its own Kubernetes has it."""
    return Stack(environment(name), Catalogue(minors()[name]), reading(name).manifests)


def title(body: Body) -> str:
    """``Kind namespace/name``."""
    metadata = body["metadata"]
    return (
        f"{body['kind']} {metadata['namespace']}/{metadata['name']}"
        if metadata.get("namespace")
        else (f"{body['kind']} {metadata['name']}")
    )


def prepare(api: Api, name: str, minor: str) -> None:
    """Make what the environment's objects need before them: the given, and the definitions of custom resources."""
    provide(api, environment(name))
    install(api, needed(bodies(name), minor))


def provide(api: Api, given_by: Environment) -> None:
    """Create what an environment says that its cluster has, as far as an API server asks for it.

    A Secret or a ConfigMap in a namespace that the stack itself defines cannot come before it, and nobody asks.
    """
    given = given_by.given
    made = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in given.namespaces]
    made += [_named("storage.k8s.io/v1", "StorageClass", name, provisioner=GIVEN) for name in given.storage_classes]
    made += [
        _named("networking.k8s.io/v1", "IngressClass", name, spec={"controller": GIVEN})
        for name in given.ingress_classes
    ]
    made += [_named("scheduling.k8s.io/v1", "PriorityClass", name, value=1000) for name in given.priority_classes]
    for body in made:
        answer = api.ask("POST", api.of(body).path(), body)
        assert answer.status < 300 or answer.reason == "AlreadyExists", answer.message


def _named(api_version: str, kind: str, name: str, **fields: object) -> Body:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def file_of(name: str, body: Body) -> Path:
    """The file in which an object stands."""
    found = reading(name)
    return next(Path(found.file_of(manifest)) for manifest in found.manifests if manifest.body is body)
