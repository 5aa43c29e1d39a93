"""``validate --fix``: what leaves no choice is changed where people wrote it, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.finding import Edit, Finding, Position, Severity
from pilothouse.fixing import ChangedMeanwhileError, fixed, write
from tests.synth.synth_repository import Repository, Run

MANIFEST = """\
# kept
apiVersion: batch/v1beta1  # old
kind: CronJob
metadata:
  name: nightly
  namespace: default
  labels: {canary: null, team: a}
spec:
  schedule: "0 3 * * *"
  suspend: "true"   # for now
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: nginx:1.27
---
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: default}
  spec:
    clusterIP: None
    ports:
    - port: "80"
      portt: "81"
"""
MENDED = (
    MANIFEST.replace("batch/v1beta1", "batch/v1")
    .replace("canary: null", 'canary: ""')
    .replace('"true"', "true")
    .replace('"80"', "80")
)


@pytest.fixture
def anyones(tmp_path: Path) -> Repository:
    made = Repository.__new__(Repository)
    made.root = tmp_path / "anyones"
    made.root.mkdir()
    return made


def validate(repository: Repository, *words: str, stdin: str = "") -> Run:
    return repository.run("validate", "--format", "json", "--no-kubeconform", *words, stdin=stdin.encode())


def test_what_leaves_no_choice_is_changed_and_nothing_else(anyones: Repository) -> None:
    anyones.write("a.yaml", MANIFEST)
    run = validate(anyones, "a.yaml")
    assert run.err.endswith("3 findings can be fixed with --fix; --diff shows how\n")
    run = validate(anyones, "a.yaml", "--fix")
    assert anyones.read("a.yaml") == MENDED
    assert "\n-apiVersion: batch/v1beta1  # old\n+apiVersion: batch/v1  # old\n" in run.err
    assert "\n4 findings fixed in 1 file\n" in run.err
    assert run.code == 1, "the misspelt field is left to somebody who knows"
    assert "portt" in run.out
    assert not {"OBJ006", "API001"} & set(run.codes)
    again = validate(anyones, "a.yaml", "--fix")
    assert (anyones.read("a.yaml"), "fixed" in again.err) == (MENDED, False)


def test_what_has_to_be_text_is_put_in_quotes_as_it_was_written(anyones: Repository) -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default, labels: {on: y}}\n"
        "data:\n  a: 8080\n  b: yes  # really\n  c: 1e3\n  d: 010\n  e: 1.50\n  f:\n  g: [1]\n"
    )
    anyones.write("a.yaml", text)
    run = validate(anyones, "a.yaml", "--fix")
    assert anyones.read("a.yaml") == (
        text.replace("8080", '"8080"')
        .replace("yes ", '"yes" ')
        .replace("1e3", '"1e3"')
        .replace("010", '"010"')
        .replace("1.50", '"1.50"')
        .replace("on: y}", 'on: "y"}')
    )
    assert {each["field"] for each in run.findings} == {"data.g"}


def test_a_diff_changes_nothing(anyones: Repository) -> None:
    anyones.write("a.yaml", MANIFEST)
    run = validate(anyones, "a.yaml", "--diff")
    assert run.code == 1
    assert run.out.startswith("--- a/a.yaml\n+++ b/a.yaml\n")
    assert '-    - port: "80"\n+    - port: 80\n' in run.out
    assert run.err == "3 findings would be fixed in 1 file\n", "of the old version's fields nothing is known yet"
    assert anyones.read("a.yaml") == MANIFEST
    anyones.write("a.yaml", MENDED)
    assert validate(anyones, "a.yaml", "--diff").code == 0
    assert validate(anyones, "a.yaml", "--diff", "--fix").code == 2


def test_no_secret_is_shown(anyones: Repository) -> None:
    anyones.write(
        "a.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: default\n  labels:\n    a:\n"
        "data:\n  k: aHVzaA==\nimmutable: 'true'\n",
    )
    run = validate(anyones, "a.yaml", "--diff")
    assert "+    a: " in run.out
    assert "aHVzaA==" not in run.out + run.err
    assert "aHVzaA==" in anyones.read("a.yaml")


def test_neither_the_output_nor_charts_nor_what_is_no_file_is_changed(repository: Repository) -> None:
    repository.maps("bad", "return {}")
    repository.good()
    file = "dist/dev/bad/default/configmap-bad.yaml"
    repository.edit(file, "metadata:", "immutable: 'true'\nmetadata:")
    before = repository.read(file)
    for words in ((), (file,), ("dist/dev",)):
        run = validate(repository, *words, "--fix")
        assert (run.code, repository.read(file), "fixed" in run.err) == (1, before, False)
    repository.write("copy.yaml", before)
    assert validate(repository, "copy.yaml", "--fix").code == 1
    assert repository.read("copy.yaml") == before, "its first line says that it is generated"
    run = validate(repository, "-", "--fix", stdin=MANIFEST)
    assert "fixed" not in run.err


def test_json_is_left_to_its_writer(anyones: Repository) -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "immutable": '
    anyones.write("a.json", text + '"true"}')
    assert validate(anyones, "a.json", "--fix").code == 1
    assert anyones.read("a.json") == text + '"true"}'


def test_a_waiver_of_the_environment_that_silences_nothing_goes(repository: Repository) -> None:
    repository.good()
    path = "environments/dev.yaml"
    plain = repository.read(path)
    waivers = (
        "waivers:\n  # why\n  - {code: SVC001, object: Service a/b, reason: x}\n"
        "  - code: SVC002\n    object: Service a/b\n    reason: why  # z\n"
    )
    repository.write(path, plain + waivers)
    repository.good()
    run = validate(repository, "--fix")
    assert "2 findings fixed in 1 file" in run.err
    assert repository.read(path) == plain + "waivers: []\n  # why\n" or repository.read(path).startswith(plain)
    assert "SVC00" not in repository.read(path)
    assert run.codes == []


def finding(edit: Edit) -> Finding:
    return Finding(code="X", severity=Severity.ERROR, message="", position=Position("a.yaml", 1), edit=edit)


def test_an_edit_that_cannot_be_made_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: &x {b: 1}\r\nc: *x\r\n---\r\nd: '1'\r\n")
    made = fixed("a.yaml", str(file), [finding(Edit(("a", "b"), 2)), finding(Edit(("d",), 1, line=4))])
    assert made is not None
    assert (made.made, made.new) == (1, "a: &x {b: 1}\r\nc: *x\r\n---\r\nd: 1\r\n")
    assert made.refused[0].startswith("a.yaml:1: belongs to the anchor &x")
    write(made)
    assert file.read_bytes() == b"\xef\xbb\xbfa: &x {b: 1}\r\nc: *x\r\n---\r\nd: 1\r\n"


def test_a_file_that_somebody_changed_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: '1'\n")
    made = fixed("a.yaml", str(file), [finding(Edit(("a",), 1))])
    assert made is not None
    file.write_text("a: '2'\n")
    with pytest.raises(ChangedMeanwhileError):
        write(made)
    assert file.read_text() == "a: '2'\n"
