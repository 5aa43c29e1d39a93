"""``--stdout`` and the kustomizations: what kubectl reads is what the charts gave."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pilothouse.derive.order import rank
from pilothouse.yamlio import load_all
from tests.go_program import kustomize
from tests.synth.synth_repository import Repository

OBJECTS = """
    from pilothouse import Chart, RawObject, Values

    READY = {"tcpSocket": {"port": 80}}
    POD = {"containers": [
        {"name": "a", "image": "a:1", "resources": {"requests": {"cpu": "10m"}}, "readinessProbe": READY}
    ]}
    BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
    AWKWARD = {"no": "no", "octal": "0o17", "float": "1e3", "time": "12:30:45", "text": "a\\n b\\n", "snow": "é☃"}


    class Objects(Chart[Values]):
        def build(self) -> None:
            for api_version, kind, name, rest in [
                ("networking.k8s.io/v1", "Ingress", "web", {"spec": {"defaultBackend": BACKEND}}),
                ("apps/v1", "Deployment", "web", {"spec": {
                    "selector": {"matchLabels": {"app": "web"}},
                    "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD},
                }}),
                ("v1", "ConfigMap", "awkward", {"data": AWKWARD}),
                ("v1", "Namespace", "rooms", {}),
                ("v1", "ServiceAccount", "web", {}),
                ("v1", "Service", "web", {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
            ]:
                RawObject(self, {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **rest})
            metadata = {"name": "awkward", "namespace": "rooms"}
            RawObject(self, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.write("charts/objects.py", OBJECTS)
    made.deploy("objects")
    return made


def kustomized(folder: Path) -> list[Any]:
    """The objects that Kustomize builds from a folder."""
    done = subprocess.run([kustomize(), "build", str(folder)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [document.value for document in load_all(done.stdout, file="kustomize")]


def names(documents: list[Any]) -> list[tuple[str, str, str, str]]:
    return [
        (each["apiVersion"], each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for each in documents
    ]


def test_kustomize_builds_exactly_what_list_names(repository: Repository) -> None:
    repository.good()
    rows = json.loads(repository.run("list", "dev", "--format", "json").out)
    listed = [(row["apiVersion"], row["kind"], row["namespace"], row["name"]) for row in rows]
    assert len(listed) == 10
    built = kustomized(repository.dist / "dev")
    assert sorted(names(built)) == sorted(listed)
    by_name = dict(zip(names(built), built, strict=True))
    for row in rows:
        (document,) = load_all((repository.dist / row["file"]).read_bytes(), file=row["file"])
        assert by_name[row["apiVersion"], row["kind"], row["namespace"], row["name"]] == document.value
    printed = repository.run("synth", "dev", "--stdout")
    assert names(built) == names([document.value for document in load_all(printed.out, file="printed")])
    whole = []
    for folder in sorted(path.parent for path in (repository.dist / "dev").glob("*/kustomization.yaml")):
        whole += names(kustomized(folder))
    assert sorted(whole) == sorted(listed)


def test_what_is_printed_is_what_would_be_written(repository: Repository) -> None:
    run = repository.run("synth", "--stdout")
    assert run.code == 0, run.err
    assert not repository.dist.exists()
    printed = [document.value for document in load_all(run.out, file="printed")]
    assert repository.run("synth", "--stdout").out == run.out
    repository.good()
    assert repository.run("synth", "--stdout").out == run.out
    written = []
    for environment in ("dev", "prod"):
        files = repository.files(repository.dist / environment)
        documents = [load_all(files[path], file=path)[0].value for path in files if "kustomization" not in path]
        written.append(documents)
    assert sorted(map(str, printed)) == sorted(str(document) for documents in written for document in documents)
    dev = printed[: len(written[0])]
    ranks = [rank(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in dev]
    assert ranks == sorted(ranks)


def test_kustomize_reads_what_is_printed(repository: Repository) -> None:
    run = repository.run("synth", "--stdout", "dev")
    repository.write("read/printed.yaml", run.out)
    repository.write("read/kustomization.yaml", "resources: [printed.yaml]\nsortOptions: {order: fifo}\n")
    read = kustomized(repository.root / "read")
    assert read == [document.value for document in load_all(run.out, file="printed")]
    (awkward,) = [each for each in read if "data" in each and "octal" in each["data"]]
    assert awkward["data"]["octal"] == "0o17"
    assert awkward["data"]["no"] == "no"
    assert awkward["data"]["text"] == "a\n b\n"


def test_findings_stay_out_of_what_is_printed(repository: Repository) -> None:
    repository.maps("chatty", "print('apiVersion: v1')\nreturn {'a': 'b'}")
    for words in ((), ("--format", "json"), ("--format", "github")):
        run = repository.run("synth", "--stdout", *words)
        assert run.code == 0
        assert "CHART003" in run.err
        assert {document.value["kind"] for document in load_all(run.out, file="printed")} >= {"ConfigMap", "Ingress"}
    repository.maps("failing", "raise ValueError('no')")
    run = repository.run("synth", "--stdout")
    assert (run.code, run.out) == (1, "")
    assert "CHART001" in run.err


def test_check_names_the_files_and_nothing_else(repository: Repository) -> None:
    repository.good()
    assert repository.run("synth", "--check").out == ""
    repository.maps("chatty", "print('here')\nreturn {'a': 'b'}")
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.edit("environments/dev.yaml", "  db-two: {chart: db, namespace: default}\n", "")
    before = repository.files()
    run = repository.run("synth", "--check")
    assert run.code == 1
    assert run.out.splitlines() == [
        "dev/chatty/default/configmap-chatty.yaml",
        "dev/chatty/kustomization.yaml",
        "dev/db-two/default/configmap-db-two.yaml",
        "dev/db-two/kustomization.yaml",
        "dev/kustomization.yaml",
        "dev/web/default/configmap-web.yaml",
        "prod/web/default/configmap-web.yaml",
    ]
    assert "7 files are not what the sources give: run pilothouse synth" in run.err
    assert "CHART003" in run.err
    assert repository.synth("--check").codes == ["CHART003"]
    assert repository.files() == before
    repository.good()
    run = repository.run("synth", "--check")
    assert (run.code, run.out) == (0, "")
    repository.forget()
    run = repository.run("synth", "--check")
    assert (run.code, run.out) == (0, "")
    assert not (repository.cache / "runs").exists()
