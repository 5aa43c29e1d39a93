"""Whatever stands in an environment file: an environment, or mistakes with a place; never anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from pilothouse.environment import EnvironmentErrors, chart_names, editor_schemas, explain, load
from pilothouse.environment.editor import ENVIRONMENT_SCHEMA
from pilothouse.yamlio import dump
from tests.environment.environment_repository import Repository
from tests.environment.value_types import places, replaced

anywhere = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_SCALARS = st.sampled_from(["", "x", "kubia", "_base", "1.32", "a b", 1, 1.5, True, None, 2**63, "namespace/name"])
_KEYS = st.sampled_from(["x", "a/b", "A b", ""])
_ANY = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=2),
    max_leaves=4,
)


_NAMES = st.sampled_from(["kubia", "mysql", "external-dns"])
_WAIVER = st.fixed_dictionaries(
    {"code": st.just("SVC001"), "reason": st.just("known"), "object": st.just("Service a/b")}
)
_INSTANCE = st.fixed_dictionaries(
    {},
    optional={
        "chart": _NAMES,
        "namespace": st.just("web"),
        "values": st.dictionaries(_KEYS, _ANY.filter(lambda value: value is not None), max_size=2),
        "waivers": st.lists(_WAIVER, max_size=1),
    },
)
_NEEDED = {
    "kubernetesVersion": st.just("1.32"),
    "cluster": st.fixed_dictionaries({"name": st.just("lab")}, optional={"domain": st.just("a.b")}),
    "charts": st.dictionaries(_NAMES, _INSTANCE, min_size=1, max_size=3),
}
_MORE = {
    "profile": st.sampled_from(["lab", "production"]),
    "labels": st.dictionaries(st.sampled_from(["a", "b/c"]), st.just("x")),
    "imagePullSecrets": st.lists(st.just("pull")),
    "given": st.fixed_dictionaries({}, optional={"namespaces": st.lists(st.just("x"))}),
    "waivers": st.lists(_WAIVER, max_size=1),
}
_LAYER = st.fixed_dictionaries({}, optional={**_NEEDED, **_MORE})


@st.composite
def _spoilt(draw: st.DrawFn, files: st.SearchStrategy[Any]) -> Any:
    """Such a file, or one with something else in one place."""
    file = draw(files)
    if not file or draw(st.booleans()):
        return file
    return replaced(file, draw(st.sampled_from(places(file))), draw(_ANY | st.none()))


_FILE = _spoilt(
    st.fixed_dictionaries(_NEEDED, optional=_MORE)
    | st.fixed_dictionaries({"extends": st.sampled_from(["_base", "_more"]), **_NEEDED}, optional=_MORE)
    | st.fixed_dictionaries({"extends": st.just("_base")}, optional={**_NEEDED, **_MORE})
)


def _judge(repository: Repository) -> bool:
    try:
        environment = load(repository.path, "dev", kubernetes_versions=["1.32"])
    except EnvironmentErrors as errors:
        assert errors.problems
        for problem in errors.problems:
            lines = (repository.root / problem.position.file).read_text().splitlines() or [""]
            assert 1 <= problem.position.line <= len(lines) + 1
            assert problem.message
            assert "\n" not in str(problem)
        return False
    for row in explain(environment):
        assert row.position is None or row.position.file in environment.files
    assert environment.for_charts().encoded()
    return True


@given(_FILE, _spoilt(_LAYER), _FILE)
@anywhere
def test_a_file_is_an_environment_or_a_list_of_mistakes(repository: Repository, dev: Any, base: Any, more: Any) -> None:
    for name, value in (("dev", dev), ("_base", base), ("_more", more)):
        repository.write(name, dump(value))
    if _judge(repository):
        # What the command takes, the editor does not underline.
        written = editor_schemas(dict.fromkeys(chart_names(repository.path)), kubernetes_versions=["1.32"])
        assert list(Draft7Validator(json.loads(written[ENVIRONMENT_SCHEMA])).iter_errors(dev)) == []


@given(st.text(st.sampled_from("{}[]:,-&*!|>'\"%@`#?~<\n\t abx1_"), max_size=40) | st.text(max_size=20))
@anywhere
def test_any_text_at_all_is_answered(repository: Repository, text: str) -> None:
    (repository.root / "environments" / "dev.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(repository.path, "dev")
    except EnvironmentErrors as errors:
        assert errors.problems


@given(st.binary(max_size=30))
@anywhere
def test_any_bytes_at_all_are_answered(repository: Repository, content: bytes) -> None:
    (repository.root / "environments" / "dev.yaml").write_bytes(content)
    with pytest.raises(EnvironmentErrors):
        load(repository.path, "dev")


def test_deep_values_and_aliases_are_taken(repository: Repository) -> None:
    deep = "[" * 150 + "]" * 150
    repository.write(
        "dev",
        f"kubernetesVersion: '1.32'\ncluster: {{name: lab}}\ncharts:\n"
        f"  kubia: &web\n    values: {{deep: {deep}}}\n  mysql: *web\n",
    )
    dev = load(repository.path, "dev")
    assert dev.charts["mysql"].values == dev.charts["kubia"].values
    assert dev.position_of(("charts", "mysql")).line == 6
    assert dev.position_of(("charts", "mysql", "values", "deep", 0)).line == 5
    assert any(len(row.path) > 150 for row in explain(dev))
