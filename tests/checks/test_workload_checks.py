"""Workloads: the edges of the checks of containers, probes, roll-outs, budgets, autoscalers and jobs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.availability import blocked
from pilothouse.checks import check_object, check_stack
from pilothouse.checks.images import tag_of
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

Body = dict[str, Any]


def codes(*bodies: Body, minor: str = "1.36") -> set[str]:
    """The codes of every finding about some objects."""
    manifests = [Manifest(body, Position(file="a.yaml", line=1)) for body in bodies]
    stack = Stack(somebodys(minor), Catalogue(minor), manifests)
    found = [finding for manifest in manifests for finding in check_object(manifest, stack)]
    return {finding.code for finding in found + check_stack(stack)}


def pod(**spec: Any) -> Body:
    body = {"containers": [{"name": "web", "image": "web:1"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": body}


def container(**fields: Any) -> Body:
    return pod(containers=[{"name": "web", "image": "web:1", **fields}])


def workload(kind: str = "Deployment", name: str = "web", **spec: Any) -> Body:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod()["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def budget(name: str = "web", **spec: Any) -> Body:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def autoscaler(name: str = "web", **spec: Any) -> Body:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 9, **spec},
    }


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"),
        ("nginx:1.29", "1.29"),
        ("registry:5000/nginx", "latest"),
        ("registry:5000/shop/nginx:2", "2"),
        ("nginx@sha256:" + "a" * 64, ""),
        ("nginx:latest@sha256:" + "a" * 64, ""),
    ],
)
def test_a_tag_is_told_from_a_port_and_a_digest(image: str, tag: str) -> None:
    assert tag_of(image) == tag
    assert "IMG004" not in codes(container(image=image))
    assert ("IMG001" in codes(container(image=image))) is (tag == "latest")


@pytest.mark.parametrize("image", ["shop/Web:1", "web:${TAG}", "{{ image }}", "web:1 ", "web::1", "<image>"])
def test_what_no_registry_can_have_is_no_image(image: str) -> None:
    assert "IMG004" in codes(container(image=image))


def test_a_port_name_is_looked_up_in_the_same_container() -> None:
    probe = {"httpGet": {"path": "/", "port": "http"}}
    other = {"name": "other", "image": "web:1", "ports": [{"name": "http", "containerPort": 80}]}
    assert "PROBE004" in codes(pod(containers=[{"name": "web", "image": "web:1", "livenessProbe": probe}, other]))
    assert "PROBE004" not in codes(pod(containers=[{**other, "livenessProbe": probe}]))


def test_two_volumes_of_one_name_in_a_pod_of_one_container() -> None:
    volumes = [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "more", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert "CTR002" not in codes(pod(volumes=volumes))
    assert "CTR002" in codes(pod(volumes=[*volumes, volumes[0]]))


@pytest.mark.parametrize("name", ["Settings", "settings"])
def test_a_name_that_nothing_can_have_wherever_it_is_spoken_of(name: str) -> None:
    refused = name == "Settings"
    for field in ("configMapRef", "secretRef"):
        assert ("CTR008" in codes(container(envFrom=[{field: {"name": name}}]))) is refused
    for field in ("configMapKeyRef", "secretKeyRef"):
        env = [{"name": "A", "valueFrom": {field: {"name": name, "key": "a"}}}]
        assert ("CTR008" in codes(container(env=env))) is refused
    for field in ("priorityClassName", "serviceAccountName"):
        assert ("CTR008" in codes(pod(**{field: name}))) is refused


@pytest.mark.parametrize(
    ("env", "undefined"),
    [
        ([{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}], False),
        ([{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}], True),
        ([{"name": "B", "value": "$$(A)"}], False),
        ([{"name": "B", "value": "$$$(A)"}], True),
        ([{"name": "B", "value": "$(date +%s)"}], False),
        ([{"name": "B", "value": "$(DB_SERVICE_HOST)"}], False),
    ],
)
def test_a_reference_needs_a_variable_before_it(env: list[Body], undefined: bool) -> None:
    assert ("ENV003" in codes(container(env=env))) is undefined
    assert "ENV003" not in codes(container(env=env, envFrom=[{"secretRef": {"name": "a"}}]))


def test_a_stateful_set_mounts_its_claims() -> None:
    mounts = {"name": "db", "image": "db:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    storage = {"requests": {"storage": "1Gi"}}
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": storage}}
    body = workload("StatefulSet", volumeClaimTemplates=[claim])
    body["spec"]["template"]["spec"]["containers"] = [mounts]
    assert not {"MNT001", "STS003"} & codes(body)
    del body["spec"]["volumeClaimTemplates"]
    assert "MNT001" in codes(body)
    assert "MNT001" not in codes(body, minor="1.33"), "servers before 1.34 take it"


@given(pods=st.integers(1, 200), share=st.integers(0, 100), there=st.booleans())
def test_a_budget_is_rounded_as_the_cluster_does(pods: int, share: int, there: bool) -> None:
    field = "minAvailable" if there else "maxUnavailable"
    number = math.ceil(pods * share / 100) if pods * share % 100 else pods * share // 100
    allowed = pods - number if there else number
    manifest = Manifest(budget(**{field: f"{share}%"}), Position(file="a.yaml", line=1))
    assert bool(blocked(manifest, pods)) is (allowed <= 0)


def test_an_autoscaler_s_minimum_counts_for_a_budget() -> None:
    assert "PDB002" not in codes(workload(replicas=5), budget(minAvailable=2))
    assert "PDB002" in codes(workload(replicas=5), budget(minAvailable=2), autoscaler(minReplicas=2))
    assert "PDB002" not in codes(workload(), budget(minAvailable=2), autoscaler(minReplicas=3))
    assert "PDB002" in codes(workload(replicas=3), budget())


def test_one_budget_that_selects_everything_meets_all_others() -> None:
    everything = {**budget("all", maxUnavailable=1), "spec": {"maxUnavailable": 1, "selector": {}}}
    assert "PDB003" in codes(workload(), budget(maxUnavailable=1), everything)
    assert "PDB003" not in codes(workload(), everything)


@pytest.mark.parametrize(
    ("rolling", "refused"),
    [
        ({"maxSurge": 0}, False),
        ({"maxSurge": 0, "maxUnavailable": 0}, True),
        ({"maxSurge": "0%", "maxUnavailable": 0}, True),
        ({"maxSurge": "200%", "maxUnavailable": 0}, False),
        ({"maxUnavailable": "101%"}, True),
        ({"maxUnavailable": "1.5%"}, True),
        ({"maxSurge": -1}, True),
    ],
)
def test_a_roll_out_needs_a_step(rolling: Body, refused: bool) -> None:
    assert ("ROLL001" in codes(workload(strategy={"rollingUpdate": rolling}))) is refused


def test_a_daemon_set_has_one_of_the_two_steps() -> None:
    assert "ROLL001" in codes(workload("DaemonSet", updateStrategy={"rollingUpdate": {"maxSurge": 1}}))
    steps = {"maxSurge": 1, "maxUnavailable": 0}
    assert "ROLL001" not in codes(workload("DaemonSet", updateStrategy={"rollingUpdate": steps}))


def test_recreate_is_fine_where_one_pod_runs_or_nobody_asks() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    recreate = {"strategy": {"type": "Recreate"}}
    assert "ROLL004" in codes(workload(replicas=2, **recreate), service)
    assert "ROLL004" not in codes(workload(replicas=1, **recreate), service)
    assert "ROLL004" not in codes(workload(replicas=2, **recreate))


def test_two_workloads_are_told_apart_by_one_label() -> None:
    assert "SEL004" in codes(workload(), workload(name="other"))
    other = workload(name="other", selector={"matchLabels": {"app": "other"}})
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    assert "SEL004" not in codes(workload(), other)
    elsewhere = workload(name="other")
    elsewhere["metadata"]["namespace"] = "elsewhere"
    assert "SEL004" not in codes(workload(), elsewhere)


def test_a_job_says_its_completions_where_the_server_gives_none() -> None:
    pods = {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "default"}}
    assert "JOB008" not in codes({**job, "spec": {"completionMode": "Indexed", "template": pods}})
    assert "JOB008" in codes({**job, "spec": {"completionMode": "Indexed", "parallelism": 2, "template": pods}})
    long = {**job, "metadata": {"name": "a" * 62, "namespace": "default"}}
    assert "JOB008" not in codes({**long, "spec": {"completionMode": "Indexed", "completions": 0, "template": pods}})
    assert "JOB008" in codes({**long, "spec": {"completionMode": "Indexed", "completions": 9, "template": pods}})


@pytest.mark.parametrize(
    ("command", "killed"),
    [
        (["sleep", "30"], True),
        (["sleep", "29"], False),
        (["sh", "-c", "sleep 20; drain && sleep 15"], True),
        (["sh", "-c", "nosleep 60"], False),
        (["/bin/sleep", "40s"], True),
    ],
)
def test_a_hook_that_sleeps_through_the_grace_period(command: list[str], killed: bool) -> None:
    assert ("STOP001" in codes(container(lifecycle={"preStop": {"exec": {"command": command}}}))) is killed
