"""``validate`` on what clusters, Kustomize and Helm give: none of what they add is a finding, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.synth.synth_repository import Repository, Run

SERVERS = {
    "uid": "11111111-1111-1111-1111-111111111111",
    "resourceVersion": "123",
    "generation": 2,
    "creationTimestamp": "2025-01-01T00:00:00Z",
    "managedFields": [
        {
            "apiVersion": "apps/v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {".": {}}}},
            "manager": "kubectl",
            "operation": "Update",
            "time": "2025-01-01T00:00:00Z",
        }
    ],
}
PODS = {
    "containers": [
        {
            "name": "web",
            "image": "nginx:1.27",
            "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "10m", "memory": "10Mi"}},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
    ],
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
}


def live(api_version: str, kind: str, name: str, owner: tuple[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """An object as a cluster lists it."""
    metadata = SERVERS | {"name": name, "namespace": "default", "labels": {"app": "web"}}
    if owner is not None:
        metadata["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "u", "controller": True}
        ]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def workload(kind: str, name: str, owner: tuple[str, str] | None = None) -> dict[str, Any]:
    template = {"metadata": {"creationTimestamp": None, "labels": {"app": "web"}}, "spec": PODS}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    status = {"replicas": 1, "readyReplicas": 1, "observedGeneration": 2}
    return live("apps/v1", kind, name, owner, spec=spec, status=status)


LISTED = {
    "apiVersion": "v1",
    "kind": "List",
    "metadata": {"resourceVersion": ""},
    "items": [
        workload("Deployment", "web"),
        workload("ReplicaSet", "web-abc", ("Deployment", "web")),
        live(
            "v1",
            "Pod",
            "web-abc-x",
            ("ReplicaSet", "web-abc"),
            spec=PODS | {"nodeName": "node1", "containers": [{"name": "web", "image": "nginx:1.27", "resources": {}}]},
            status={"phase": "Running", "podIP": "10.0.0.1"},
        ),
        live(
            "v1",
            "Service",
            "web",
            spec={
                "clusterIP": "10.96.0.7",
                "clusterIPs": ["10.96.0.7"],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
                "selector": {"app": "web"},
                "sessionAffinity": "None",
                "type": "ClusterIP",
            },
            status={"loadBalancer": {}},
        ),
    ],
}


@pytest.fixture
def anyones(tmp_path: Path) -> Repository:
    made = Repository.__new__(Repository)
    made.root = tmp_path / "anyones"
    made.root.mkdir()
    return made


def validate(repository: Repository, *words: str, stdin: str = "") -> Run:
    return repository.run(
        "validate", "--format", "json", "--no-kubeconform", "--kubernetes-version", "1.34", *words, stdin=stdin.encode()
    )


def told(run: Run) -> list[tuple[str, str]]:
    """What stops or warns."""
    return [(each["code"], each["object"]) for each in run.findings if each["severity"] != "advice"]


def test_what_the_server_writes_into_objects_is_no_finding(anyones: Repository) -> None:
    anyones.write("live.json", json.dumps(LISTED))
    run = validate(anyones, "live.json")
    wrong = {code for code, _ in told(run) if code.startswith(("SCHEMA", "OBJ", "API", "NS", "WAIVE", "PILOT", "DIST"))}
    assert not wrong, run.out
    assert run.err.startswith("4 objects judged")


def test_what_a_controller_made_is_told_of_what_it_made_it_from(anyones: Repository) -> None:
    items = LISTED["items"]
    assert isinstance(items, list)
    pod = {**items[2], "metadata": {**items[2]["metadata"], "ownerReferences": []}}
    alone = validate(anyones, "-", stdin=json.dumps(pod))
    assert "QOS001" in alone.codes
    assert "QOS001" not in validate(anyones, "-", stdin=json.dumps(LISTED)).codes
    orphan = validate(anyones, "-", stdin=json.dumps(items[2]))
    assert "QOS001" in orphan.codes, "where its owner is not there, it speaks for itself"


def test_an_unknown_kind_is_told_once_and_the_rest_is_checked(anyones: Repository) -> None:
    widgets = [
        f"apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w{number}, namespace: default}}\n"
        for number in range(30)
    ]
    wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndatta: {}\n"
    run = validate(anyones, "-", stdin="---\n".join([*widgets, wrong]))
    assert run.codes == ["SCHEMA001", "SCHEMA002"]
    (unknown,) = [each for each in run.findings if each["code"] == "SCHEMA002"]
    assert unknown["message"].endswith("(30 objects)")
    assert (unknown["line"], len(unknown["related"])) == (2, 29)


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: default}\n"
PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"


def test_what_a_kustomization_reads_as_patches_and_settings_is_no_object(anyones: Repository) -> None:
    anyones.write(
        "over/kustomization.yaml",
        "resources: [a.yaml]\npatches: [{path: patch.yaml}, {patch: '- op: x'}]\n"
        "patchesStrategicMerge: [more/old.yaml]\npatchesJson6902: [{path: ops.json}]\n"
        "configMapGenerator: [{name: x, files: [settings.yaml, key=named.yaml]}]\n",
    )
    anyones.write("over/a.yaml", CONFIG.replace("NAME", "a"))
    for name in ("patch.yaml", "more/old.yaml"):
        anyones.write(f"over/{name}", PATCH)
    anyones.write("over/ops.json", '[{"op": "remove", "path": "/x"}]')
    for name in ("settings.yaml", "named.yaml"):
        anyones.write(f"over/{name}", "a: b\n")
    run = validate(anyones, "over")
    assert (run.code, run.codes) == (0, [])
    assert run.err.startswith("1 object judged")
    assert "SCHEMA001" in validate(anyones, "over/patch.yaml").codes, "who names it wants it judged"
    anyones.write("over/kustomization.yaml", "patches: [")
    assert validate(anyones, "over").code == 1


def test_a_helm_chart_is_left_out_and_said_to_be(anyones: Repository) -> None:
    anyones.write("all/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    anyones.write("all/web/values.yaml", "replicas: 1\n")
    anyones.write("all/web/templates/a.yaml", "{{ if .Values.x }}\na: {{ .Values.y }}\n{{ end }}\n")
    anyones.write("all/a.yaml", CONFIG.replace("NAME", "a"))
    run = validate(anyones, "all")
    assert (run.code, run.codes) == (0, [])
    assert run.err == (
        "left out: all/web is a Helm chart: judge what helm template makes of it\n"
        "1 object judged; kubeconform was left out\n"
    )
    assert validate(anyones, "all/web").code == 2


def test_what_helm_template_prints_is_read(anyones: Repository) -> None:
    text = "---\n# Source: web/templates/empty.yaml\n---\n# Source: web/templates/a.yaml\n" + CONFIG.replace(
        "NAME", "a"
    )
    run = validate(anyones, "-", stdin=f"{text}---\n# Source: b\n\n---\n")
    assert (run.code, run.codes) == (0, [])
