"""Every check has a page whose bad example it finds, and whose good example no check finds anything in."""

from __future__ import annotations

import re

import pytest

from pilothouse.checks import Check, catalogue, check_object, check_stack
from pilothouse.finding import Finding
from pilothouse.reading import ReadManifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from pilothouse.yamlio import load_all

EXAMPLES = re.compile(r"^```yaml (bad|good)(?: ([0-9.]+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEWEST = "1.36"


def examples(check: Check) -> dict[str, tuple[str, str]]:
    """The page's examples: ``bad`` and ``good`` -> Kubernetes version and YAML."""
    return {kind: (version or NEWEST, text) for kind, version, text in EXAMPLES.findall(check.page)}


def judge(version: str, text: str) -> list[Finding]:
    manifests = [ReadManifest(document) for document in load_all(text, file="example.yaml")]
    stack = Stack(somebodys(version), Catalogue(version), manifests)
    found = [finding for manifest in stack for finding in check_object(manifest, stack)]
    return found + check_stack(stack)


JUDGING = [check for check in catalogue().values() if check.on_object or check.on_stack]


@pytest.mark.parametrize("check", JUDGING, ids=lambda check: check.code)
def test_finds_the_bad_example_of_its_page(check: Check) -> None:
    version, text = examples(check)["bad"]
    found = [finding for finding in judge(version, text) if finding.code == check.code]
    assert found, f"{check.code} is silent on its own bad example"
    for finding in found:
        assert finding.severity == check.severity
        assert finding.position.file == "example.yaml"
        assert finding.message


@pytest.mark.parametrize("check", JUDGING, ids=lambda check: check.code)
def test_no_check_finds_anything_in_a_good_example(check: Check) -> None:
    version, text = examples(check)["good"]
    assert judge(version, text) == []


@pytest.mark.parametrize("check", catalogue().values(), ids=lambda check: check.code)
def test_each_check_has_a_title_and_a_page(check: Check) -> None:
    assert re.fullmatch(r"[A-Z]+[0-9]{3}", check.code)
    assert check.title[0].islower() or check.title.split()[0] in ("Secret",), "a title reads on after the code"
    assert len(check.page.split()) >= 15
    assert not check.page.rstrip().endswith(":")


def test_a_field_of_the_yaml_is_pointed_at() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec:\n  ports: []\n  portz: 80\n"
    positions = [finding.position for finding in judge(NEWEST, text) if finding.code == "SCHEMA001"]
    assert [(position.line, position.column) for position in positions] == [(6, 3)]
