"""The definitions of custom resources, out of the same pinned modules that the schema catalogue is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from pilothouse import yamlio
from pilothouse.schemas import Catalogue
from pilothouse.schemas.generate.catalogue_files import read_sources
from pilothouse.schemas.generate.modules import Module, fetch, read_files
from tests.cluster.api import Api, Body
from tests.processes import wait_until


def needed(objects: Iterable[Body], minor: str) -> list[Body]:
    """The CustomResourceDefinitions of those objects' kinds that Kubernetes does not have itself.

    :param objects: may hold their own definitions; those come with the others.
    :param minor: of Kubernetes.
    :raises LookupError: no pinned module defines a kind.
    """
    catalogue = Catalogue(minor)
    wanted: dict[str, set[tuple[str, str]]] = {}
    for body in objects:
        kind = catalogue.kind(body["apiVersion"], body["kind"])
        if kind is not None and kind.source != "kubernetes":
            wanted.setdefault(kind.source, set()).add((kind.group, kind.kind))
    found = []
    for source, kinds in sorted(wanted.items()):
        defined = _defined(source)
        if not kinds <= defined.keys():
            raise LookupError(f"{source} does not define {sorted(kinds - defined.keys())}")
        found += [defined[kind] for kind in sorted(kinds)]
    return found


@cache
def _defined(source: str) -> dict[tuple[str, str], Body]:
    """(group, kind) -> definition, of one of the catalogue's modules."""
    entry = next(entry for entry in read_sources()["crds"] if entry["name"] == source)
    module = Module(entry["module"], entry["version"], entry["sum"])
    definitions = {}
    for path, text in read_files(fetch(module), module, *entry["files"]).items():
        for document in yamlio.load_all(text, file=f"{module}/{path}"):
            body = document.value
            if isinstance(body, dict) and body.get("kind") == "CustomResourceDefinition":
                definitions[body["spec"]["group"], body["spec"]["names"]["kind"]] = _today(body)
    return definitions


def _today(body: Body) -> Body:
    """A definition as Kubernetes takes it since 1.22.

    The schemas of v1beta1 need not be structural, and those that are pinned are not: their objects are then taken
    whatever they hold.
    """
    if body["apiVersion"] == "apiextensions.k8s.io/v1":
        return body
    spec = body["spec"]
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = spec.get("versions") or [{"name": spec["version"], "served": True, "storage": True}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": body["metadata"],
        "spec": {
            "group": spec["group"],
            "names": spec["names"],
            "scope": spec["scope"],
            "versions": [
                {"name": each["name"], "served": each["served"], "storage": each["storage"], "schema": anything}
                for each in versions
            ],
        },
    }


def install(api: Api, definitions: Iterable[Body]) -> None:
    """Install definitions, and wait until the server serves every version that they say it does.

    They are applied as kubectl would, so that a stack which holds its own definitions is not in conflict with these.
    """
    waiting = set()
    for definition in definitions:
        path = api.of(definition).path("", definition["metadata"]["name"])
        query = {"fieldManager": "kubectl"}
        api.take("PATCH", path, definition, content="application/apply-patch+yaml", query=query)
        spec = definition["spec"]
        waiting |= {(f"{spec['group']}/{name}", spec["names"]["kind"]) for name in _served(spec)}
    for api_version, kind in sorted(waiting):
        wait_until(lambda key=(api_version, kind): api.resource(*key), 60)  # type: ignore[misc]


def _served(spec: Body) -> Iterator[str]:
    return (version["name"] for version in spec["versions"] if version["served"])


def fetch_all() -> None:
    """Bring every module that defines custom resources, so that nothing needs the network later."""
    for entry in read_sources()["crds"]:
        fetch(Module(entry["module"], entry["version"], entry["sum"]))
