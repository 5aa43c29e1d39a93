"""What the environment adds to every object: everywhere it belongs, nowhere else, and never to what others share."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.environment.model import ChartEnvironment, Cluster, Given
from pilothouse.finding import Position
from pilothouse.finish import finish
from pilothouse.manifest import Manifest
from pilothouse.pods import TEMPLATES
from pilothouse.schemas import Catalogue

HERE = Position(file="charts/web.py", line=1)
CATALOGUE = Catalogue("1.34", None)
WORKLOADS = [(f"{group}/v1".removeprefix("/"), kind, path) for (group, kind), path in TEMPLATES.items()]


def environment(**fields: Any) -> ChartEnvironment:
    given_fields: dict[str, Any] = {
        "name": "dev",
        "kubernetes_version": "1.34",
        "profile": "lab",
        "cluster": Cluster(name="test"),
        "domain": None,
        "labels": {},
        "annotations": {},
        "image_registry": None,
        "image_pull_secrets": [],
        "given": Given(),
    }
    return ChartEnvironment(**given_fields | fields)


FULL = environment(
    labels={"team": "blue", "app": "environment"},
    annotations={"on-call": "blue"},
    image_registry="registry.example.com/",
    image_pull_secrets=["registry"],
)


def finished(body: dict[str, Any], within: ChartEnvironment = FULL, namespace: str = "default") -> dict[str, Any]:
    return finish(Manifest(body, HERE), within, namespace, CATALOGUE)


def workload(api_version: str, kind: str, path: tuple[str | int, ...], template: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
    if not path:
        return body | {"spec": template["spec"]}
    at = body
    for step in path[:-1]:
        at = at.setdefault(str(step), {})
    at[str(path[-1])] = template
    if path[0] == "spec":
        body["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    return body


def template_in(body: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    at: Any = body
    for step in path:
        at = at[step]
    assert isinstance(at, dict)
    return at


@pytest.mark.parametrize(("api_version", "kind", "path"), WORKLOADS)
def test_every_kind_of_workload_gets_it_in_its_pods(api_version: str, kind: str, path: tuple[str | int, ...]) -> None:
    pods = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "a", "image": "nginx"}, {"name": "b", "image": "team/web:1"}],
            "initContainers": [{"name": "c", "image": "quay.io/x/y"}, {"name": "d", "image": "localhost/x"}],
            "ephemeralContainers": [{"name": "e", "image": "host:5000/x"}, {"name": "f"}],
        },
    }
    body = workload(api_version, kind, path, pods)
    result = finished(body)
    template = template_in(result, path)
    own = {"app": "web"} if path else {}
    assert template["metadata"]["labels"] == {"team": "blue", "app": "environment"} | own
    assert result["metadata"]["labels"] == {"team": "blue", "app": "environment"}
    assert result["metadata"]["annotations"] == {"on-call": "blue"}
    assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    images = [c.get("image") for field in pods["spec"] for c in template["spec"][field]]  # type: ignore[attr-defined]
    assert images == [
        "registry.example.com/nginx",
        "registry.example.com/team/web:1",
        "quay.io/x/y",
        "localhost/x",
        "host:5000/x",
        None,
    ]
    if path and path[0] == "spec":
        assert result["spec"]["selector"] == {"matchLabels": {"app": "web"}}


def test_what_the_chart_says_wins() -> None:
    body = workload(
        "apps/v1",
        "Deployment",
        ("spec", "template"),
        {"spec": {"containers": [], "imagePullSecrets": [{"name": "own"}]}},
    )
    body["metadata"] |= {"labels": {"team": "red"}, "annotations": {"on-call": "red"}, "namespace": "elsewhere"}
    result = finished(body)
    assert result["metadata"]["labels"]["team"] == "red"
    assert result["metadata"]["annotations"] == {"on-call": "red"}
    assert result["metadata"]["namespace"] == "elsewhere"
    assert result["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "own"}]


@pytest.mark.parametrize(
    ("kind", "given_namespace", "expected"),
    [
        ("ConfigMap", None, "default"),
        ("ConfigMap", "", "default"),
        ("ConfigMap", "other", "other"),
        ("Namespace", None, None),
        ("Namespace", "default", None),
        ("Namespace", "other", "other"),  # the check names it: nobody guesses what was meant
        ("NobodyKnows", None, "default"),
    ],
)
def test_the_namespace(kind: str, given_namespace: str | None, expected: str | None) -> None:
    metadata = {"name": "x"} | ({} if given_namespace is None else {"namespace": given_namespace})
    result = finished({"apiVersion": "v1", "kind": kind, "metadata": metadata})
    assert result["metadata"].get("namespace") == expected


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
IMAGES = st.sampled_from(["nginx", "a/b", "quay.io/a", "", None, 3])
CONTAINERS = st.lists(
    st.fixed_dictionaries({}, optional={"image": IMAGES, "name": st.text(max_size=3)}) | JUNK, max_size=3
)
SPECS = st.fixed_dictionaries({}, optional={"containers": CONTAINERS | JUNK, "imagePullSecrets": JUNK}) | JUNK
TEMPLATE = st.fixed_dictionaries({}, optional={"metadata": JUNK, "spec": SPECS}) | JUNK


@given(st.sampled_from(WORKLOADS), TEMPLATE, st.booleans())
def test_whatever_stands_in_an_object_it_is_finished_without_being_changed(
    which: tuple[str, str, tuple[str | int, ...]], template: Any, bare: bool
) -> None:
    """Two manifests may share their parts: what one gets, the other must not see."""
    api_version, kind, path = which
    body = workload(api_version, kind, path, template if path else {"spec": template})
    before = copy.deepcopy(body)
    result = finished(body, environment() if bare else FULL)
    assert body == before
    if bare:
        result["metadata"].pop("namespace", None)
        assert result == before
    else:
        assert finished(result) == result  # once is enough
    msgspec.json.encode(result)
