"""Modules are trusted for nothing but their pinned hash."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from pilothouse.schemas.generate.modules import (
    Module,
    ModuleError,
    ModuleUnavailableError,
    content_hash,
    fetch,
    read_files,
)

FILES = {"crds/b.yaml": "b", "crds/a.yaml": "a", "crds/deeper/c.yaml": "c", "go.mod": "module example.com/m\n"}
PREFIX = "example.com/m@v1.0.0/"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A module's zip file, as Go's module cache keeps it."""
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w") as files:
        for name, text in FILES.items():
            files.writestr(PREFIX + name, text)
    return path


@pytest.fixture
def module() -> Module:
    """The module, with its hash worked out by hand: a hash of the sorted lines that sha256sum prints."""
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {PREFIX}{name}\n" for name, text in FILES.items()]
    lines.sort(key=lambda line: line.split("  ")[1])
    total = hashlib.sha256("".join(lines).encode()).digest()
    return Module("example.com/m", "v1.0.0", "h1:" + base64.b64encode(total).decode())


def _go(tmp_path: Path, told: object, status: int = 0) -> str:
    """A stand-in for the go command that answers ``go mod download -json``."""
    path = tmp_path / "go"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "assert sys.argv[1:] == ['mod', 'download', '-json', 'example.com/m@v1.0.0'], sys.argv\n"
        "assert os.environ['GOTOOLCHAIN'] == 'local'\n"
        f"print({json.dumps(told)!r})\nsys.exit({status})\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_hash_is_the_one_of_go_sum(archive: Path, module: Module) -> None:
    assert content_hash(archive) == module.sum


def test_a_module_is_fetched(tmp_path: Path, archive: Path, module: Module) -> None:
    assert fetch(module, _go(tmp_path, {"Zip": str(archive)})) == archive


def test_a_module_that_wants_a_newer_go_is_read_all_the_same(tmp_path: Path, archive: Path, module: Module) -> None:
    told = {"Zip": str(archive), "Error": "requires go >= 1.99"}
    assert fetch(module, _go(tmp_path, told, status=1)) == archive


@pytest.mark.parametrize("change", ["text", "name", "more"])
def test_a_module_with_other_contents_is_refused(tmp_path: Path, module: Module, change: str) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as files:
        for name, text in FILES.items():
            other = change == "text" and name == "go.mod"
            files.writestr(PREFIX + (name + "x" if change == "name" else name), text + "\n" * other)
        if change == "more":
            files.writestr(PREFIX + "more", "")
    with pytest.raises(ModuleError, match=r"example\.com/m@v1\.0\.0: its contents are h1:.*, pinned is h1:") as refused:
        fetch(module, _go(tmp_path, {"Zip": str(path)}))
    assert not isinstance(refused.value, ModuleUnavailableError)


def test_a_module_that_cannot_be_had_says_why(tmp_path: Path, module: Module) -> None:
    with pytest.raises(ModuleUnavailableError, match="could not be fetched: 404 Not Found"):
        fetch(module, _go(tmp_path, {"Error": "404 Not Found"}, status=1))


def test_without_go_the_message_says_how_to_get_it(tmp_path: Path, module: Module) -> None:
    with pytest.raises(ModuleUnavailableError, match=r"no Go: .* Install Go 1\.21 or newer"):
        fetch(module, str(tmp_path / "no-such-go"))


def test_files_are_read_by_pattern(archive: Path, module: Module) -> None:
    assert read_files(archive, module, "crds/*.yaml") == {"crds/a.yaml": "a", "crds/b.yaml": "b"}
    assert list(read_files(archive, module, "crds/*.yaml")) == ["crds/a.yaml", "crds/b.yaml"]


def test_a_pattern_that_finds_nothing_is_an_error(archive: Path, module: Module) -> None:
    with pytest.raises(ModuleError, match=r"has no file charts/\*\.yaml"):
        read_files(archive, module, "charts/*.yaml")
