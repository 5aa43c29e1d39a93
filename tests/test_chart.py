"""A chart outside of the command: as somebody's own tests use it, together with cdk8s' own helpers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cdk8s
import pytest
import yaml

import constructs
from pilothouse.chart import Chart, Construct, RawObject, free_id, new_app, waive
from pilothouse.environment.model import ChartEnvironment, Cluster, Given
from pilothouse.values import Values

ENVIRONMENT = ChartEnvironment(
    name="dev",
    kubernetes_version="1.34",
    profile="lab",
    cluster=Cluster(name="test"),
    domain=None,
    labels={},
    annotations={},
    image_registry=None,
    image_pull_secrets=[],
    given=Given(),
)


def config(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


class WebValues(Values):
    size: int = 1


class Web(Chart[WebValues]):
    def build(self) -> None:
        for number in range(self.values.size):
            RawObject(self, config(f"raw-{number}"))
        cdk8s.ApiObject(self, "x", api_version="v1", kind="ConfigMap", metadata={"name": "native"})


def web(scope: constructs.Construct, size: int = 1) -> Web:
    return Web(scope, "web", values=WebValues(size=size), environment=ENVIRONMENT, namespace="default")


def names(objects: list[Any]) -> list[str]:
    return sorted(body["metadata"]["name"] for body in objects)


def test_cdk8s_own_helpers_see_every_object() -> None:
    assert names(cdk8s.Testing.synth(web(cdk8s.Testing.app(), 2))) == ["native", "raw-0", "raw-1"]


@pytest.mark.parametrize("make", [cdk8s.App, new_app])
def test_an_app_writes_every_object(make: Any, tmp_path: Path) -> None:
    app = make() if make is new_app else cdk8s.App(outdir=str(tmp_path))
    chart = web(app)
    assert names(list(yaml.safe_load_all(app.synth_yaml()))) == ["native", "raw-0"]
    if make is not new_app:
        app.synth()
        (file,) = tmp_path.iterdir()
        assert names(list(yaml.safe_load_all(file.read_text()))) == ["native", "raw-0"]
    assert {manifest.name for manifest in chart.manifests()} == {"native", "raw-0"}


def test_every_manifest_has_the_line_that_made_it_and_its_path() -> None:
    found = {manifest.name: manifest for manifest in web(new_app()).manifests()}
    here = Path(__file__).read_text().splitlines()
    for name, text in (("raw-0", "RawObject(self, config(f"), ("native", "cdk8s.ApiObject(self, ")):
        assert found[name].position.file.endswith("test_chart.py")
        assert text in here[found[name].position.line - 1]
    assert found["raw-0"].construct == "web/ConfigMap-raw-0"
    assert found["native"].construct == "web/x"


def test_constructs_that_stand_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match=r"stands in no pilothouse\.Chart"):
        Construct(cdk8s.Testing.chart(), "x")
    with pytest.raises(ValueError, match=r"stands in no pilothouse\.Chart"):
        waive(cdk8s.Testing.chart(), "SVC001", reason="x")


@pytest.mark.parametrize("id", ["", None, 3])
def test_ids_are_text(id: Any) -> None:
    class Bad(Chart[Values]):
        def build(self) -> None:
            Construct(self, id)

    with pytest.raises(TypeError, match="expected the id of a construct"):
        Bad(new_app(), "bad", values=Values(), environment=ENVIRONMENT, namespace="default")


@pytest.mark.parametrize("body", [None, [], "x", {}, {"metadata": None}, {"kind": 3, "metadata": {"name": ["x"]}}])
def test_an_id_is_found_for_whatever_is_called_an_object(body: Any) -> None:
    class Any_(Chart[Values]):  # noqa: N801
        def build(self) -> None:
            first, second = free_id(self, body), RawObject(self, body)
            assert second.manifest.construct == f"any/{first}"
            assert free_id(self, body) == f"{first}-2"

    Any_(new_app(), "any", values=Values(), environment=ENVIRONMENT, namespace="default")


def test_a_second_app_knows_nothing_of_the_first() -> None:
    web(new_app(), 3)
    assert {manifest.name for manifest in web(new_app(), 1).manifests()} == {"native", "raw-0"}
