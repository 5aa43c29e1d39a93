"""What a chart reads is noted: a change of it builds anew, by Python or by Node, and a change of nothing does not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.engine_repository import Repository

DATA = "import os, pathlib\nDATA = pathlib.Path(__file__).parents[1] / 'data'"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: %s}\n"


def _show(expression: str) -> str:
    return f"RawObject(self, config('shown') | {{'data': {{'a': str({expression})}}}})"


def _write(path: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / "data" / path).write_text(text)


# name -> (imports, the line that reads, what changes afterwards)
READS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "open": (DATA, _show("open(DATA / 'a.txt').read()"), _write("a.txt", "new")),
    "pathlib": (DATA, _show("(DATA / 'a.txt').read_text()"), _write("a.txt", "new")),
    "os_open": (DATA, _show("os.read(os.open(DATA / 'a.txt', os.O_RDONLY), 9)"), _write("a.txt", "new")),
    "yaml": (f"{DATA}\nimport yaml", _show("yaml.safe_load(open(DATA / 'a.txt'))"), _write("a.txt", "new")),
    "json": (f"{DATA}\nimport json", _show("json.load(open(DATA / 'c.json'))"), _write("c.json", "[1]")),
    "at_import": (f"{DATA}\nTEXT = (DATA / 'a.txt').read_text()", _show("TEXT"), _write("a.txt", "new")),
    "listdir": (DATA, _show("sorted(os.listdir(DATA))"), _write("new.txt", "")),
    "iterdir": (DATA, _show("sorted(DATA.iterdir())"), _write("new.txt", "")),
    "glob": (f"{DATA}\nimport glob", _show("sorted(glob.glob(f'{DATA}/*.txt'))"), _write("new.txt", "")),
    "rglob": (DATA, _show("sorted(DATA.rglob('*.txt'))"), _write("folder/new.txt", "")),
    "walk": (DATA, _show("sorted(map(str, os.walk(DATA)))"), _write("folder/new.txt", "")),
    "exists": (DATA, _show("os.path.exists(DATA / 'absent')"), _write("absent", "")),
    "is_file": (DATA, _show("(DATA / 'absent').is_file()"), _write("absent", "")),
    "access": (DATA, _show("os.access(DATA / 'absent', os.R_OK)"), _write("absent", "")),
    "absent": (
        f"{DATA}\nimport contextlib",
        "found = ''\nwith contextlib.suppress(OSError):\n    found = open(DATA / 'absent').read()\n" + _show("found"),
        _write("absent", "new"),
    ),
    "resources": (
        "import importlib.resources, charts",
        _show("(importlib.resources.files('charts') / 'table.txt').read_text()"),
        lambda root: (root / "charts/table.txt").write_text("new"),
    ),
    "own_module": (
        "from helper import TEXT",
        _show("TEXT"),
        lambda root: (root / "constructs/helper.py").write_text("from below import TEXT\nTEXT += '!'\n"),
    ),
    "module_below": (
        "from helper import TEXT",
        _show("TEXT"),
        lambda root: (root / "constructs/below.py").write_text("TEXT = 'new'\n"),
    ),
    "module_that_lacks": (
        "try:\n    from lacking import TEXT\nexcept ImportError:\n    TEXT = ''",
        _show("TEXT"),
        lambda root: (root / "constructs/lacking.py").write_text("TEXT = 'new'\n"),
    ),
    "include": (
        f"{DATA}\nimport cdk8s",
        "cdk8s.Include(self, 'x', url=str(DATA / 'd.yaml'))",
        _write("d.yaml", MANIFEST % ("shown", "new")),
    ),
    "yaml_load": (
        f"{DATA}\nimport cdk8s",
        "RawObject(self, cdk8s.Yaml.load(str(DATA / 'd.yaml'))[0])",
        _write("d.yaml", MANIFEST % ("shown", "new")),
    ),
    "add_file": (
        f"{DATA}\nimport cdk8s_plus_33 as k",
        "k.ConfigMap(self, 'x', metadata={'name': 'shown'}).add_file(str(DATA / 'a.txt'))",
        _write("a.txt", "new"),
    ),
    "helm_chart": (
        f"{DATA}\nimport cdk8s",
        "cdk8s.Helm(self, 'x', chart=str(DATA / 'chart'), helm_executable=str(DATA / 'helm'))",
        _write("chart/templates/x.txt", "new"),
    ),
    "helm_itself": (
        f"{DATA}\nimport cdk8s",
        "cdk8s.Helm(self, 'x', chart=str(DATA / 'chart'), helm_executable=str(DATA / 'helm'))",
        lambda root: (root / "data/helm").write_text("#!/bin/sh\ncat <<X\n" + MANIFEST % ("shown", "other") + "X\n"),
    ),
    "helm_values": (
        f"{DATA}\nimport cdk8s",
        "flags = ['--values', str(DATA / 'values.yaml'), f'--values={DATA / \"d.yaml\"}']\n"
        "cdk8s.Helm(self, 'x', chart=str(DATA / 'chart'), helm_executable=str(DATA / 'helm'), helm_flags=flags)",
        _write("values.yaml", "new"),
    ),
}


@pytest.fixture
def filled(repository: Repository) -> Repository:
    for path, text in {
        "data/a.txt": "old",
        "data/c.json": "{}",
        "data/d.yaml": MANIFEST % ("shown", "old"),
        "data/values.yaml": "old",
        "data/folder/x.txt": "",
        "data/chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 0.1.0\n",
        "data/chart/templates/x.txt": "old",
        "charts/table.txt": "old",
        "constructs/helper.py": "from below import TEXT\n",
        "constructs/below.py": "TEXT = 'old'\n",
    }.items():
        repository.write(path, text)
    # A helm that shows every file that it is given: the chart's template, and its values.
    script = """
        #!/bin/sh
        for last; do :; done
        printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: shown}\\ndata: {a: "%s %s"}\\n' \\
          "$(cat "$last/templates/x.txt")" "$(case "$*" in *values.yaml*) cat "${last%/chart}/values.yaml";; esac)"
    """
    repository.write("data/helm", script).chmod(0o755)
    return repository


def test_a_change_of_anything_that_was_read_builds_anew(filled: Repository) -> None:
    spaces = {name: name.replace("_", "-") for name in READS}
    filled.settings(given={"namespaces": list(spaces.values())})
    for name, (imports, line, _) in READS.items():
        filled.builds(name, line, imports=imports, namespace=spaces[name])
    filled.good()
    before = filled.objects()
    assert len(before) == len(READS)
    for name, (_, _, change) in READS.items():
        saved = {path: path.read_bytes() for path in filled.root.rglob("*") if _is_source(filled.root, path)}
        change(filled.root)
        filled.good()
        file = f"{spaces[name]}/{spaces[name]}/configmap-shown.yaml"
        assert filled.objects()[file] != before[file], name
        for path in filled.root.rglob("*"):
            if _is_source(filled.root, path):
                path.write_bytes(saved[path]) if path in saved else path.unlink()
    filled.good()
    assert filled.objects() == before


def _is_source(root: Path, path: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.is_file() and parts[0] in ("data", "charts", "constructs") and "__pycache__" not in parts


VARIABLES = {
    "item": _show("os.environ['PILOTHOUSE_TEST'] if 'PILOTHOUSE_TEST' in os.environ else ''"),
    "get": _show("os.environ.get('PILOTHOUSE_TEST')"),
    "getenv": _show("os.getenv('PILOTHOUSE_TEST')"),
    "bytes": _show("os.environb.get(b'PILOTHOUSE_TEST')"),
    "in": _show("'PILOTHOUSE_TEST' in os.environ"),
    "iterated": _show("[name for name in os.environ if name == 'PILOTHOUSE_TEST']"),
    "copied": _show("os.environ.copy().get('PILOTHOUSE_TEST')"),
    "expanded": _show("os.path.expandvars('$PILOTHOUSE_TEST')"),
}


def test_a_change_of_a_variable_that_was_read_builds_anew(repository: Repository) -> None:
    repository.settings(given={"namespaces": list(VARIABLES)})
    for name, line in VARIABLES.items():
        repository.builds(name, line, imports="import os", namespace=name)
    repository.good()
    before = repository.objects()
    repository.good(PILOTHOUSE_TEST="set")
    after = repository.objects()
    assert [path for path in before if before[path] == after[path]] == []
    repository.good()
    assert repository.objects() == before


def test_a_cached_read_in_a_shared_module_belongs_to_every_chart_that_uses_it(repository: Repository) -> None:
    repository.write(
        "constructs/settings.py",
        """
        import functools
        import pathlib


        @functools.cache
        def text():
            return (pathlib.Path(__file__).parents[1] / "text.txt").read_text()
        """,
    )
    repository.write("text.txt", "old")
    for name in ("one", "two"):
        repository.builds(
            name,
            f"RawObject(self, config('{name}') | {{'data': {{'a': text()}}}})",
            imports="from settings import text",
        )
    repository.good("--jobs", "1")
    repository.write("text.txt", "new")
    repository.good("--jobs", "1")
    assert {body["data"]["a"] for body in repository.objects().values()} == {"new"}


def test_what_lies_on_a_server_is_refused(repository: Repository) -> None:
    where = "http://127.0.0.1:9/x.yaml"
    lines = {
        "include": f"cdk8s.Include(self, 'x', url='{where}')",
        "load": f"cdk8s.Yaml.load('{where}')",
        "helm": f"cdk8s.Helm(self, 'x', chart='redis', repo='{where}')",
        "oci": "cdk8s.Helm(self, 'x', chart='oci://127.0.0.1:9/redis')",
    }
    for name, line in lines.items():
        repository.builds(name, f"{line}  # here", imports="import cdk8s")
    run = repository.synth()
    assert run.code == 1
    for name in lines:
        place, code, message = run.one(name)
        assert (place, code) == (repository.here(name), "CHART005")
        assert message.startswith("the chart opens a network connection (")
    assert "node" not in run.stderr.lower()


def test_what_node_shall_read_and_is_not_there_says_so_shortly(repository: Repository) -> None:
    nowhere = os.path.join(str(repository.root), "nowhere.yaml")
    repository.builds("include", f"cdk8s.Include(self, 'x', url={nowhere!r})  # here", imports="import cdk8s")
    helm = "cdk8s.Helm(self, 'x', chart='.', helm_executable='no-such-helm')  # here"
    repository.builds("helm", helm, imports="import cdk8s")
    run = repository.synth()
    assert run.one("include") == (
        repository.here("include"),
        "CHART001",
        f"FileNotFoundError: {nowhere}: no such file",
    )
    assert run.one("helm")[2].startswith("FileNotFoundError: there is no program no-such-helm")
    assert "node" not in run.stderr.lower()
