"""``list``, ``explain``, ``checks`` and ``schemas``: what there is, and why."""

from __future__ import annotations

import json

from tests.synth.synth_repository import Repository


def test_list_names_instances_and_objects(repository: Repository) -> None:
    rows = json.loads(repository.run("list", "--format", "json").out)
    assert [(row["environment"], row["instance"], row["chart"], row["kubernetes"]) for row in rows] == [
        ("dev", "web", "web", "1.34"),
        ("dev", "db", "db", "1.34"),
        ("dev", "db-two", "db", "1.34"),
        ("prod", "web", "web", "1.33"),
        ("prod", "db", "db", "1.33"),
    ]
    run = repository.run("list", "dev")
    assert (run.code, run.out) == (0, "")
    assert run.err.endswith("dist holds no objects of dev: run pilothouse synth\n")
    repository.good()
    lines = repository.run("list", "dev").out.splitlines()
    assert lines[0].split() == ["ENVIRONMENT", "APIVERSION", "KIND", "NAMESPACE", "NAME", "FILE"]
    assert lines[-1].split() == ["dev", "v1", "ConfigMap", "default", "web", "dev/web/default/configmap-web.yaml"]


def test_list_tells_of_a_file_that_it_cannot_read(repository: Repository) -> None:
    repository.good()
    repository.write("dist/dev/web/default/configmap-web.yaml", "a: [\n")
    run = repository.run("list", "dev", "--format", "json")
    assert run.code == 1
    assert len(json.loads(run.out)) == 2
    assert "dist/dev/web/default/configmap-web.yaml" in run.err


def test_explain_names_the_line_behind_each_value(repository: Repository) -> None:
    rows = {
        row["value"]: row
        for row in json.loads(repository.run("explain", "--environment", "prod", "--format", "json").out)
    }
    assert rows["kubernetesVersion"]["set by"].startswith("environments/prod.yaml:2")
    assert rows["charts.web.values.colour"]["set by"].startswith("environments/_base.yaml:5")
    assert rows["cluster.domain"]["set by"] == "default"


def test_explain_names_the_line_that_made_an_object(repository: Repository) -> None:
    repository.good()
    for what in ("dist/dev/db/default/configmap-db.yaml", "ConfigMap default/db"):
        rows = json.loads(repository.run("explain", what, "--environment", "dev", "--format", "json").out)
        assert [(row["made by"], row["instance"], row["construct"]) for row in rows] == [
            ("charts/db.py:8", "db", "db/ConfigMap-db")
        ]
    assert len(json.loads(repository.run("explain", "ConfigMap default/db", "--format", "json").out)) == 2
    web = json.loads(repository.run("explain", "ConfigMap default/web", "--format", "json").out)
    assert {row["made by"] for row in web} == {"constructs/ours.py:6"}
    repository.edit("charts/db.py", "from pilothouse", "\nfrom pilothouse")
    run = repository.run("explain", "ConfigMap default/db", "--environment", "dev")
    assert (run.code, run.out) == (2, "")
    assert "dev: db has changed since: run pilothouse synth dev" in run.err
    repository.good()
    run = repository.run("explain", "ConfigMap default/db", "--environment", "dev")
    assert "charts/db.py:9" in run.out


def test_every_check_has_a_page(repository: Repository) -> None:
    rows = json.loads(repository.run("checks", "--format", "json").out)
    codes = [row["code"] for row in rows]
    assert len(codes) == len(set(codes)) >= 15
    assert repository.run("checks").out.count("\n") == len(codes) + 1
    page = repository.run("checks", "dist002")
    assert page.code == 0
    assert page.out.startswith("DIST002: a generated file was edited by hand (warning)\n\n")
    told = json.loads(repository.run("checks", "DIST002", "--format", "json").out)
    assert (told["code"], told["family"]) == ("DIST002", "output")
    assert len(told["page"].split()) > 15
    assert {key: told[key] for key in rows[0]} in rows


def test_checks_name_the_checks_of_other_tools_that_they_equal(repository: Repository) -> None:
    equalling = {row["code"]: row["equals"] for row in json.loads(repository.run("checks", "--format", "json").out)}
    code, equals = next((code, equals) for code, equals in equalling.items() if equals)
    line = next(line for line in repository.run("checks").out.splitlines() if line.startswith(f"{code} "))
    assert line.endswith(", ".join(equals))
    assert repository.run("checks", code).out.endswith(f"\n\nEquals: {', '.join(equals)}\n")


CRD = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: widgets.example.com}
    spec:
      group: example.com
      names: {kind: Widget, plural: widgets}
      scope: Namespaced
      versions:
        - name: v1
          served: true
          storage: true
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec: {type: object, properties: {size: {type: integer}}}
"""


def test_a_kind_that_is_taught_is_known_from_then_on(repository: Repository) -> None:
    repository.maps("widgets", "return {}")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    repository.write("charts/widgets.py", repository.read("charts/widgets.py") + f"        RawObject(self, {widget})\n")
    assert repository.synth().codes == ["SCHEMA002"]
    repository.write("crd.yaml", CRD)
    run = repository.run("schemas", "add", "crd.yaml")
    assert (run.code, run.out) == (0, "example.com/v1 Widget\n")
    assert "commit it" in run.err
    assert repository.synth().codes == []
    assert "Widget" in repository.run("schemas").out
    repository.edit("crd.yaml", "type: integer", "type: string ")
    assert repository.run("schemas", "add", "crd.yaml").code == 0
    assert repository.synth().codes == ["SCHEMA001"]
    repository.write("crd.yaml", "kind: [\n")
    run = repository.run("schemas", "add", "crd.yaml")
    assert run.code == 2
    assert run.err.startswith("pilothouse: crd.yaml:")


def test_schemas_lists_what_nodes_read(repository: Repository) -> None:
    rows = json.loads(repository.run("schemas", "--format", "json").out)
    assert {row["kind"] for row in rows if row["source"] == "nodes"} >= {"KubeletConfiguration", "InitConfiguration"}
