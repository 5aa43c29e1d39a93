"""kubeconform's verdicts on real files."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.kubeconform import (
    KubeconformError,
    KubeconformFailed,
    Problem,
    Verdict,
    judge,
    judging,
    process,
    schema_file,
    settle,
)
from pilothouse.schemas import Catalogue, known_minors
from tests.kubeconform.fakes import alive, script

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 3}\n"


def write(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return str(file)


def told(verdicts: Sequence[Verdict]) -> list[tuple[str, str, str, str]]:
    return [(os.path.basename(one.file), one.kind, one.name, one.status) for one in verdicts]


def test_a_valid_object(binary: str, schemas: str, tmp_path: Path) -> None:
    file = write(tmp_path, "web.yaml", "# pilothouse: charts/web.py. Change it there.\n" + DEPLOYMENT)
    expected = Verdict(file=file, version="apps/v1", kind="Deployment", name="web", status="valid")
    assert judge(binary, [file], schemas, "1.32") == [expected]


def test_every_wrong_field_is_named_by_its_path(binary: str, schemas: str, tmp_path: Path) -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/name: 3}}
spec: {replicas: three, contianers: [], port: 1.5, containers: [{image: a}, {image: 7}]}
"""
    (verdict,) = judge(binary, [write(tmp_path, "web.yaml", text)], schemas, "1.32.2")
    assert verdict.status == "invalid"
    assert {(problem.path, problem.message) for problem in verdict.problems} == {
        (("metadata", "labels", "app.kubernetes.io/name"), "got number, want string"),
        (("spec", "replicas"), "got string, want integer"),
        (("spec", "contianers"), "unknown field"),
        (("spec", "containers", "1", "image"), "got number, want string"),
        (("spec", "port"), "'anyOf' failed: got number, want integer; or got number, want string"),
    }
    assert (verdict.path, verdict.message) == (verdict.problems[0].path, verdict.problems[0].message)


def test_a_missing_field_is_named(binary: str, schemas: str, tmp_path: Path) -> None:
    file = write(tmp_path, "web.yaml", DEPLOYMENT.replace("replicas: 3", ""))
    (verdict,) = judge(binary, [file], schemas, "1.32")
    assert (verdict.path, verdict.message) == (("spec",), "missing property 'replicas'")


def test_a_duplicate_key_is_an_error(binary: str, schemas: str, tmp_path: Path) -> None:
    file = write(tmp_path, "web.yaml", DEPLOYMENT.replace("{replicas: 3}", "{replicas: 3, replicas: 4}"))
    (verdict,) = judge(binary, [file], schemas, "1.32")
    assert verdict.status == "error"
    assert '"replicas" already set' in verdict.message


def test_a_kind_without_a_schema_is_an_error_unless_it_may_be_skipped(
    binary: str, schemas: str, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n")
    (strict,) = judge(binary, [file], schemas, "1.32")
    (lax,) = judge(binary, [file], schemas, "1.32", "warn")
    assert (strict.status, lax.status) == ("error", "skipped")
    assert strict.message == lax.message == "there is no schema for example.com/v1 Widget"


@pytest.mark.parametrize("broken", ["{", "null", '{"type": 3}', '{"$ref": "#/nowhere"}'])
def test_a_schema_that_cannot_be_used_is_an_error_even_where_none_may_be_missing(
    binary: str, schemas: str, tmp_path: Path, broken: str
) -> None:
    write(tmp_path / "schemas", "apps/deployment_v1.json", broken)
    file = write(tmp_path, "web.yaml", DEPLOYMENT)
    (verdict,) = judge(binary, [file], str(tmp_path / "schemas"), "1.32", "warn")
    assert verdict.status == "error"


def test_an_api_version_cannot_lead_out_of_the_folder(binary: str, schemas: str, tmp_path: Path) -> None:
    write(tmp_path, "outside/deployment_outside.json", "{}")
    (tmp_path / "schemas").mkdir()
    file = write(tmp_path, "web.yaml", DEPLOYMENT.replace("apps/v1", "../outside"))
    shutil.copy(tmp_path / "outside" / "deployment_outside.json", tmp_path / "deployment_outside.json")
    (verdict,) = judge(binary, [file], str(tmp_path / "schemas"), "1.32", "warn")
    assert verdict.status == "error"
    assert "no API server serves" in verdict.message


def test_many_objects_in_one_file_and_a_list(binary: str, schemas: str, tmp_path: Path) -> None:
    text = f"# only a comment\n---\n{DEPLOYMENT}---\n{DEPLOYMENT.replace('web', 'api').replace('3', 'x')}"
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in "ab"]
    files = [
        write(tmp_path, "two.yaml", text),
        write(tmp_path, "list.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": items})),
    ]
    assert told(judge(binary, files, schemas, "1.32")) == [
        ("two.yaml", "Deployment", "api", "invalid"),
        ("two.yaml", "Deployment", "web", "valid"),
        ("list.json", "ConfigMap", "a", "valid"),
        ("list.json", "ConfigMap", "b", "valid"),
    ]


def test_every_file_is_answered_for(binary: str, schemas: str, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    write(tmp_path, "folder.yaml/inside.yaml", DEPLOYMENT)
    missing = [str(tmp_path / f"missing{number}.yaml") for number in range(20)]
    files = [
        *missing[:10],
        write(tmp_path, "empty.yaml", ""),
        write(tmp_path, "comment.yaml", "# nothing\n"),
        write(tmp_path, "good.yaml", DEPLOYMENT),
        write(tmp_path, "notes.txt", DEPLOYMENT),
        write(tmp_path, "broken.yaml", "a: ["),
        write(tmp_path, "text.yaml", "hunter2"),
        str(tmp_path / "folder.yaml"),
        *missing[10:],
        write(tmp_path, "last.yml", DEPLOYMENT),
    ]
    verdicts = judge(binary, files, schemas, "1.32")
    assert [verdict.file for verdict in verdicts] == files
    assert [os.path.basename(one.file) for one in verdicts if one.status == "valid"] == ["good.yaml", "last.yml"]
    assert all(one.status == "error" and one.message for one in verdicts if one.status != "valid")
    messages = {os.path.basename(one.file): one.message for one in verdicts}
    assert "no such file" in messages["missing19.yaml"].lower()
    assert messages["empty.yaml"] == messages["comment.yaml"] == "it holds no Kubernetes object"
    assert "folder" in messages["folder.yaml"] or "directory" in messages["folder.yaml"]
    assert ".yaml, .yml, .json" in messages["notes.txt"]


def test_many_unreadable_files_cost_no_run_each(
    binary: str, schemas: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        *(str(tmp_path / f"missing{number}.yaml") for number in range(50)),
        write(tmp_path, "web.yaml", DEPLOYMENT),
    ]
    runs = []

    def counted(command: Sequence[str], *, timeout: float, environment: dict[str, str]) -> process.Result:
        runs.append(command)
        return run(command, timeout=timeout, environment=environment)

    run = process.run
    monkeypatch.setattr(process, "run", counted)
    assert [one.status for one in judge(binary, files, schemas, "1.32")] == ["error"] * 50 + ["valid"]
    assert len(runs) == 2


def test_the_order_is_that_of_the_files_whatever_the_batches(
    binary: str, schemas: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [write(tmp_path, f"{number:03}.yaml", DEPLOYMENT.replace("web", f"w{number}")) for number in range(200)]
    files = [*files[::-1], files[0]]
    whole = judge(binary, files, schemas, "1.32")
    assert [verdict.file for verdict in whole] == files[:-1]
    monkeypatch.setattr(judging, "BATCH", 2000)
    assert judge(binary, files, schemas, "1.32") == whole


def test_more_names_than_one_command_line_holds(binary: str, schemas: str, tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 40)
    files = [write(folder, f"{number:05}.yaml", DEPLOYMENT) for number in range(3000)]
    files = [os.path.join(os.path.dirname(file), "." + "/." * 500, os.path.basename(file)) for file in files]
    assert sum(map(len, files)) > 3_000_000
    assert {verdict.status for verdict in judge(binary, files, schemas, "1.32")} == {"valid"}


def test_nothing_asked_is_nothing_answered(schemas: str) -> None:
    assert judge("/no/such/binary", [], schemas, "1.32") == []


@pytest.mark.parametrize("name", ["with blank", "100%zz", "a#b?c", "{{.Kind}}", "[x]", "größe", "a:b", "it's"])
def test_folders_and_files_of_any_name(
    binary: str, schemas: str, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(schemas, tmp_path / name)
    write(tmp_path, f"-{name}.yaml", DEPLOYMENT)
    monkeypatch.chdir(tmp_path)
    (verdict,) = judge(binary, [f"-{name}.yaml"], name, "1.32")
    assert (verdict.file, verdict.status) == (f"-{name}.yaml", "valid")


SECRET = "hunter2!"


@pytest.mark.parametrize(
    "body",
    [
        f'data: {{password: "{SECRET}"}}',
        f"data: {SECRET}",
        f"data: [{SECRET}]",
        f"data: {{password: [{SECRET}]}}",
        f"{{data: {SECRET}",
        f"data:\n- {SECRET}\nx",
        f"<<: {SECRET}",
    ],
)
def test_no_value_of_a_secret_is_told(binary: str, schemas: str, tmp_path: Path, body: str) -> None:
    file = write(tmp_path, "s.yaml", f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{body}\n")
    (verdict,) = judge(binary, [file], schemas, "1.32")
    assert verdict.status in ("invalid", "error")
    assert "hunter" not in repr(verdict.problems)


def test_a_version_of_another_form_is_refused(binary: str, schemas: str) -> None:
    with pytest.raises(ValueError, match=r"expected a Kubernetes version such as 1\.32"):
        judge(binary, ["x.yaml"], schemas, "latest")


def test_no_folder_of_schemas(binary: str, tmp_path: Path) -> None:
    with pytest.raises(KubeconformError, match="no such folder of schemas"):
        judge(binary, ["x.yaml"], str(tmp_path / "none"), "1.32")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("echo 'panic: runtime error' >&2; exit 2", id="crash"),
        pytest.param("echo 'panic: runtime error' >&2; echo 'valid'", id="no JSON"),
        pytest.param("echo 'panic: runtime error' >&2; echo '{\"resources\": [{}]}'", id="other JSON"),
        pytest.param("echo 'panic: runtime error' >&2; kill -9 $$", id="killed"),
    ],
)
def test_a_kubeconform_that_gives_no_result(schemas: str, tmp_path: Path, text: str) -> None:
    fake = script(tmp_path / "kubeconform", text)
    with pytest.raises(KubeconformFailed) as caught:
        judge(str(fake), ["a.yaml", "b.yaml"], schemas, "1.32")
    assert str(caught.value).startswith(f"{fake} gave no result for 2 files, from a.yaml on")
    assert "  panic: runtime error" in str(caught.value)


def test_a_kubeconform_that_cannot_be_started(schemas: str, tmp_path: Path) -> None:
    with pytest.raises(KubeconformFailed, match="does not run"):
        judge(str(tmp_path / "none"), ["a.yaml"], schemas, "1.32")


def test_a_kubeconform_that_says_nothing_of_a_file(schemas: str, tmp_path: Path) -> None:
    fake = script(tmp_path / "kubeconform", "echo '{\"resources\": []}'")
    (verdict,) = judge(str(fake), [write(tmp_path, "a.yaml", DEPLOYMENT)], schemas, "1.32")
    assert (verdict.status, verdict.message) == ("error", "kubeconform gave no answer for it")


def test_a_kubeconform_that_never_ends_is_stopped_with_its_children(schemas: str, tmp_path: Path) -> None:
    fake = script(tmp_path / "kubeconform", f"sleep 600 & echo $! $$ > {tmp_path}/pids; echo working >&2; wait")
    with pytest.raises(KubeconformFailed, match=r"had not judged 1 files after 2 s(?s:.*)working"):
        judge(str(fake), ["a.yaml"], schemas, "1.32", timeout=2)
    children = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    deadline = time.monotonic() + 60
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(children) == 2
    assert not any(map(alive, children))


def test_ctrl_c_ends_kubeconform(schemas: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    fake = script(tmp_path / "kubeconform", f"sleep 600 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait")
    code = f"from pilothouse.kubeconform import judge; judge({str(fake)!r}, ['a.yaml'], {schemas!r}, '1.32')"
    command = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not pids.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    children = [int(pid) for pid in pids.read_text().split()]
    command.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in command.communicate(timeout=60)[1]
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, children))


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("v1", "Pod", "v1/pod_v1.json"),
        ("apps/v1", "Deployment", "apps/deployment_v1.json"),
        ("networking.istio.io/v1beta1", "VirtualService", "networking.istio.io/virtualservice_v1beta1.json"),
        ("../v1", "Pod", None),
        ("a/../v1", "Pod", None),
        ("v1", "../Pod", None),
        ("v1", "", None),
        ("", "Pod", None),
        ("v1\n", "Pod", None),
    ],
)
def test_where_a_schema_stands(api_version: str, kind: str, expected: str | None) -> None:
    assert schema_file(api_version, kind) == expected


def test_the_catalogue_serves_kubeconform_with_every_kind(binary: str, tmp_path: Path) -> None:
    catalogue = Catalogue(known_minors()[0])
    kinds = [(f"{one.group}/{one.version}" if one.group else one.version, one.kind) for one in catalogue.kinds()]
    catalogue.export(tmp_path / "schemas", kinds)
    files = [
        write(tmp_path, f"{number}.yaml", f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nbogus: 1\n")
        for number, (version, kind) in enumerate(kinds)
    ]
    verdicts = judge(binary, files, str(tmp_path / "schemas"), catalogue.minor)
    assert [(one.version, one.kind, one.status) for one in verdicts] == [(*kind, "invalid") for kind in kinds]
    assert all(Problem(("bogus",), "unknown field") in one.problems for one in verdicts)


# A backslash at the end of a key is quoted ambiguously by the JSON Schema library that kubeconform uses.
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda key: not key.endswith("\\"))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(labels=st.sets(keys, min_size=1, max_size=20))
def test_the_path_of_any_key_is_told_exactly(binary: str, schemas: str, tmp_path: Path, labels: set[str]) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": dict.fromkeys(sorted(labels), 1)}}
    # kubeconform reads JSON as YAML, which knows no pairs of surrogates.
    text = re.sub(
        r"\\u(d[89ab]..)\\u(d[c-f]..)",
        lambda pair: bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be"),
        json.dumps(body),
    )
    (verdict,) = judge(binary, [write(tmp_path, "map.json", text)], schemas, "1.32")
    found = [settle(problem.path, body) for problem in verdict.problems]
    assert sorted(found) == [("metadata", "labels", key) for key in sorted(labels)]
