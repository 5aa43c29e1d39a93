"""Of a Secret a diff tells everything but its values, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.diff.compare import compare
from pilothouse.diff.secrecy import masked, masked_field
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue

CATALOGUE = Catalogue("1.34")
COPY = "kubectl.kubernetes.io/last-applied-configuration"


def secret(value: Any, kind: str = "Secret", **rest: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", **rest}, "data": value}


def told(before: dict[str, Any], after: dict[str, Any]) -> str:
    identity = Manifest(after, Position("a.yaml", 1)).identity
    return repr([masked_field(identity, each) for each in compare(before, after, CATALOGUE)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (secret({"a": "hidden1"}), secret({"a": "hidden2"})),
        (secret({"a": "hidden1"}), secret({})),
        (secret({"a": "hidden1"}), secret("hidden2")),
        (secret(None), secret({"a": "hidden2"})),
        (secret({}, annotations={COPY: "hidden1", "b": "c"}), secret({}, annotations={COPY: "hidden2", "b": "c"})),
        (secret({}), secret({}, annotations={COPY: "hidden2"})),
        (secret({}, annotations=["hidden-not"]), secret({}, annotations={COPY: "hidden2"})),
    ],
)
def test_no_value_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    for one, other in ((before, after), (after, before)):
        found = told(one, other)
        assert "<masked>" in found
        assert "hidden1" not in found and "hidden2" not in found


@pytest.mark.parametrize(
    "body",
    [
        secret({"a": "hidden1"}),
        secret("hidden1"),
        secret(["hidden1"]),
        secret({}, annotations={COPY: "hidden1"}),
        {**secret({}), "stringData": {"a": "hidden1"}},
    ],
)
def test_a_whole_object_is_told_without_them(body: dict[str, Any]) -> None:
    shown = repr(masked(Manifest(body, Position("a.yaml", 1))))
    assert "<masked>" in shown and "hidden1" not in shown
    assert "hidden1" in repr(body)


def test_what_is_no_secret_is_told() -> None:
    assert "plain2" in told(secret({"a": "plain1"}, "ConfigMap"), secret({"a": "plain2"}, "ConfigMap"))
    assert "blue" in told(secret({}, labels={"b": "red"}), secret({}, labels={"b": "blue"}))
