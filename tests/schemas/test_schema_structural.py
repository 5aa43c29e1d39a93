"""A CustomResourceDefinition's schema judges here as the API server lets it judge."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest

from pilothouse.schemas.generate.hoist import hoist
from pilothouse.schemas.structural import CrdError, read_crd, strict
from pilothouse.schemas.tree import references

OK, NO = True, False


@pytest.mark.parametrize(
    ("raw", "judged"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, [({"a": "x"}, OK), ({"b": 1}, NO), ({}, OK)]),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, [({"a": {"b": [1]}}, OK)]),
        (
            {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": True,
                "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
            },
            [({"z": 1}, OK), ({"a": {"z": 1}}, NO), ({"a": {"b": 1}}, NO)],
        ),
        (
            {"type": "array", "x-kubernetes-preserve-unknown-fields": True, "items": {"type": "object"}},
            [([{"any": 1}], OK), (["x"], NO)],
        ),
        ({"type": "object"}, [({}, OK), ({"a": 1}, NO)]),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            [({"a": 1, "b": None}, OK), ({"a": "1"}, NO)],
        ),
        ({"type": "object", "additionalProperties": True}, [({"a": [1]}, OK)]),
        ({"x-kubernetes-preserve-unknown-fields": True}, [(1, OK), ({"a": 1}, OK), ([None], OK)]),
        ({}, [(1, OK), ({"a": 1}, OK)]),
        ({"type": "string"}, [("x", OK), (None, NO), (1, NO)]),
        ({"type": "string", "nullable": True}, [(None, OK)]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, [(None, OK), ("a", OK), ("b", NO)]),
        ({"type": "integer", "format": "int32"}, [(2**31 - 1, OK), (2**31, NO), (1.0, OK), (1.5, NO)]),
        ({"type": "integer"}, [(2**62, OK)]),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, [(0, NO), (0.1, OK)]),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": False}, [(0, OK), (-1, NO)]),
        ({"type": "string", "format": "date-time"}, [("2024-01-31T12:00:00Z", OK), ("2024-01-31", NO)]),
        ({"type": "string", "format": "byte"}, [("aGk=", OK), ("aGk", NO), ("", OK), ("aG\nk=\n", OK)]),
        ({"type": "string", "format": "made-up"}, [("anything", OK)]),
        (
            {
                "x-kubernetes-int-or-string": True,
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "pattern": "^[0-9]+%$",
            },
            [(1, OK), (2**40, OK), ("5%", OK), ("five", NO), (1.5, NO), (True, NO)],
        ),
        (
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
            [({"a": "x", "b": None}, OK), ({"a": None}, NO), ({"b": "x"}, NO)],
        ),
        (
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "default": "x"}}},
            [({}, OK), ({"a": None}, OK)],
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            [({"a": "x"}, OK), ({"a": "x", "b": None}, OK), ({"a": "x", "b": "y"}, NO), ({}, NO), ({"a": None}, NO)],
        ),
        (
            {
                "type": "object",
                "properties": {"type": {"type": "string", "default": "IP"}, "value": {"type": "string"}},
                "oneOf": [
                    {"properties": {"type": {"enum": ["IP"]}, "value": {"format": "ipv4"}}},
                    {"properties": {"type": {"not": {"enum": ["IP"]}}}},
                ],
            },
            [
                ({"value": "10.0.0.1"}, OK),
                ({"type": "IP", "value": "10.0.0.1"}, OK),
                ({"type": None, "value": "10.0.0.1"}, OK),
                ({"type": "Host", "value": "example.com"}, OK),
                ({"value": "example.com"}, NO),
                ({"type": "IP", "value": "example.com"}, NO),
            ],
        ),
        (
            {
                "type": "object",
                "properties": {
                    "a": {"type": "object", "properties": {"b": {"type": "string"}}, "not": {"required": ["b"]}}
                },
            },
            [({"a": {}}, OK), ({"a": None}, OK), ({"a": {"b": None}}, OK), ({"a": {"b": "x"}}, NO)],
        ),
        (
            {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "string"}}},
            [
                ({"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}, "spec": "s"}, OK),
                ({"kind": "X"}, NO),
                ({"apiVersion": "v1", "kind": "X", "more": 1}, NO),
            ],
        ),
    ],
)
def test_a_schema_judges_like_the_api_server(raw: dict[str, Any], judged: list[tuple[Any, bool]]) -> None:
    before = copy.deepcopy(raw)
    validator = jsonschema_rs.Draft202012Validator(strict(raw))
    assert [(value, validator.is_valid(value)) for value, _ in judged] == judged
    assert raw == before


def _crd(**version: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "description": "a ship",
        "properties": {
            "metadata": {"type": "object"},
            "spec": {"type": "object", "properties": {"masts": {"type": "integer"}}},
            "status": {
                "type": "object",
                "required": ["afloat"],
                "properties": {"afloat": {"type": "boolean"}, "depth": {"type": "integer", "minimum": 0}},
            },
        },
        "required": ["spec", "status"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "ships.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Ship", "plural": "ships"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
            ],
        },
    }


def test_a_crd_names_its_kinds() -> None:
    rows, schemas = read_crd(_crd())
    assert rows == [
        {
            "group": "example.com",
            "version": "v1",
            "kind": "Ship",
            "plural": "ships",
            "namespaced": False,
            "storage": True,
            "definition": "com.example.v1.Ship",
        }
    ]
    assert references(schemas["com.example.v1.Ship"]) == ["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
    assert "description" not in schemas["com.example.v1.Ship"]


def test_versions_that_are_not_served_are_left_out() -> None:
    crd = _crd()
    crd["spec"]["versions"].append({"name": "v1beta1", "served": False, "storage": False})
    crd["spec"]["versions"].append({"name": "v1beta2", "served": True, "storage": False, "deprecated": True})
    rows, schemas = read_crd(crd)
    assert [(row["version"], row["storage"], row.get("deprecated", False)) for row in rows] == [
        ("v1", True, False),
        ("v1beta2", False, True),
    ]
    assert sorted(schemas) == ["com.example.v1.Ship", "com.example.v1beta2.Ship"]


def test_a_status_that_is_the_cluster_s_to_write_requires_nothing() -> None:
    _, schemas = read_crd(_crd(subresources={"status": {}}))
    schema = schemas["com.example.v1.Ship"]
    assert schema["required"] == ["apiVersion", "kind", "spec"]
    status = jsonschema_rs.Draft202012Validator(schema["properties"]["status"])
    assert [status.is_valid(value) for value in ({}, None, {"depth": -1}, {"afloat": "no"}, {"unknown": 1})] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_status_that_is_a_field_like_any_other_is_judged() -> None:
    _, schemas = read_crd(_crd())
    assert schemas["com.example.v1.Ship"]["required"] == ["apiVersion", "kind", "spec", "status"]


def test_the_older_shape_of_crds_is_read() -> None:
    crd = _crd()
    (version,) = crd["spec"].pop("versions")
    crd["spec"] |= {"version": "v1alpha1", "validation": version["schema"]}
    rows, schemas = read_crd(crd)
    assert rows[0]["version"] == "v1alpha1"
    assert "spec" in schemas["com.example.v1alpha1.Ship"]["properties"]


@pytest.mark.parametrize("lost", ["group", "names", "scope", "versions"])
def test_a_crd_that_lacks_something_is_named(lost: str) -> None:
    crd = _crd()
    del crd["spec"][lost]
    with pytest.raises(CrdError, match=r"CustomResourceDefinition ships\.example\.com: has no usable "):
        read_crd(crd)


def test_shared_parts_are_written_once_and_mean_the_same() -> None:
    part = strict({"type": "object", "properties": {f"field{i}": {"type": "string", "maxLength": i} for i in range(9)}})
    schemas = {
        "one": {"type": "object", "properties": {"x": part, "y": {"type": "array", "items": part}}},
        "two": {"type": "object", "additionalProperties": part},
    }
    hoisted = hoist(copy.deepcopy(schemas), "shared")
    assert sorted(hoisted) == ["one", "shared.1", "two"]
    reference = {"$ref": "#/$defs/shared.1"}
    assert hoisted["one"]["properties"] == {"x": reference, "y": {"type": "array", "items": reference}}
    assert hoisted["two"]["additionalProperties"] == reference

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return inline(hoisted[node["$ref"].removeprefix("#/$defs/")])
            return {key: inline(value) for key, value in node.items()}
        return node

    assert {name: inline(hoisted[name]) for name in schemas} == schemas
