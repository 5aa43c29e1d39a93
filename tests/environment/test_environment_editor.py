from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from pilothouse import Values
from pilothouse.environment import editor_schemas, value_problems, values_schema
from pilothouse.environment.editor import ENVIRONMENT_SCHEMA, LAYER_SCHEMA, modeline
from tests.environment.value_types import STRUCTS, Case, near_misses


class Probe(Values):
    """How the pod is asked."""

    path: str
    port: Annotated[int, msgspec.Meta(ge=1)] = 80


class KubiaValues(Values):
    """What kubia is told."""

    image: Annotated[str, msgspec.Meta(description="The repository, without the tag.")]
    replicas: int = 3
    kind: Literal["a", "b"] = "a"
    probe: Probe | None = None
    probes: dict[str, Probe] = msgspec.field(default_factory=dict)
    pair: tuple[int, Probe] | None = None


class MysqlValues(Values):
    storage: str = "1Gi"


CHARTS = {
    "kubia": values_schema(KubiaValues),
    "my_sql": values_schema(MysqlValues),
    "broken": None,
}


def told(values: dict[str, Any]) -> dict[str, Any]:
    return {"charts": {"kubia": {"values": values}}}


KUBIA = "charts.kubia.values"
HEAD = {"kubernetesVersion": "1.32", "cluster": {"name": "lab"}}


def _schema(path: str = ENVIRONMENT_SCHEMA) -> dict[str, Any]:
    written = editor_schemas(CHARTS, kubernetes_versions=("1.32", "1.31"), layers=("_base",))
    schema: dict[str, Any] = json.loads(written[path])
    Draft7Validator.check_schema(schema)
    return schema


def _underlined(schema: dict[str, Any], file: Any) -> set[str]:
    """The fields that an editor underlines, the deepest of each."""

    def leaves(error: Any) -> list[Any]:
        return [leaf for child in error.context for leaf in leaves(child)] if error.context else [error]

    errors = [leaf for error in Draft7Validator(schema).iter_errors(file) for leaf in leaves(error)]
    # An alternative that a null would have met says nothing about the value that stands there.
    errors = [error for error in errors if not (error.validator == "type" and error.schema.get("type") == "null")]
    return {".".join(map(str, error.absolute_path)) for error in errors}


@pytest.mark.parametrize(
    "file",
    [
        {**HEAD, "charts": {"kubia": {"values": {"image": "x"}}}},
        {**HEAD, "charts": {"kubia": {"values": {"image": "x", "probe": {"path": "/"}, "pair": [1, {"path": "/"}]}}}},
        {**HEAD, "charts": {"web": {"chart": "kubia", "values": {"image": "x", "replicas": 1}}}},
        {**HEAD, "charts": {"my-sql": {}, "db": {"chart": "my-sql"}, "db2": {"chart": "my_sql", "values": {}}}},
        {**HEAD, "charts": {"my-sql": {"chart": "kubia", "values": {"image": "x"}}}},
        {**HEAD, "charts": {"broken": {"values": {"any": ["thing"]}}}, "labels": {"a": "b"}, "profile": "lab"},
        {"extends": "_base"},
        {"extends": "_base", "cluster": {}, "labels": {"a": None}, "given": {"namespaces": None}, "domain": None},
        {"extends": "_base", "charts": {"kubia": {"values": {"replicas": None, "probe": {"port": 3}}}, "gone": None}},
        {"extends": "_base", "charts": {"kubia": {"values": {"probes": {"a": {"path": None}, "b": None}}}}},
        {"extends": "_base", "charts": {"some": {"values": {"chart": "is known to the layer"}}}},
    ],
)
def test_a_correct_file_is_not_underlined(file: dict[str, Any]) -> None:
    assert _underlined(_schema(), file) == set()


@pytest.mark.parametrize(
    ("file", "where"),
    [
        ({}, {""}),
        ({**HEAD}, {""}),
        ({**HEAD, "charts": {}}, {"charts"}),
        ({**HEAD, "charts": {"kubia": {}}}, {"charts.kubia"}),
        ({**HEAD, "charts": {"kubia": {"values": {}}}}, {"charts.kubia.values"}),
        ({**HEAD, "charts": {"unknown": {}}}, {"charts.unknown"}),
        ({**HEAD, "charts": {"db": {"chart": "mysqll"}}}, {"charts.db.chart"}),
        ({**HEAD, "cluster": {}, "charts": {"my-sql": {}}}, {"cluster"}),
        ({**HEAD, "kubernetesVersion": "1.30", "charts": {"my-sql": {}}}, {"kubernetesVersion"}),
        ({**HEAD, "lables": {}, "charts": {"my-sql": {}}}, {""}),
        ({**HEAD, "labels": {"a": None}, "charts": {"my-sql": {}}}, {"labels.a"}),
        ({**HEAD, **told({"image": 1, "replcas": 2})}, {KUBIA, f"{KUBIA}.image"}),
        ({**HEAD, "charts": {"db": {"chart": "my-sql", "values": {"image": "x"}}}}, {"charts.db.values"}),
        (
            {**HEAD, "charts": {"my-sql": {"chart": "kubia", "values": {"image": "x", "b": 1}}}},
            {"charts.my-sql.values"},
        ),
        ({"extends": "base"}, {"extends"}),
        ({"extends": "_base", "profile": "x"}, {"profile"}),
        ({"extends": "_base", **told({"replicas": "x"})}, {f"{KUBIA}.replicas"}),
        ({"extends": "_base", **told({"probe": {"port": 0}})}, {f"{KUBIA}.probe.port"}),
        # A list is replaced as a whole: nothing in it comes from a layer.
        ({"extends": "_base", **told({"pair": [1, {"port": 1}]})}, {f"{KUBIA}.pair.1"}),
        ({"extends": "_base", "imagePullSecrets": [None]}, {"imagePullSecrets.0"}),
    ],
)
def test_a_mistake_is_underlined_where_it_stands(file: dict[str, Any], where: set[str]) -> None:
    assert _underlined(_schema(), file) == where


def test_nothing_is_required_of_a_layer() -> None:
    layer = _schema(LAYER_SCHEMA)
    assert _underlined(layer, {}) == set()
    assert _underlined(layer, {"charts": {"kubia": {"values": {"replicas": 3}}}, "cluster": {}}) == set()
    assert _underlined(layer, {"charts": {"kubia": {"values": {"replicas": "x"}}}}) == {"charts.kubia.values.replicas"}
    assert _underlined(layer, {"lables": {}}) == {""}


def test_descriptions_reach_the_editor() -> None:
    text = json.dumps(_schema())
    for described in ("The repository, without the tag.", "What kubia is told.", "Labels on every object."):
        assert described in text


def test_the_first_line_leads_to_the_schema_beside_it() -> None:
    assert modeline("dev") == "# yaml-language-server: $schema=../.pilothouse/schemas/environment.schema.json"
    assert modeline("_base") == "# yaml-language-server: $schema=../.pilothouse/schemas/layer.schema.json"
    assert set(editor_schemas({})) == {line.removeprefix("../") for line in (
        modeline(name).partition("$schema=")[2] for name in ("dev", "_base")
    )}  # fmt: skip


def test_the_same_charts_give_the_same_bytes_in_any_order() -> None:
    backwards = dict(reversed(CHARTS.items()))
    assert editor_schemas(CHARTS, layers=["_a", "_b"]) == editor_schemas(backwards, layers={"_b", "_a"})


def test_a_repository_without_charts_has_schemas_too() -> None:
    for content in editor_schemas({}).values():
        Draft7Validator.check_schema(json.loads(content))


slowly = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@given(STRUCTS.flatmap(lambda case: st.tuples(st.just(case), near_misses(case))))
@slowly
def test_the_editor_and_the_command_say_the_same(drawn: tuple[Case, Any]) -> None:
    case, values = drawn
    schema = json.loads(editor_schemas({"kubia": values_schema(case.type)})[ENVIRONMENT_SCHEMA])
    Draft7Validator.check_schema(schema)
    underlined = not Draft7Validator(schema).is_valid({**HEAD, "charts": {"kubia": {"values": values}}})
    mistakes = value_problems(case.type, values)[1]
    if underlined:
        assert mistakes
    elif not _has_float(values):
        # JSON Schema takes 1.0 for an int, and to an editor a format is advice.
        advice = ("such as", "a UUID", "a decimal number", "in base64")
        assert all(any(words in mistake.message for words in advice) for mistake in mistakes)


def _has_float(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_has_float(child) for child in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, float)


@given(STRUCTS.flatmap(lambda case: st.tuples(st.just(case), case.values)), st.data())
@slowly
def test_an_overlay_may_say_any_part_of_the_values(drawn: tuple[Case, Any], data: st.DataObject) -> None:
    case, values = drawn
    part = {
        name: data.draw(st.sampled_from([value, None])) for name, value in values.items() if data.draw(st.booleans())
    }
    written = editor_schemas({"kubia": values_schema(case.type)})
    for path, head in ((ENVIRONMENT_SCHEMA, {"extends": "_base"}), (LAYER_SCHEMA, {})):
        file = {**head, "charts": {"kubia": {"values": part}, "other": {"chart": "kubia", "values": part}}}
        assert Draft7Validator(json.loads(written[path])).is_valid(file)
