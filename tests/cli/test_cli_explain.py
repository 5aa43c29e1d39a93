"""``explain``: one object's page, from what the last synth kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.synth.synth_repository import Repository

_SHOP = """
    from pilothouse import Chart, RawObject, Values


    class ShopValues(Values):
        image: str
        replicas: int = 2
        password: str = "swordfish"


    class Shop(Chart[ShopValues]):
        def build(self) -> None:
            labels = {"app": "shop"}
            pods = {"metadata": {"labels": labels}, "spec": {
                "containers": [{"name": "shop", "image": self.values.image}],
                "imagePullSecrets": [{"name": "registry"}],
                "priorityClassName": "absent",
                "volumes": [{"name": "v", "configMap": {"name": "settings"}}]}}
            self.raw("v1", "ConfigMap", "settings", data={"a": "b"})
            self.raw("apps/v1", "Deployment", "shop", spec={
                "replicas": self.values.replicas, "selector": {"matchLabels": labels}, "template": pods})
            self.raw("v1", "Service", "shop", spec={"selector": labels, "ports": [{"name": "http", "port": 80}]})
            self.raw("v1", "LimitRange", "limits", spec={
                "limits": [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]})

        def raw(self, version, kind, name, **fields):
            RawObject(self, {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields})
"""


@pytest.fixture(scope="module")
def shop(lasting: Repository) -> Repository:
    lasting.write("charts/shop.py", _SHOP)
    lasting.write(
        "environments/prod.yaml",
        """
        extends: _base
        kubernetesVersion: "1.33"
        cluster: {name: prod, domain: prod.local}
        given: {secrets: [default/registry]}
        charts:
          shop:
            namespace: default
            values:
              image: shop:v1
            waivers: [{code: REF001, reason: what is absent is shown}]
        """,
    )
    lasting.deploy("shop", namespace="default")
    lasting.edit(
        "environments/dev.yaml",
        "shop: {chart: shop, namespace: default}",
        "shop: {chart: shop, namespace: default, values: {image: 'shop:v2'}, "
        "waivers: [{code: REF001, reason: what is absent is shown}]}",
    )
    lasting.good()
    return lasting


def page(repository: Repository, *words: str) -> dict[str, Any]:
    run = repository.run("explain", *words, "--environment", "prod", "--format", "json", JSII_NODE="/no/node")
    assert run.code == 0, run.err
    (found,) = json.loads(run.out)
    assert isinstance(found, dict)
    return found


def test_a_workloads_page_tells_all(shop: Repository) -> None:
    found = page(shop, "deploy/shop")
    line = next(
        number
        for number, text in enumerate(shop.read("charts/shop.py").splitlines(), start=1)
        if "RawObject(self, {" in text
    )
    assert found["object"] == "Deployment default/shop"
    assert found["made by"] == f"charts/shop.py:{line}"
    assert found["file"] == "dist/prod/shop/default/deployment-shop.yaml"
    assert (found["instance"], found["chart"]) == ("shop", "charts/shop.py")
    assert found["deployed by"] == "environments/prod.yaml:6:3"
    assert found["values"] == [
        {"value": "image", "is": '"shop:v1"', "set by": "environments/prod.yaml:9:14"},
        {"value": "replicas", "is": "2", "set by": "charts/shop.py: its default"},
        {"value": "password", "is": '"(not shown)"', "set by": "charts/shop.py: its default"},
    ]
    assert found["refers to"] == [
        {
            "object": "ConfigMap default/settings",
            "field": "spec.template.spec.volumes[0].configMap.name",
            "is": "in this stack",
        },
        {
            "object": "Secret default/registry",
            "field": "spec.template.spec.imagePullSecrets[0].name",
            "is": "given",
        },
        {
            "object": "PriorityClass absent",
            "field": "spec.template.spec.priorityClassName",
            "is": "not in this stack, and not given",
        },
    ]
    assert found["referred to by"] == [{"object": "Service default/shop", "field": "spec.selector"}]
    assert found["qos"] == "Guaranteed"
    assert found["wave"]["position"] == 6
    assert found["wave"]["objects"] == 6


def test_a_services_page_has_its_names(shop: Repository) -> None:
    found = page(shop, "Service", "default/shop")
    assert found["dns"] == ["shop.default.svc.prod.local", "_http._tcp.shop.default.svc.prod.local"]
    assert [each["object"] for each in found["refers to"]] == ["Deployment default/shop"]
    assert "qos" not in found
    assert found["wave"]["wave"] < page(shop, "deploy/shop")["wave"]["wave"]


@pytest.mark.parametrize(
    "words",
    [
        ["Deployment default/shop"],
        ["Deployment", "default/shop"],
        ["deployment/shop"],
        ["deployments.apps/shop"],
        ["DEPLOY", "shop"],
        ["deploy/shop", "-n", "default"],
        ["deploy", "shop", "--namespace", "default"],
        ["dist/prod/shop/default/deployment-shop.yaml"],
    ],
)
def test_an_object_is_named_as_kubectls_users_do(shop: Repository, words: list[str]) -> None:
    assert page(shop, *words)["object"] == "Deployment default/shop"


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["deploy/shpo"], "nearest: Deployment default/shop"),
        (["svc", "shopp"], "nearest: Service default/shop"),
        (["deploy/shop", "-n", "elsewhere"], "nearest: Deployment default/shop"),
        (["deployments.batch/shop"], ""),
        (["one", "two", "three"], ""),
        (["xyz/abc"], "after synth\n"),
    ],
)
def test_an_unknown_object_names_the_nearest_ones(shop: Repository, words: list[str], near: str) -> None:
    run = shop.run("explain", *words, "--environment", "prod")
    assert (run.code, run.out) == (2, "")
    assert f"nothing is known of {' '.join(words[: words.index('-n')] if '-n' in words else words)}" in run.err
    assert near in run.err


def test_the_page_for_readers_says_the_same(shop: Repository) -> None:
    run = shop.run("explain", "deploy/shop", "--environment", "prod")
    assert run.out.startswith("Deployment default/shop in prod (apps/v1)\n\n  made by     charts/shop.py:")
    for line in ("QoS class   Guaranteed", "given", "Referred to by\n  Service default/shop   spec.selector\n"):
        assert line in run.out
    assert "swordfish" not in run.out
    both = shop.run("explain", "deploy/shop").out
    assert "Deployment default/shop in dev" in both and "Deployment default/shop in prod" in both
