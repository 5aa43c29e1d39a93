"""``set``: one value of an environment file changed, and nothing else in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.synth.synth_repository import Repository

_TYPED = """
    from pilothouse import Chart, RawObject, Values


    class Limits(Values):
        cpu: str = "1"
        pods: int = 3


    class TypedValues(Values):
        version: str
        limits: Limits = Limits()
        hosts: list[str] = []
        port: int | str = 80
        password: str = ""
        extra: dict[str, str] = {}


    class Typed(Chart[TypedValues]):
        def build(self) -> None:
            raise RuntimeError("a chart is not built to set a value")
"""
_PROD = """\
# production
extends: _base   # what all have
kubernetesVersion: "1.33"
cluster: {name: prod}
charts:
  typed:
    values:
      version: v1   # CI moves it
      # not now:
      # hosts: [a]
      limits: {cpu: "2"}
      password: hunter2

# the end
"""


@pytest.fixture
def typed(repository: Repository) -> Repository:
    repository.write("charts/typed.py", _TYPED)
    repository.write("environments/prod.yaml", _PROD)
    return repository


FILE = "environments/prod.yaml"


def test_a_version_moves_and_every_other_byte_stays(typed: Repository) -> None:
    os.chmod(typed.root / FILE, 0o640)
    run = typed.run("set", "prod", "typed.values.version=1.10")
    assert (run.code, run.out, run.err) == (0, "", f'{FILE}: charts.typed.values.version = "1.10": set\n')
    assert typed.read(FILE) == _PROD.replace("version: v1 ", 'version: "1.10" ')
    assert (typed.root / FILE).stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(typed.root / "environments")) == ["_base.yaml", "dev.yaml", "prod.yaml"]


def test_what_stands_there_already_is_left_alone(typed: Repository) -> None:
    before = (typed.root / FILE).stat()
    run = typed.run("set", "prod", "typed.values.version=v1", "typed.values.limits.cpu=2")
    assert (run.code, run.out, run.err) == (0, "", f"{FILE}: no change\n")
    after = (typed.root / FILE).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("word", "old", "new"),
    [
        ("typed.values.version=no", "version: v1 ", 'version: "no" '),
        ("typed.values.version=1e3", "version: v1 ", 'version: "1e3" '),
        ("typed.values.version='quoted'", "version: v1 ", "version: quoted "),
        ("typed.values.version=a: b", "version: v1 ", 'version: "a: b" '),
        ("charts.typed.values.version=v2", "version: v1 ", "version: v2 "),
        ("typed.values.limits.cpu=500m", '{cpu: "2"}', '{cpu: "500m"}'),
        ("typed.values.limits.pods=4", '{cpu: "2"}', '{cpu: "2", pods: 4}'),
        ("typed.values.limits={cpu: 3, pods: 4}", '{cpu: "2"}', '{cpu: "3", pods: 4}'),
        ("typed.values.port=8080", "hunter2\n", "hunter2\n      port: 8080\n"),
        ("typed.values.port=http", "hunter2\n", "hunter2\n      port: http\n"),
        ("typed.values.hosts=[a, 1.10]", "hunter2\n", 'hunter2\n      hosts: [a, "1.10"]\n'),
        ("typed.values.extra[a.b/c]=1", "hunter2\n", 'hunter2\n      extra:\n        a.b/c: "1"\n'),
        ("kubernetesVersion=1.34", '"1.33"', '"1.34"'),
        ("labels.team=7", "# the end\n", '# the end\nlabels:\n  team: "7"\n'),
        ("web.values.colour=red", "hunter2\n", "hunter2\n  web:\n    values:\n      colour: red\n"),
        ("cluster.domain=prod.local", "{name: prod}", "{name: prod, domain: prod.local}"),
    ],
)
def test_values_are_read_by_the_type_of_their_field(typed: Repository, word: str, old: str, new: str) -> None:
    run = typed.run("set", "prod", word)
    assert run.code == 0, run.err
    expected = _PROD.replace(old, new)
    if word.startswith("labels"):
        expected = _PROD.replace("hunter2\n", 'hunter2\nlabels:\n  team: "7"\n')
    assert typed.read(FILE) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["typed.values.limits.pods=many"], f"{FILE}:11:32: charts.typed.values.limits.pods: expected int, got 'many'"),
        (["typed.values.verion=v2"], "typed.values.verion: unknown key 'verion'"),
        (["typed.values.password=[1]"], "charts.typed.values.password: expected str, got a list"),
        (["kubernetesVersion=1.99"], "kubernetesVersion: expected '1.31'"),
        (["web.values.colour=red", "typed.values.version={}"], "charts.typed.values.version: expected str, got a map"),
        (["tpyed.values.version=v2"], "prod deploys no instance 'tpyed', did you mean 'typed'?"),
        (["kubernetesVersoin=1.34"], "prod deploys no instance 'kubernetesVersoin', did you mean 'kubernetesVersion'?"),
        (["db-two.values={}"], "prod deploys no instance 'db-two'"),
        (["version"], "expected KEY=VALUE such as kubia.values.version=v2, got 'version'"),
        (["=v2"], "expected KEY=VALUE"),
        (["typed..values=1"], "expected KEY=VALUE"),
        (["typed.values.limits=[1"], "is no YAML value"),
        (["typed.values.version.x=1"], "expected charts.typed.values.version to be a map, found a single value"),
        (["extends=_none"], "no layer '_none'"),
    ],
)
def test_nothing_is_written_where_the_environment_would_not_load(
    typed: Repository, words: list[str], said: str
) -> None:
    run = typed.run("set", "prod", *words)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
    assert "hunter2" not in run.err
    assert typed.read(FILE) == _PROD


def test_every_environment_that_extends_a_layer_is_judged(typed: Repository) -> None:
    base = typed.read("environments/_base.yaml")
    run = typed.run("set", "_base", "web.values.colour=[1]", "kubernetesVersion=1.35")
    assert (run.code, typed.read("environments/_base.yaml")) == (2, base)
    assert "environments/_base.yaml:5:38: charts.web.values.colour: expected str, got a list" in run.err
    assert typed.run("set", "_base", "web.values.colour=1").code == 0
    assert typed.read("environments/_base.yaml") == base.replace("colour: blue", 'colour: "1"')
    typed.edit(FILE, "version: v1", "version: [1]")
    run = typed.run("set", "_base", "web.values.colour=2")
    assert run.code == 2
    assert "charts.typed.values.version: expected str, got a list" in run.err
    assert typed.run("set", "dev", "web.values.colour=2").code == 0


def test_a_layer_that_nobody_extends_is_judged_by_itself(typed: Repository) -> None:
    typed.write("environments/_other.yaml", "labels: {team: a}\n")
    assert typed.run("set", "_other", "labels.team=[]").code == 2
    assert typed.run("set", "_other", "labels.team=b").code == 0
    assert typed.read("environments/_other.yaml") == "labels: {team: b}\n"


def test_a_dry_run_prints_a_diff_without_secrets(typed: Repository) -> None:
    run = typed.run("set", "prod", "typed.values.version=v2", "typed.values.password=swordfish", "--dry-run")
    assert run.code == 0
    assert typed.run("set", "prod", "typed.values.limits.cpu=4", "--dry-run").out.count("password: (not shown)\n") == 1
    assert typed.read(FILE) == _PROD
    assert run.out.startswith(f"--- a/{FILE}\n+++ b/{FILE}\n@@ ")
    assert "-      version: v1   # CI moves it\n+      version: v2   # CI moves it\n" in run.out
    for secret in ("hunter2", "swordfish"):
        assert secret not in run.out + run.err
    assert typed.run("set", "prod", "typed.values.password=swordfish").code == 0
    assert "password: swordfish\n" in typed.read(FILE)


def test_a_chart_that_cannot_be_imported_is_told_and_stops(typed: Repository) -> None:
    for body, said in (("1 / 0\n", "ZeroDivisionError"), ("import os\nos._exit(3)\n", ""), ("x = (\n", "SyntaxError")):
        typed.write("charts/typed.py", body)
        run = typed.run("set", "prod", "web.values.colour=red")
        assert (run.code, typed.read(FILE)) == (2, _PROD), (body, run)
        assert "charts/typed.py" in run.out and said in run.out
        assert run.err.endswith("nothing was written\n")


def test_an_alias_is_not_changed_behind_its_back(typed: Repository) -> None:
    typed.edit(FILE, "typed:", "typed: &typed")
    typed.write(FILE, typed.read(FILE) + "  typed-two: {chart: typed, values: *typed}\n")
    typed.write(FILE, typed.read(FILE).replace("typed: &typed", "typed:").replace("values:\n", "values: &v\n", 1))
    typed.edit(FILE, "*typed", "*v")
    run = typed.run("set", "prod", "typed.values.version=v2")
    assert run.code == 2
    assert "belongs to the anchor &v, which line 15 uses" in run.err


def test_a_link_to_an_environment_file_stays_a_link(typed: Repository, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.yaml"
    (typed.root / FILE).rename(target)
    (typed.root / FILE).symlink_to(target)
    assert typed.run("set", "prod", "typed.values.version=v2").code == 0
    assert (typed.root / FILE).is_symlink()
    assert "version: v2 " in target.read_text()


def test_no_node_is_started(typed: Repository) -> None:
    assert typed.run("set", "prod", "typed.values.version=v2", JSII_NODE="/there/is/no/node").code == 0
