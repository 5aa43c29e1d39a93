from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.environment import explain, load
from pilothouse.fieldpath import format_path
from tests.environment.environment_repository import Repository


def test_every_value_is_told_with_the_line_behind_it(repository: Repository) -> None:
    repository.write(
        "_base",
        """\
        kubernetesVersion: "1.32"
        labels: {team: platform, gone: soon}
        imagePullSecrets:
          - one
          - two
        charts:
          kubia:
            values: {image: x, password: hunter2, list: [1, {a: null, b: {}}, []]}
          mysql: {}
        """,
    )
    repository.write(
        "dev",
        """\
        extends: _base
        cluster: {name: lab}
        labels: {gone: null}
        annotations: {}
        charts:
          kubia: {values: {image: z}}
        """,
    )
    shown = [(format_path(row.path), row.value, str(row.position)) for row in explain(load(repository.path, "dev"))]
    base, dev = "environments/_base.yaml", "environments/dev.yaml"
    assert shown == [
        ("kubernetesVersion", "1.32", f"{base}:1:20"),
        ("profile", "lab", "None"),
        ("cluster.name", "lab", f"{dev}:2:17"),
        ("cluster.domain", "cluster.local", "None"),
        ("labels.team", "platform", f"{base}:2:16"),
        ("annotations", {}, f"{dev}:4:1"),
        ("imagePullSecrets[0]", "one", f"{base}:4:5"),
        ("imagePullSecrets[1]", "two", f"{base}:5:5"),
        ("charts.kubia.chart", "kubia", "None"),
        ("charts.kubia.namespace", "kubia", "None"),
        ("charts.kubia.values.image", "z", f"{dev}:6:27"),
        ("charts.kubia.values.password", "(not shown)", f"{base}:8:34"),
        ("charts.kubia.values.list[0]", 1, f"{base}:8:50"),
        ("charts.kubia.values.list[1].a", None, f"{base}:8:57"),
        ("charts.kubia.values.list[1].b", {}, f"{base}:8:63"),
        ("charts.kubia.values.list[2]", [], f"{base}:8:71"),
        ("charts.mysql.chart", "mysql", "None"),
        ("charts.mysql.namespace", "mysql", "None"),
        ("charts.mysql", {}, f"{base}:9:3"),
    ]


_WORDS = st.text("abcdefgh", min_size=1, max_size=6).map(lambda word: f"w{word}")


@given(st.dictionaries(_WORDS, _WORDS, max_size=4), st.dictionaries(_WORDS, _WORDS | st.none(), max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_place_is_the_line_that_holds_the_value(
    repository: Repository, base: dict[str, str], own: dict[str, str | None]
) -> None:
    own = {name: value for name, value in own.items() if value is not None or name in base}
    files = {}
    for name, labels, head in (("_base", base, ""), ("dev", own, "extends: _base\n")):
        lines = "".join(f"  {key}: {'null' if value is None else value}\n" for key, value in labels.items())
        text = f"{head}labels:\n{lines}" if labels else head
        if name == "dev":
            text += "kubernetesVersion: '1.32'\ncluster: {name: lab}\ncharts: {kubia: {}}\n"
        repository.write(name, text or "domain: a.b\n")
        files[f"environments/{name}.yaml"] = (text or "domain: a.b\n").splitlines()
    environment = load(repository.path, "dev")
    assert environment.labels == {name: value for name, value in {**base, **own}.items() if value is not None}
    for row in explain(environment):
        if row.position is not None and row.path[:1] == ("labels",) and len(row.path) == 2:
            line = files[row.position.file][row.position.line - 1]
            assert row.position.column is not None
            assert line[: row.position.column - 1].strip() == f"{row.path[1]}:"
            assert line[row.position.column - 1 :] == row.value
