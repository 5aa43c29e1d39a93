"""The manual's examples are real charts, and the manual is what the sources and the examples give."""

from __future__ import annotations

import pytest

import pilothouse_kit
from docs import kit_reference
from docs.examples_built import Example, names
from docs.generate import MANUAL, example_of, manual
from pilothouse.report.summary import shown
from pilothouse.schemas import Catalogue, known_minors


@pytest.mark.parametrize("name", names())
def test_an_example_fits_the_schemas_and_no_check_finds_an_error_or_a_warning_in_it(name: str) -> None:
    """Advice is left out: an example shows one construct, and not what a namespace or a cluster has besides."""
    example = Example(name)
    catalogue = Catalogue("1.34")
    assert example.manifests()
    assert [problem for each in example.manifests() for problem in catalogue.validate(each.body)] == []
    found = shown(example.findings(), advice=False)
    assert [f"{finding.code} {finding.message}" for finding in found] == []


@pytest.mark.parametrize("minor", known_minors())
def test_every_object_fits_each_kubernetes_that_serves_its_kind(minor: str) -> None:
    catalogue = Catalogue(minor)
    judged = 0
    for name in names():
        for manifest in Example(name, minor).manifests():
            if catalogue.kind(manifest.api_version, manifest.kind) is not None:
                judged += 1
                assert catalogue.validate(manifest.body) == [], f"{name}: {manifest}"
    assert judged > 50


@pytest.mark.parametrize("name", kit_reference.constructs())
def test_each_construct_has_an_example_that_makes_its_kind(name: str) -> None:
    klass = getattr(pilothouse_kit, name)
    example = Example(example_of(name))
    assert f" {name}(" in example.text
    assert klass.kind in [manifest.kind for manifest in example.manifests()]


def test_no_example_is_left_over() -> None:
    assert set(names("kit")) == {example_of(name) for name in kit_reference.constructs()}


@pytest.mark.parametrize("name", pilothouse_kit.__all__)
def test_the_manual_covers_every_public_name(name: str) -> None:
    page = MANUAL.read_text(encoding="utf-8")
    assert f"\n#### {name}\n" in page or f"\n### {name}\n" in page or f"| `{name}` |" in page
    if name not in kit_reference.constructs() and name != "KubernetesObject":
        assert any(name in Example(each).text for each in names()), f"no example uses {name}"


@pytest.mark.parametrize("name", [*kit_reference.constructs(), *kit_reference.helpers()])
def test_every_argument_has_a_type_and_a_meaning(name: str) -> None:
    entry = kit_reference.entry(name)
    assert entry.summary.endswith((".", ":"))
    for argument in [*entry.arguments, *(each for method in entry.methods for each in method.arguments)]:
        assert argument.type, argument.name
        assert len(argument.meaning) > 5, argument.name


@pytest.mark.parametrize("dictionary", kit_reference.OPTIONS, ids=lambda each: str(each.__name__))
def test_every_option_has_a_type_and_a_meaning(dictionary: type) -> None:
    fields = kit_reference.options(dictionary)
    assert {field.name for field in fields} <= set(dictionary.__annotations__)
    for field in fields:
        assert field.type
        assert len(field.meaning) > 5, field.name


def test_every_type_that_an_argument_names_is_explained() -> None:
    entries = [kit_reference.entry(name) for name in [*kit_reference.constructs(), *kit_reference.helpers()]]
    written = [argument.type for entry in entries for argument in entry.arguments]
    written += [field.type for each in kit_reference.OPTIONS for field in kit_reference.options(each)]
    for found in kit_reference.types(written):
        assert found.meaning, found.name


def test_the_manual_is_what_its_sources_give() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "docs/kit.md is not up to date: run `make docs`"
