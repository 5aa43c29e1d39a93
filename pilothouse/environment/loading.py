"""Loading an environment: its layers merged, everything checked, every mistake at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from pilothouse.environment.file import LABEL, EnvironmentFile
from pilothouse.environment.layers import Map, find, idle_nulls, lay_over, place, plain, removed
from pilothouse.environment.listing import chart_names, file_of, names
from pilothouse.environment.model import Cluster, Environment, Given, Instance, NodePool, Waiver
from pilothouse.environment.nearest import did_you_mean
from pilothouse.environment.problem import EnvironmentErrors, Problem
from pilothouse.environment.read import read_chain
from pilothouse.environment.values import value_problems
from pilothouse.environment.words import either
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position

KubernetesVersions = Collection[str] | Callable[[], Collection[str]]
"""The versions that the schemas know, such as ``("1.31", "1.32")``, or what gives them when asked."""


def load(
    repository: str,
    name: str,
    *,
    kubernetes_versions: KubernetesVersions | None = None,
    instead: Mapping[str, bytes] = MappingProxyType({}),
) -> Environment:
    """Read one environment, merge its layers and check all but the charts' own values.

    :param repository: the repository's folder.
    :param name: the environment's name: ``environments/<name>.yaml``.
    :param kubernetes_versions: the versions to choose from; None takes any of the form ``1.32``.
    :param instead: contents that count in place of what stands on disk, by file (``environments/<name>.yaml``).
    :returns: the environment.
    :raises EnvironmentErrors: with every mistake of the file and of its layers.
    """
    file = file_of(name)
    misnamed = _misnamed(repository, name)
    if misnamed is not None:
        raise EnvironmentErrors([Problem(Position(file, 1), (), misnamed)])
    if callable(kubernetes_versions):
        kubernetes_versions = kubernetes_versions()
    chain, problems = read_chain(repository, file, instead)
    merged: Map | None = None
    complete = True
    for _, root in reversed(chain):
        if root is None:
            complete = False
            continue
        problems += _wrong_in_file(root, kubernetes_versions)
        body = Map(root.source, root.path, {key: node for key, node in root.entries.items() if key != "extends"})
        # Below a file that could not be read nobody knows what was inherited.
        if complete:
            problems += _idle(body, merged)
        over = body if merged is None else lay_over(body, merged)
        assert isinstance(over, Map)
        merged = over
    if merged is not None:
        problems += _unknown_charts(merged, chart_names(repository))
    if merged is not None and complete:
        problems += _missing(merged)
    if problems or merged is None:
        raise EnvironmentErrors(problems)
    files = [source for source, _ in reversed(chain)]
    return of_map(name, merged, files, chart_names(repository))


def layer_problems(repository: str, name: str, *, instead: Mapping[str, bytes] = MappingProxyType({})) -> list[Problem]:
    """What is wrong with a layer by itself, whichever environment extends it.

    :param name: the layer's name, with its ``_``.
    :param instead: as for :func:`load`.
    """
    chain, problems = read_chain(repository, file_of(name), instead)
    return problems + [problem for _, root in chain if root is not None for problem in _wrong_in_file(root, None)]


def _misnamed(repository: str, name: str) -> str | None:
    if name.startswith("_"):
        return "a layer is never an environment of its own: name an environment that extends it"
    if name not in names(repository):
        if os.path.exists(os.path.join(repository, "environments", f"{name}.yml")):
            return f"no such file, but environments/{name}.yml: rename it to {name}.yaml"
        return f"no environment {name!r}{did_you_mean(name, names(repository), 'the environments there')}"
    if not re.fullmatch(LABEL, name):
        return f"an environment's name is its folder in dist/: expected a-z, 0-9 and '-', got {name!r}; rename the file"
    return None


def _wrong_in_file(root: Map, versions: Collection[str] | None) -> Iterator[Problem]:
    for mistake in value_problems(EnvironmentFile, plain(root))[1]:
        yield Problem(place(root, mistake.path, key=mistake.at_key), mistake.path, mistake.message)
    node = root.entries.get("kubernetesVersion")
    version = getattr(node, "value", None)
    if node is None or versions is None or not isinstance(version, str):
        return
    if version not in versions and re.fullmatch(r"1\.[0-9]{2}", version):
        known = either([repr(each) for each in sorted(versions)])
        yield Problem(node.at, ("kubernetesVersion",), f"expected {known}, got {version!r}")


def _idle(upper: Map, lower: Map | None) -> Iterator[Problem]:
    for path, node in idle_nulls(upper, lower):
        instead = "remove this line, or give it a value"
        if len(path) == 2 and path[0] == "charts":
            instead = f"write {{}} to deploy {path[1]} with its defaults"
        yield Problem(node.at, path, f"null removes what a layer gave, and no layer gives it: {instead}")


def _missing(merged: Map) -> Iterator[Problem]:
    """What must be there once the layers are merged."""
    data = plain(merged)
    if "kubernetesVersion" not in data:
        yield _absent(merged, ("kubernetesVersion",), "a version such as '1.32'")
    cluster = data.get("cluster", {})
    if isinstance(cluster, dict) and "name" not in cluster:
        yield _absent(merged, ("cluster", "name"), "str")
    if "charts" not in data:
        yield _absent(merged, ("charts",), "a map: what stands there is deployed")
    elif data["charts"] == {}:
        yield Problem(place(merged, ("charts",)), ("charts",), "expected at least one instance, got none")


def _absent(merged: Map, path: FieldPath, wanted: str) -> Problem:
    nearest, taken = find(merged, path)
    if taken and removed(nearest):
        return Problem(nearest.at, path[:taken], f"missing: {path[-1]} ({wanted}), which this null removes")
    lacking = ".".join(str(step) for step in path[taken:])
    return Problem(place(merged, path), path[:taken], f"missing: {lacking} ({wanted})")


def _unknown_charts(merged: Map, charts: list[str]) -> Iterator[Problem]:
    instances = plain(merged).get("charts")
    for name, instance in instances.items() if isinstance(instances, dict) else ():
        explicit = isinstance(instance, dict) and "chart" in instance
        chart = instance["chart"] if explicit else name
        if not isinstance(chart, str) or _chart(chart, charts) is not None:
            continue
        path: FieldPath = ("charts", name, "chart") if explicit else ("charts", name)
        hint = did_you_mean(chart, charts, "the charts there") or (
            ": name the instance's chart" if not explicit else ""
        )
        yield Problem(place(merged, path), path, f"no chart {chart!r} in charts/{hint}")


def _chart(name: str, charts: Collection[str]) -> str | None:
    """The module of a chart: an instance's name has ``-`` where a module's has ``_``."""
    for candidate in (name, name.replace("-", "_")):
        if candidate in charts:
            return candidate
    return None


def of_map(name: str, merged: Map, files: list[str], charts: Collection[str]) -> Environment:
    """The environment that a merged file describes, which has been checked before.

    :param name: the environment's name.
    :param merged: the file, its layers merged.
    :param files: the files that it was read from, the lowest layer first.
    :param charts: the charts there are.
    """
    data: dict[str, Any] = plain(merged)
    instances = {
        key: Instance(
            name=key,
            chart=_chart(body.get("chart", key), charts) or key,
            namespace=body.get("namespace", key),
            values=body.get("values", {}),
            waivers=msgspec.convert(body.get("waivers", []), list[Waiver]),
        )
        for key, body in data["charts"].items()
    }
    given = {_snake(key): value for key, value in data.get("given", {}).items()}
    optional = {_snake(key): data[key] for key in ("profile", "domain", "labels", "annotations") if key in data}
    return Environment(
        name=name,
        kubernetes_version=data["kubernetesVersion"],
        cluster=Cluster(**data["cluster"]),
        image_registry=data.get("imageRegistry"),
        image_pull_secrets=data.get("imagePullSecrets", []),
        given=Given(**given),
        nodes=msgspec.convert(data.get("nodes", []), list[NodePool]),
        waivers=msgspec.convert(data.get("waivers", []), list[Waiver]),
        charts=instances,
        files=files,
        provenance=merged,
        **optional,
    )


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
