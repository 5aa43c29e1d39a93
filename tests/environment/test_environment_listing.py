from __future__ import annotations

import subprocess
import sys

from pilothouse.environment import chart_names, layer_names, names
from tests.environment.environment_repository import Repository


def test_environments_are_the_yaml_files_less_the_layers(repository: Repository) -> None:
    for name in ("staging", "dev", "_base", ".dev", "dev.yaml~"):
        repository.write(name, "")
    (repository.root / "environments" / "notes.txt").write_text("")
    (repository.root / "environments" / "folder.yaml").mkdir()
    assert names(repository.path) == ["dev", "dev.yaml~", "staging"]
    assert layer_names(repository.path) == ["_base"]
    assert chart_names(repository.path) == ["external_dns", "kubia", "mysql"]


def test_a_repository_without_environments_has_none(tmp_path: object) -> None:
    assert names(str(tmp_path)) == layer_names(str(tmp_path)) == chart_names(str(tmp_path)) == []


def test_naming_the_environments_imports_nothing_heavy(repository: Repository) -> None:
    repository.write("dev", "")
    code = (
        "import sys; before = set(sys.modules); from pilothouse.environment import names; "
        f"print(names({repository.path!r}), *sorted(set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    listed, *modules = out.split()
    assert listed == "['dev']"
    assert not {"msgspec", "jsonschema", "yaml", "difflib", "dataclasses", "json"} & set(modules)


def test_a_correct_environment_is_read_without_importing_jsonschema(repository: Repository) -> None:
    repository.write("dev", "kubernetesVersion: '1.32'\ncluster: {name: lab}\ncharts: {kubia: {}}\n")
    code = (
        "import sys; from pilothouse.environment import load; "
        f"print(list(load({repository.path!r}, 'dev').charts), 'jsonschema' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['kubia'] False"
