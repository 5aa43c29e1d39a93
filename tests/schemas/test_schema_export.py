"""Schemas for kubeconform: found by its own naming, standing alone, judging alike."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from schema_objects import catalogue_of, valid_objects

from pilothouse import kubeconform
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.schemas.export import LOCATION, file_name


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        ("v1", "Pod", "v1/pod_v1.json"),
        ("apps/v1", "Deployment", "apps/deployment_v1.json"),
        ("networking.istio.io/v1beta1", "VirtualService", "networking.istio.io/virtualservice_v1beta1.json"),
    ],
)
def test_files_are_named_as_kubeconform_looks_for_them(api_version: str, kind: str, name: str) -> None:
    assert file_name(api_version, kind) == name


@pytest.mark.parametrize("minor", known_minors())
def test_no_two_kinds_share_a_file(minor: str) -> None:
    kinds = list(catalogue_of(minor).kinds())
    assert len({file_name(kind.api_version, kind.kind) for kind in kinds}) == len(kinds)


def test_a_file_stands_alone_and_judges_alike(tmp_path: Path, catalogue: Catalogue, deployment: dict[str, Any]) -> None:
    catalogue.export(tmp_path, [("apps/v1", "Deployment"), ("apps/v1", "Nothing")])
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")] == ["apps/deployment_v1.json"]
    schema = json.loads((tmp_path / "apps/deployment_v1.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(deployment)
    deployment["spec"]["replicas"] = "3"
    assert not validator.is_valid(deployment)


def test_only_what_is_missing_or_different_is_written(tmp_path: Path, catalogue: Catalogue) -> None:
    kinds = [("v1", "Pod"), ("v1", "Service"), ("v1", "Secret")]
    catalogue.export(tmp_path, kinds)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    stamps = {path: path.stat().st_mtime_ns for path in files}
    changed, lost = tmp_path / "v1/pod_v1.json", tmp_path / "v1/secret_v1.json"
    changed.write_text("{}")
    lost.unlink()
    catalogue.export(tmp_path, kinds)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    assert (tmp_path / "v1/service_v1.json").stat().st_mtime_ns == stamps[tmp_path / "v1/service_v1.json"]


def test_a_kind_in_other_letters_does_not_pass(
    tmp_path: Path, catalogue: Catalogue, deployment: dict[str, Any]
) -> None:
    catalogue.export(tmp_path / "schemas", [("apps/v1", "Deployment")])
    file = tmp_path / "deployment.yaml"
    statuses = []
    for kind in ("Deployment", "deployment"):
        file.write_text(json.dumps({**deployment, "kind": kind}))
        answers = kubeconform.judge(kubeconform.find(print), [str(file)], str(tmp_path / "schemas"), "1.36")
        statuses += [answer.status for answer in answers]
    assert statuses == ["valid", "invalid"]


def test_kubeconform_judges_as_we_do(tmp_path: Path) -> None:
    command = kubeconform.find(print)
    catalogue = catalogue_of("1.36")
    kinds = list(catalogue.kinds())
    catalogue.export(tmp_path / "schemas", [(kind.api_version, kind.kind) for kind in kinds])
    bodies = [{"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x"}} for kind in kinds]
    for body in valid_objects():
        bodies.append(body)
        if "spec" in body:
            wrong = copy.deepcopy(body)
            wrong["spec"]["unheardOf"] = True
            bodies.append(wrong)
    (tmp_path / "objects").mkdir()
    for number, body in enumerate(bodies):
        (tmp_path / f"objects/{number}.yaml").write_text(json.dumps(body))
    location = f"{tmp_path}/schemas/{LOCATION}"
    arguments = ["-schema-location", location, "-output", "json", "-verbose", str(tmp_path / "objects")]
    run = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    said = {int(Path(r["filename"]).stem): r["status"] for r in json.loads(run.stdout)["resources"]}
    ours = ["statusInvalid" if catalogue.validate(body) else "statusValid" for body in bodies]
    assert [said[number] for number in range(len(bodies))] == ours
