"""What is written is read back as the same value by every reader that a cluster's people use."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from ruamel.yaml import YAML

from pilothouse.yamlio import dump, load_all
from tests.yamlio.goyaml_program import GoYaml
from tests.yamlio.yaml_values import FLOATS, INTEGERS, STRINGS, same, same_json, values

MANY = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def yaml12(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def check(go: GoYaml, value: Any) -> None:
    text = dump(value)
    assert text.endswith("\n")
    for reader in ("sigs", "strict", "v3"):
        assert same_json(value, go.read(text, reader)), (reader, text)
    assert same(value, yaml.load(text, yaml.SafeLoader)), text
    assert same(value, yaml.load(text, yaml.CSafeLoader)), text
    assert same(value, yaml12(text)), text
    ours = load_all(text, file="x.yaml")
    assert same_json(value, ours[0].value if ours else None), text


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_every_reader_takes_a_string_for_that_string(go: GoYaml, text: str) -> None:
    check(go, text)
    check(go, {text: text})
    check(go, [text, text])
    check(go, {"a": {"b": [{"c": text, text: 1}, [text, [text]]]}})
    check(go, {text: {text: [text]}})
    check(go, [{text: [{text: {text: {}}}]}])


@pytest.mark.parametrize("number", [*FLOATS, *INTEGERS, True, False, None], ids=repr)
def test_every_reader_takes_a_number_for_that_number(go: GoYaml, number: object) -> None:
    check(go, number)
    check(go, {"a": number, "b": [number]})


@MANY
@given(value=values)
def test_every_reader_takes_any_value_for_that_value(go: GoYaml, value: Any) -> None:
    check(go, value)
