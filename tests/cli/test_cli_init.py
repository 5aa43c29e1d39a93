"""``init``: a new repository that works at once, or nothing at all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import pilothouse
from pilothouse import skeleton
from pilothouse.beginning import BeginningError, begin
from tests.synth.synth_repository import PACKAGES, Repository, Run


def init(repository: Repository, name: str, folder: Path) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    return repository.run("init", name, cwd=folder)


FILES = [
    ".github/workflows/manifests.yml",
    ".gitignore",
    ".gitlab-ci.yml",
    "Makefile",
    "README.md",
    "charts/my_shop.py",
    "environments/_base.yaml",
    "environments/dev.yaml",
    "environments/prod.yaml",
    "pyproject.toml",
    "tests/test_my_shop.py",
]


def below(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_new_folder_holds_all_that_is_needed(repository: Repository, tmp_path: Path) -> None:
    run = init(repository, "my-shop", tmp_path / "new")
    assert run.code == 0
    assert sorted(run.out.split()) == [f"my-shop/{path}" for path in FILES]
    assert run.err == "next: cd my-shop && make synth test\n"
    folder = tmp_path / "new/my-shop"
    assert below(folder) == FILES
    assert not [path for path in FILES if re.search("@[A-Z]+@", (folder / path).read_text())]
    assert f'"pilothouse>={pilothouse.__version__}"' in (folder / "pyproject.toml").read_text()


def test_this_folder_may_be_the_one(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "my-shop/.git").mkdir(parents=True)
    run = init(repository, ".", tmp_path / "my-shop")
    assert (run.code, run.err) == (0, "next: make synth test\n")
    assert below(tmp_path / "my-shop") == FILES
    again = init(repository, ".", tmp_path / "my-shop")
    assert (again.code, again.out) == (2, "")
    assert (
        "is not empty: there is .github, .gitignore, .gitlab-ci.yml, …; a new repository needs an empty folder"
        in again.err
    )


@pytest.mark.parametrize("name", ["a", "service", "x-1b-deployment", "kubernetes-2"])
def test_a_repository_of_any_name_synthesizes_without_an_error_or_a_warning(
    repository: Repository, tmp_path: Path, name: str
) -> None:
    assert init(repository, name, tmp_path / "new").code == 0
    folder = tmp_path / "new" / name
    run = repository.run("synth", "--format", "json", cwd=folder)
    assert (run.code, run.codes) == (0, []), run
    assert "7 objects in 2 environments, 2 of 2 chart instances built" in run.err
    assert repository.run("synth", "--check", cwd=folder).code == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**repository.environment(), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


@pytest.mark.parametrize(
    "name", ["Shop", "1shop", "-shop", "shop-", "a.b", "sh op", "class", "pilothouse", "é", "a" * 41]
)
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BeginningError, match="cannot be a repository's name"):
        begin(str(tmp_path / name))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a/b", "..", "", "/shop", "shop/"])
def test_a_path_is_no_name(repository: Repository, tmp_path: Path, name: str) -> None:
    run = init(repository, name, tmp_path / "new")
    assert (run.code, run.out) == (2, "")
    assert "expected the name of a folder to make here" in run.err
    assert os.listdir(tmp_path / "new") == []


def test_what_is_there_already_is_not_touched(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/notes").write_text("mine")
    (tmp_path / "file").write_text("mine")
    run = init(repository, "shop", tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "shop is not empty: there is notes;" in run.err
    assert below(tmp_path / "shop") == ["notes"]
    run = init(repository, "file", tmp_path)
    assert (run.code, (tmp_path / "file").read_text()) == (2, "mine")
    assert "file is there already, and is no folder" in run.err


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_refuses_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    # The last file cannot be made: its folder's name is taken by another file of the repository.
    monkeypatch.setitem(skeleton.FILES, "Makefile/x", "")
    if there:
        (tmp_path / "shop").mkdir()
    with pytest.raises(OSError):
        begin(str(tmp_path / "shop"))
    assert [str(path) for path in tmp_path.rglob("*")] == ([str(tmp_path / "shop")] if there else [])


def test_the_wheel_makes_a_repository_that_passes_make(repository: Repository, tmp_path: Path) -> None:
    """As a reader does it: install, init, ``make synth test``; only the other packages are those of this machine."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheels")],
        cwd=PACKAGES,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "wheels").iterdir()
    assert {"pilothouse/skeleton.py", "pilothouse/testing.py", "pilothouse_kit/__init__.py"} <= set(
        zipfile.ZipFile(wheel).namelist()
    )
    others = tmp_path / "site-packages"
    others.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(("pilothouse", "_editable", "__editable")) and entry.suffix != ".pth":
            (others / entry.name).symlink_to(entry)
    assert init(repository, "shop", tmp_path).code == 0
    known = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "MAKE", "PIP"))}
    done = subprocess.run(
        ["make", "synth", "test", f"PYTHON={sys.executable}", f"PILOTHOUSE={wheel}"],
        cwd=tmp_path / "shop",
        env={**known, "PYTHONPATH": str(others), "PIP_NO_INDEX": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 objects in 2 environments, 2 of 2 chart instances built: 11 files written" in done.stderr
    assert "3 passed" in done.stdout
