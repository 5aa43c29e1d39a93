"""``pilothouse diff --cluster``, with a kubectl that answers from files: what it is asked, and what becomes of it.

``tests/cluster/test_cluster_diff.py`` asks a real one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.test_cli_diff import SCHEMA
from tests.synth.synth_repository import Repository, Run

KUBECTL = '''\
#!{python}
"""Stands for kubectl: a cluster that is a file of objects and of words by which some are refused."""
import json, pathlib, sys
import yaml

cluster = json.loads(pathlib.Path({state!r}).read_text())
words = sys.argv[1:]
with open({asked!r}, "a") as asked:
    asked.write(json.dumps(words) + "\\n")
if cluster.get("down"):
    sys.exit(cluster["down"])
given = list(yaml.safe_load_all(sys.stdin.read()))
here = {{(each["kind"], each["metadata"]["name"]): each for each in cluster["objects"]}}
name = lambda each: (each["kind"], each["metadata"]["name"])
code = 0
if "namespaces" in words:
    found = [{{"kind": "Namespace", "metadata": {{"name": each}}}} for each in cluster["namespaces"] if each in words]
elif "get" in words:
    found = [here[name(each)] for each in given if name(each) in here]
    for each in given:
        if each["kind"] in cluster["unserved"]:
            code = 1
            print(f'error: no matches for kind "{{each["kind"]}}" in version "{{each["apiVersion"]}}"', file=sys.stderr)
            print("ensure CRDs are installed first", file=sys.stderr)
else:
    refused = [each for each in given if each["metadata"]["name"] in cluster["refused"]]
    for each in refused:
        print(cluster["refused"][each["metadata"]["name"]], file=sys.stderr)
    if refused:
        sys.exit(1)
    found = [{{**here.get(name(each), {{}}), **each, "status": {{"a": 1}}}} for each in given]
print(json.dumps({{"kind": "List", "items": found}} if len(found) != 1 else found[0]))
sys.exit(code)
'''


class Cluster:
    """The cluster that kubectl answers for."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.json"
        self._asked = folder / "asked"
        self.tools = folder / "tools"
        self.tools.mkdir()
        program = self.tools / "kubectl"
        program.write_text(KUBECTL.format(python=sys.executable, state=str(self._state), asked=str(self._asked)))
        program.chmod(0o755)
        self.has()

    def has(self, *objects: dict[str, Any], **rest: Any) -> None:
        state = {"objects": objects, "namespaces": ["default"], "unserved": [], "refused": {}, **rest}
        self._state.write_text(json.dumps(state))

    @property
    def asked(self) -> list[list[str]]:
        return [json.loads(line) for line in self._asked.read_text().splitlines()]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def run(repository: Repository, cluster: Cluster, *words: str) -> Run:
    return repository.run("diff", *words, PATH=f"{cluster.tools}:/usr/bin:/bin")


def made(name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "labels": {"team": "platform"}}
    theirs = {"uid": "1", "resourceVersion": "7", "managedFields": [{}], "generation": 3}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, **theirs}, "data": data}


SAME = (made("web", colour="blue", cluster="prod"), made("db", size="10"))


def test_what_the_cluster_has_already_is_no_difference(repository: Repository, cluster: Cluster) -> None:
    cluster.has(*SAME)
    told = run(repository, cluster, "prod", "--cluster", "--format", "json")
    document = json.loads(told.out)
    jsonschema.validate(document, SCHEMA)
    assert (told.code, document["changes"]) == (0, [])
    tried = cluster.asked[-1]
    assert {"--server-side", "--dry-run=server", "--field-manager=kubectl"} <= set(tried)


def test_what_would_become_of_it_is_told(repository: Repository, cluster: Cluster) -> None:
    cluster.has(made("web", colour="red", cluster="prod"), SAME[1])
    words = ("--environment", "prod", "--cluster", "lab", "--field-manager", "argocd-controller")
    told = run(repository, cluster, *words)
    assert (told.code, told.out) == (1, "prod:\n~ ConfigMap default/web\n    data.colour: red → blue\n")
    assert told.err.startswith("the cluster lab → the sources: 1 object changed")
    assert all(each[:2] == ["--context", "lab"] for each in cluster.asked)
    assert "--field-manager=argocd-controller" in cluster.asked[-1]


def test_what_is_not_there_yet_is_new(repository: Repository, cluster: Cluster) -> None:
    cluster.has(SAME[0])
    told = run(repository, cluster, "prod", "--cluster")
    assert (told.code, told.out) == (1, "prod:\n+ ConfigMap default/db\n")


def test_what_has_no_namespace_yet_is_new_and_not_tried(repository: Repository, cluster: Cluster) -> None:
    cluster.has(namespaces=[])
    told = run(repository, cluster, "prod", "--cluster")
    assert (told.code, told.out) == (1, "prod:\n+ ConfigMap default/db\n+ ConfigMap default/web\n")
    assert "the cluster has no namespace default yet: 2 objects of it cannot be tried, and count as new" in told.err
    assert not any("apply" in words for words in cluster.asked)


def test_what_has_no_kind_yet_is_new_and_not_tried(repository: Repository, cluster: Cluster) -> None:
    cluster.has(unserved=["ConfigMap"])
    told = run(repository, cluster, "prod", "--cluster")
    assert (told.code, told.out.count("\n+ ")) == (1, 2)
    assert "the cluster has no kind ConfigMap of v1 yet" in told.err


def test_what_the_server_refuses_is_told_in_its_words_and_the_rest_is_tried(
    repository: Repository, cluster: Cluster
) -> None:
    for number in range(7):
        repository.deploy("db", instance=f"db-{number}", environment="prod")
    old = made("web", colour="red", cluster="prod")
    cluster.has(old, refused={"web": "error: The ConfigMap is invalid: data:\n  Forbidden: immutable", "db-3": "No"})
    told = run(repository, cluster, "prod", "--cluster", "--fail-on", "replace")
    assert told.code == 3
    assert (
        "~ ConfigMap default/web\n"
        "  replace: the API server says: The ConfigMap is invalid: data: Forbidden: immutable\n"
        "    data.colour: red → blue\n" in told.out
    )
    assert "+ ConfigMap default/db-3\n  replace: the API server says: No\n" in told.out
    assert told.out.count("the API server says") == 2


def test_a_refusal_without_a_difference_is_said_too(repository: Repository, cluster: Cluster) -> None:
    cluster.has(*SAME, refused={"web": "Apply failed with 1 conflict: .data.a\nPlease review the fields above"})
    told = run(repository, cluster, "prod", "--cluster")
    assert told.code == 2
    assert "ConfigMap default/web: Apply failed with 1 conflict: .data.a\n" in told.err


@pytest.mark.parametrize("down", ["The connection to the server was refused", "Error in configuration"])
def test_a_cluster_that_does_not_answer_is_said(repository: Repository, cluster: Cluster, down: str) -> None:
    cluster.has(down=down)
    told = run(repository, cluster, "prod", "--cluster")
    assert (told.code, told.out) == (2, "")
    assert f"the cluster cannot be asked: {down}" in told.err


def test_without_kubectl_it_says_how_to_get_it(repository: Repository, tmp_path: Path) -> None:
    told = repository.run("diff", "prod", "--cluster", PATH=str(tmp_path))
    assert (told.code, told.out) == (2, "")
    assert "there is no kubectl on PATH: install it (kubernetes.io/docs/tasks/tools)" in told.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--cluster",), "--cluster compares one environment: pilothouse diff ENV --cluster [CONTEXT]"),
        (("dev", "prod", "--cluster"), "--cluster compares one environment"),
        (("dev", "--environment", "prod", "--cluster"), "--cluster compares one environment"),
        (("--environment", "prod"), "--environment goes with --cluster"),
        (("pord", "--cluster"), "no environment named pord, did you mean prod?"),
    ],
)
def test_words_that_do_not_go_together(
    repository: Repository, cluster: Cluster, words: tuple[str, ...], told: str
) -> None:
    done = run(repository, cluster, *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
