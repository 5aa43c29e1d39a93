"""A check that fails is Pilothouse's own fault, and hides nothing that the others find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pilothouse.checks import Problem, catalogue, check_environments, check_object, check_stack, chosen
from pilothouse.checks.run import DEFECT
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

FUNCTIONS = ("on_object", "on_pods", "on_stack", "on_environments")


def broken(*_: object) -> Iterator[Problem]:
    raise KeyError("spec")
    yield  # makes it a generator, as every check is


@pytest.mark.parametrize("code", [check.code for check in catalogue().values() if check.judges and not check.on_node])
def test_a_check_that_raises_is_a_finding_and_the_others_still_run(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = catalogue()[code]
    functions = {field: broken for field in FUNCTIONS if getattr(check, field)}
    failing = check._replace(kinds=None, fields=None, states=None, **functions)  # type: ignore[arg-type]
    before = judged()
    monkeypatch.setitem(catalogue(), code, failing)  # type: ignore[arg-type]
    chosen.forget()
    try:
        found = judged()
    finally:
        monkeypatch.undo()
        chosen.forget()
    defects = [finding for finding in found if finding.code == DEFECT]
    assert [code in finding.message for finding in defects] == [True]
    assert {finding.code for finding in before} >= {"OBJ004", "SCHEMA001", "NS001", "QOS001"}
    assert [each for each in found if each.code != DEFECT] == [each for each in before if each.code != code]


def judged() -> list[Finding]:
    """What is found in an object that has several things wrong with it."""
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "No_Name", "namespace": "nowhere"},
        "spec": {"containers": [{"name": "a", "image": "a:1"}]},
        "x": 1,
    }
    manifest = Manifest(body, Position(file="charts/a.py", line=3))
    stack = Stack(somebodys("1.34"), Catalogue("1.34"), [manifest])
    compared = check_environments({"prod": stack, "dev": stack})["prod"]
    return check_object(manifest, stack) + check_stack(stack) + compared


def test_maps_and_lists_of_any_class_are_looked_into() -> None:
    class Map(dict[str, object]):
        pass

    class List(list[object]):
        pass

    body = Map(a=List([Map(b=1)]), c={"d": List()})
    assert chosen.field_names(body) == {"a", "b", "c", "d"}
