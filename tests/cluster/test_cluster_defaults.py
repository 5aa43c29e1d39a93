"""What a diff takes for a default is what the API server makes of a field that is missing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from pilothouse.diff.defaults import rows
from pilothouse.pods import TEMPLATES
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, minors

MINORS = sorted({NEWEST, *minors().values()})
_ACTION = {"httpGet": {"port": 80}}
_HOOKS = {"lifecycle": {"preStop": _ACTION, "postStart": _ACTION}}
_FIELD = {"fieldRef": {"fieldPath": "metadata.name"}}
_PORT = {"containerPort": 80}
_VOLUMES = [
    {"name": "a", "configMap": {"name": "a"}},
    {"name": "b", "secret": {"secretName": "a"}},
    {"name": "c", "downwardAPI": {"items": [{"path": "a", **_FIELD}]}},
    {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "a"}}]}},
    {"name": "e", "hostPath": {"path": "/a"}},
]
_SELECTOR = {"matchLabels": {"app": "a"}}
_LABELS = {"labels": {"app": "a"}}


def pods(restart: str | None, action: str = "httpGet") -> dict[str, Any]:
    """A pod template that says as much as defaults can stand in, and none of them."""
    probe = {"httpGet": {"port": 80}} if action == "httpGet" else {"grpc": {"port": 80}}
    probes = dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), probe)
    plain = {"name": "a", "image": "a:1", "ports": [_PORT], "env": [{"name": "A", "valueFrom": _FIELD}, {"name": "B"}]}
    first = {**plain, "name": "i", **probes, **_HOOKS, "restartPolicy": "Always"}
    spec: dict[str, Any] = {
        "serviceAccountName": "runner",
        "containers": [{**plain, **probes, **_HOOKS}],
        "initContainers": [first],
        "volumes": _VOLUMES,
    }
    return {"metadata": copy.deepcopy(_LABELS), "spec": {**spec, **({"restartPolicy": restart} if restart else {})}}


def bodies(action: str) -> dict[tuple[str, str], Body]:
    """An object of every kind that the table knows."""
    workload = {"selector": _SELECTOR, "template": pods(None, action)}
    job = {"template": pods("Never", action)}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    rules = [{"ports": [{"port": 80}]}]
    specs: dict[tuple[str, str], tuple[str, Body]] = {
        ("", "Pod"): ("v1", {"spec": pods(None, action)["spec"]}),
        ("", "ReplicationController"): ("v1", {"spec": {"selector": {"app": "a"}, "template": pods(None, action)}}),
        ("", "PodTemplate"): ("v1", {"template": pods(None, action)}),
        ("apps", "Deployment"): ("apps/v1", {"spec": workload}),
        ("apps", "StatefulSet"): (
            "apps/v1",
            {
                "spec": {
                    **workload,
                    "serviceName": "a",
                    "volumeClaimTemplates": [{"metadata": {"name": "z"}, "spec": claim}],
                }
            },
        ),
        ("apps", "DaemonSet"): ("apps/v1", {"spec": workload}),
        ("apps", "ReplicaSet"): ("apps/v1", {"spec": workload}),
        ("batch", "Job"): ("batch/v1", {"spec": job}),
        ("batch", "CronJob"): ("batch/v1", {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": job}}}),
        ("", "Service"): (
            "v1",
            {"spec": {"ports": [{"port": 80}], "selector": {"app": "a"}}},
        ),
        ("", "ServiceAccount"): ("v1", {}),
        ("", "PersistentVolumeClaim"): ("v1", {"spec": {**claim, "storageClassName": ""}}),
        ("", "PersistentVolume"): (
            "v1",
            {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}},
        ),
        ("", "ConfigMap"): ("v1", {}),
        ("", "Secret"): ("v1", {}),
        ("storage.k8s.io", "StorageClass"): ("storage.k8s.io/v1", {"provisioner": "example.com/a"}),
        ("networking.k8s.io", "NetworkPolicy"): (
            "networking.k8s.io/v1",
            {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": rules, "egress": rules}},
        ),
        ("autoscaling", "HorizontalPodAutoscaler"): (
            "autoscaling/v2",
            {
                "spec": {
                    "maxReplicas": 3,
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
                    "metrics": [
                        {
                            "type": "Resource",
                            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                        }
                    ],
                }
            },
        ),
        ("scheduling.k8s.io", "PriorityClass"): ("scheduling.k8s.io/v1", {"value": 7}),
    }
    if action == "grpc":
        specs["", "Service"][1]["spec"]["type"] = "LoadBalancer"
    return {
        kind: copy.deepcopy({"apiVersion": api_version, "kind": kind[1], "metadata": {"name": "a"}, **rest})
        for kind, (api_version, rest) in specs.items()
    }


def put(at: Any, path: tuple[str, ...], value: Any, before: tuple[str, ...] = ()) -> bool:
    """Set the field at a path, in the first item of each list that has a place for it: whether there is one."""
    step, *rest = path
    if step == "":
        return isinstance(at, list) and any(put(item, tuple(rest), value, (*before, step)) for item in at)
    if not isinstance(at, dict):
        return False
    if not rest:
        return at.setdefault(step, value) is value
    if (*before, step) in _MADE:
        at.setdefault(step, {})
    return step in at and put(at[step], tuple(rest), value, (*before, step))


_MADE = {
    ("spec", "strategy"),
    ("spec", "updateStrategy"),
    ("spec", "persistentVolumeClaimRetentionPolicy"),
}
"""Maps that are made where one of their fields is put in."""


@pytest.fixture(scope="module", params=MINORS)
def server(request: pytest.FixtureRequest) -> Iterator[Api]:
    with ControlPlane(str(request.param)) as plane:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "runner"}}
        plane.api.take("POST", plane.api.of(account).path("default"), account)
        yield plane.api


def made_of(api: Api, body: Body) -> Any:
    """What the server would store, but of its own."""
    resource = api.of(body)
    path = resource.path("default" if resource.namespaced else "")
    answer = api.ask("POST", path, body, query={"dryRun": "All"})
    if answer.status != 201:
        return answer.message
    stored = answer.body
    assert isinstance(stored, dict)
    stored.pop("status", None)
    if stored["kind"] == "Service":  # any that is free
        for field in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            stored["spec"].pop(field, None)
        for port in stored["spec"]["ports"]:
            port.pop("nodePort", None)
    for field in ("uid", "creationTimestamp", "managedFields", "resourceVersion", "generation"):
        stored["metadata"].pop(field, None)
    uids = ("controller-uid", "batch.kubernetes.io/controller-uid")
    template = stored.get("spec", {}).get("template", {}) if stored["kind"] == "Job" else {}
    for labels in (template.get("metadata", {}).get("labels", {}), stored["metadata"].get("labels", {})):
        for uid in uids:
            labels.pop(uid, None)
    if stored["kind"] == "Job":
        stored["spec"].pop("selector", None)
    if stored["kind"] == "Pod":  # the name of a volume that is made for every pod is any
        text = [each["name"] for each in stored["spec"]["volumes"] if each["name"].startswith("kube-api-access-")]
        stored["spec"]["volumes"] = [each for each in stored["spec"]["volumes"] if each["name"] not in text]
        for container in (*stored["spec"]["containers"], *stored["spec"]["initContainers"]):
            container.pop("volumeMounts", None)
    return stored


def test_a_missing_field_and_its_default_are_one_to_the_server(server: Api) -> None:
    differ, seen, asked = [], set(), set()
    for action in ("httpGet", "grpc"):
        for kind, body in bodies(action).items():
            without = made_of(server, copy.deepcopy(body))
            assert isinstance(without, dict), without
            for path, value in rows(*kind):
                asked.add((kind, path))
                said = copy.deepcopy(body)
                if not put(said, path, copy.deepcopy(value)):
                    continue
                made = made_of(server, said)
                if isinstance(made, str):
                    continue  # it goes with another field, which the other round has
                seen.add((kind, path))
                if made != without:
                    differ.append((kind, ".".join(path), value))
    assert not differ, "\n".join(map(str, differ))
    labelled = {("labels",), ("annotations",)}
    unseen = {each for each in asked - seen if each[1][-1:] not in labelled and "restartPolicy" not in each[1]}
    assert not unseen, "\n".join(map(str, sorted(unseen)))
    assert {kind for kind, _ in asked} >= set(TEMPLATES) - {("argoproj.io", "Rollout")}
