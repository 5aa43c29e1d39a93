"""`pilothouse schemas add`: a repository teaches itself its own custom resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pilothouse.schemas import Catalogue
from pilothouse.schemas.crds import add_crds
from pilothouse.schemas.structural import CrdError

SHIP: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ships.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Ship", "plural": "ships"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "a ship",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["masts"],
                                "properties": {"masts": {"type": "integer", "minimum": 1}},
                            }
                        },
                    }
                },
            }
        ],
    },
}


def _ship(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Ship", "metadata": {"name": "argo"}, "spec": spec}


def test_a_taught_kind_is_known_and_judged(tmp_path: Path) -> None:
    (kind,) = add_crds([SHIP], tmp_path / "schemas")
    assert (kind.title, kind.plural, kind.namespaced, kind.storage) == ("example.com/v1 Ship", "ships", True, True)
    catalogue = Catalogue("1.32", tmp_path / "schemas")
    assert catalogue.kind("example.com/v1", "Ship") == kind
    assert catalogue.validate(_ship(masts=3)) == []
    assert [problem.message for problem in catalogue.validate(_ship(mast=3))] == [
        "unknown field spec.mast, did you mean masts?"
    ]
    assert [problem.message for problem in catalogue.validate({**_ship(masts=1), "metadata": {"nmae": "argo"}})] == [
        "unknown field metadata.nmae, did you mean name?"
    ]


def test_without_the_folder_it_stays_unknown(tmp_path: Path) -> None:
    add_crds([SHIP], tmp_path)
    for catalogue in (Catalogue("1.32"), Catalogue("1.32", tmp_path / "nothing-here")):
        assert [problem.path for problem in catalogue.validate(_ship(masts=3))] == [("kind",)]


def test_a_misspelled_taught_kind_is_near(tmp_path: Path) -> None:
    add_crds([SHIP], tmp_path)
    assert Catalogue("1.32", tmp_path).nearest("example.com/v1", "Shipp") == ["example.com/v1 Ship"]


def test_the_file_is_readable_and_stable(tmp_path: Path) -> None:
    add_crds([SHIP], tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.name == "ships.example.com.json"
    before = path.read_bytes()
    assert b"a ship" not in before
    assert json.loads(before)["kinds"][0]["kind"] == "Ship"
    add_crds([SHIP], tmp_path)
    assert path.read_bytes() == before


def test_other_documents_are_passed_over_and_lists_are_looked_into(tmp_path: Path) -> None:
    documents = [None, "text", {"kind": "ConfigMap"}, {"kind": "List", "items": [SHIP]}]
    assert [kind.kind for kind in add_crds(documents, tmp_path)] == ["Ship"]
    assert add_crds([{"kind": "ConfigMap"}], tmp_path / "other") == []
    assert not (tmp_path / "other").exists()


def test_a_repository_s_own_version_of_a_kind_comes_first(tmp_path: Path) -> None:
    own = json.loads(json.dumps(SHIP))
    own["metadata"]["name"] = "virtualservices.networking.istio.io"
    own["spec"] |= {"group": "networking.istio.io", "names": {"kind": "VirtualService", "plural": "virtualservices"}}
    add_crds([own], tmp_path)
    catalogue = Catalogue("1.32", tmp_path)
    body = {**_ship(masts=2), "apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
    assert catalogue.validate(body) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "CustomResourceDefinition"},
        {"kind": "CustomResourceDefinition", "metadata": {"name": "x"}, "spec": None},
        {"kind": "CustomResourceDefinition", "metadata": 3, "spec": {"group": 3}},
        {**SHIP, "spec": {**SHIP["spec"], "versions": [{"name": "v1", "served": False, "storage": True}]}},
        {**SHIP, "spec": {**SHIP["spec"], "group": "../../outside"}},
    ],
)
def test_what_cannot_be_read_writes_nothing(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(CrdError, match=r"^CustomResourceDefinition "):
        add_crds([SHIP, broken], tmp_path / "schemas")
    assert not (tmp_path / "schemas").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kinds": [{}]}', '{"kinds": 3, "definitions": {}}'])
def test_a_file_that_is_none_of_ours_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "ships.example.com.json").write_text(text)
    with pytest.raises(CrdError, match=r"ships\.example\.com\.json: not a file that `pilothouse schemas add` writes"):
        Catalogue("1.32", tmp_path)
