"""A check that fails is Pilothouse's own fault, and hides nothing that the others find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pilothouse.checks import Problem, catalogue, check_object, check_stack, run
from pilothouse.checks.run import DEFECT
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys


def broken(*_: object) -> Iterator[Problem]:
    raise KeyError("spec")
    yield  # makes it a generator, as every check is


@pytest.mark.parametrize("code", [check.code for check in catalogue().values() if check.on_object or check.on_stack])
def test_a_check_that_raises_is_a_finding_and_the_others_still_run(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = catalogue()[code]
    failing = check._replace(on_object=broken if check.on_object else None, on_stack=broken if check.on_stack else None)
    monkeypatch.setitem(catalogue(), code, failing)  # type: ignore[arg-type]
    run._object_checks.cache_clear()
    try:
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "No_Name", "namespace": "nowhere"},
            "x": 1,
        }
        manifest = Manifest(body, Position(file="charts/a.py", line=3))
        stack = Stack(somebodys("1.34"), Catalogue("1.34"), [manifest])
        found = check_object(manifest, stack) + check_stack(stack)
    finally:
        run._object_checks.cache_clear()
    defects = [finding for finding in found if finding.code == DEFECT]
    assert [code in finding.message for finding in defects] == [True]
    assert {finding.code for finding in found} - {DEFECT} == {"OBJ004", "SCHEMA001", "NS001"} - {code}
