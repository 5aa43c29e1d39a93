"""What people and other programs do in the output folder, and what the next run makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.synth.synth_repository import Repository

MAP = "dev/web/default/configmap-web.yaml"


def git(folder: Path, *words: str) -> None:
    options = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *options, *words], cwd=folder, check=True, capture_output=True)


def test_a_hand_edit_is_mended_and_told_once(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.edit(f"dist/{MAP}", "blue", "grey")
    check = repository.synth("--check")
    assert (check.code, check.codes) == (1, ["DIST002"])
    assert MAP in check.err
    run = repository.good()
    assert run.codes == ["DIST002"]
    assert run.findings[0]["file"] == f"dist/{MAP}"
    assert run.built == 0
    assert repository.files() == before
    assert repository.good().codes == []


def test_a_hand_edit_is_told_although_the_chart_changes_too(repository: Repository) -> None:
    repository.good()
    repository.edit(f"dist/{MAP}", "blue", "grey")
    repository.edit("environments/_base.yaml", "blue", "green")
    assert [finding["file"] for finding in repository.good().findings] == [f"dist/{MAP}"]
    assert repository.objects()["web"]["colour"] == "green"


def test_a_hand_edit_of_a_kustomization_is_told_whatever_ran_before(repository: Repository) -> None:
    repository.good()
    listed = repository.read("dist/dev/kustomization.yaml")
    repository.edit("environments/_base.yaml", "colour: blue", "colour: green")
    repository.good()
    for path in ("dist/dev/kustomization.yaml", "dist/dev/web/kustomization.yaml"):
        repository.write(path, repository.read(path) + "namePrefix: my-\n")
    run = repository.good()
    assert sorted(run.codes) == ["DIST002", "DIST002"]
    assert repository.read("dist/dev/kustomization.yaml") == listed
    repository.edit("charts/_shared.py", '"10"', '"20"')
    assert repository.good().codes == []
    assert repository.read("dist/dev/kustomization.yaml") == listed


def test_a_file_that_changed_with_its_chart_is_no_hand_edit(repository: Repository) -> None:
    repository.good()
    for colour in ("green", "red", "black"):
        repository.write("charts/web.py", repository.read("charts/web.py") + f"# {colour}\n")
        repository.edit("charts/web.py", '"cluster":', f'"{colour}": "", "cluster":')
        assert repository.good().codes == []
    repository.edit("environments/dev.yaml", "charts:\n  db-two: {chart: db, namespace: default}\n", "")
    assert repository.good().codes == []
    assert not (repository.dist / "dev/db-two").exists()


def test_a_file_that_came_with_git_is_no_hand_edit(repository: Repository) -> None:
    """A colleague's commit changes dist/ and its sources; then one's own change meets the same files."""
    git(repository.root.parent, "init", "-q", str(repository.root))
    repository.good()
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-qm", "mine")
    git(repository.root, "checkout", "-qb", "theirs")
    repository.edit("environments/_base.yaml", "blue", "their-green")
    kept = repository.root.parent / "kept"
    shutil.copytree(repository.cache, kept)
    repository.good()
    git(repository.root, "commit", "-qam", "theirs")
    repository.forget()
    kept.rename(repository.cache)
    repository.edit("environments/_base.yaml", "their-green", "my-red")
    assert repository.good().codes == []
    assert repository.objects()["web"]["colour"] == "my-red"
    git(repository.root, "checkout", "-q", "dist")
    repository.edit(f"dist/{MAP}", "their-green", "grey")
    assert repository.good().codes == ["DIST002"]


def test_what_was_deleted_is_written_again(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    (repository.dist / MAP).unlink()
    assert repository.good().codes == []
    assert repository.files() == before
    shutil.rmtree(repository.dist / "prod")
    repository.good()
    assert repository.files() == before
    shutil.rmtree(repository.dist)
    assert repository.good().built == 0
    assert repository.files() == before


def test_what_was_added_stays_and_is_told_each_time(repository: Repository) -> None:
    repository.good()
    repository.write("dist/dev/web/notes.txt", "mine")
    for _ in range(2):
        run = repository.good()
        assert run.codes == ["DIST001"]
        assert run.findings[0]["file"] == "dist/dev/web/notes.txt"
    assert repository.read("dist/dev/web/notes.txt") == "mine"
    repository.write("dist/dev/web/default/configmap-old.yaml", "# pilothouse: charts/old.py. Change it there.\na: b\n")
    assert repository.good().codes == ["DIST001"]
    assert not (repository.dist / "dev/web/default/configmap-old.yaml").exists()


def test_times_owners_and_links_do_not_matter(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    os.utime(repository.dist / MAP, (1, 1))
    (repository.dist / MAP).chmod(0o600)
    assert repository.good().codes == []
    os.utime(repository.dist / MAP, (2**33, 2**33))
    content = (repository.dist / MAP).read_bytes()
    (repository.dist / MAP).unlink()
    (repository.dist / MAP).write_bytes(content)
    assert repository.good().codes == []
    assert repository.files() == before


def test_a_file_that_is_edited_while_charts_are_built_is_mended(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.maps(
        "meddling",
        """
        path = Path(__file__).parent.parent / "dist/dev/web/default/configmap-web.yaml"
        descriptor = os.open(path, os.O_WRONLY)
        os.lseek(descriptor, -2, os.SEEK_END)
        os.write(descriptor, b"x")
        os.close(descriptor)
        return {"a": "b"}
        """,
        imports="import os\nfrom pathlib import Path",
    )
    repository.edit("charts/meddling.py", "os.O_WRONLY", "getattr(os, 'O_WRONLY')")
    repository.synth()
    repository.edit("charts/meddling.py", "descriptor = os.open", "return {'a': 'b'}\n        descriptor = os.open")
    repository.good()
    assert repository.files()[MAP] == before[MAP]


def test_another_output_folder_is_written_by_the_same_rules(repository: Repository, tmp_path: Path) -> None:
    repository.good()
    out = tmp_path / "checkout" / "manifests"
    out.mkdir(parents=True)
    (out / "README.md").write_text("theirs")
    assert repository.good("--out", str(out)).built == 0
    assert repository.files(out) == {**repository.files(), "README.md": b"theirs"}
    assert repository.good("--out", str(out), "dev").built == 0
    relative = os.path.relpath(out, repository.root)
    (out / MAP).write_text((out / MAP).read_text() + "extra: true\n")
    assert repository.synth("--out", relative, "--check").code == 1
    assert repository.good("--out", relative).codes == ["DIST002"]
    assert repository.files(out) == {**repository.files(), "README.md": b"theirs"}
    linked = tmp_path / "linked"
    linked.symlink_to(out)
    assert repository.good("--out", str(linked)).codes == []


@pytest.mark.parametrize("out", ["file/below", "file"])
def test_an_output_folder_that_cannot_be_is_refused(repository: Repository, out: str) -> None:
    repository.write("file", "a file")
    run = repository.synth("--out", out)
    assert run.code == 2
    assert run.err.startswith("pilothouse: file"), run.err
    assert run.out == ""
    assert repository.read("file") == "a file"


def test_nothing_is_written_if_one_environment_stops(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.maps("failing", "raise ValueError('no')")
    run = repository.synth()
    assert (run.code, run.codes) == (1, ["CHART001"])
    assert "nothing was written" in run.err
    assert repository.files() == before
    assert not (repository.dist / ".pilothouse-switch").exists()
    assert repository.synth("prod").code == 0
    assert repository.objects("prod")["web"]["colour"] == "green"
    assert repository.objects("dev")["web"]["colour"] == "blue"


def test_the_folder_of_an_environment_that_is_gone_is_told_until_somebody_decides(repository: Repository) -> None:
    repository.good()
    (repository.root / "environments/prod.yaml").unlink()
    for _ in range(2):
        run = repository.good()
        assert run.codes == ["DIST005"]
        assert run.findings[0]["file"] == "dist/prod/kustomization.yaml"
    assert "prod/web/default/configmap-web.yaml" in repository.files()
    shutil.rmtree(repository.dist / "prod")
    assert repository.good().codes == []
    (repository.dist / "notes").mkdir()
    assert repository.good().codes == []


def test_the_folders_of_others_in_another_output_folder_are_theirs(repository: Repository, tmp_path: Path) -> None:
    repository.good("--out", str(tmp_path / "out"))
    shutil.copytree(tmp_path / "out" / "prod", tmp_path / "out" / "theirs")
    assert repository.good("--out", str(tmp_path / "out")).codes == []
