"""What a diff says will be refused is refused by the API server, and what it passes is taken."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.compare import compare
from pilothouse.diff.immutable import ROWS, refused
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, minors

MINORS = sorted({NEWEST, *minors().values()})
_POD = {"containers": [{"name": "a", "image": "a:1"}]}
_SELECTED = {
    "selector": {"matchLabels": {"app": "a"}},
    "template": {"metadata": {"labels": {"app": "a", "b": "b"}}, "spec": _POD},
}
_CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "2Gi"}},
    "storageClassName": "a",
    "volumeMode": "Filesystem",
}
_REF = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
_IMAGE = [{"name": "a", "image": "a:2"}]
_OTHER = {"matchLabels": {"b": "b"}}


def body(api_version: str, kind: str, **rest: Any) -> Body:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **rest}


STRATEGIES = {"Deployment": "strategy", "StatefulSet": "updateStrategy", "DaemonSet": "updateStrategy"}
OTHER_TYPES = {"Deployment": ["Recreate"], "StatefulSet": ["OnDelete"], "DaemonSet": ["OnDelete"]}
_APPS: dict[str, dict[str, Any]] = {
    "Deployment": {"paused": True},
    "ReplicaSet": {"minReadySeconds": 5},
    "DaemonSet": {"minReadySeconds": 5},
    "StatefulSet": {"minReadySeconds": 5},
}
OBJECTS: list[tuple[Body, list[tuple[str, Any]]]] = [
    *(
        (
            body(
                "apps/v1",
                kind,
                spec={**copy.deepcopy(_SELECTED), **({"serviceName": "a"} if kind == "StatefulSet" else {})},
            ),
            [
                ("spec.selector", _OTHER),
                ("spec.template.spec.containers", _IMAGE),
                ("metadata.labels", {"x": "y"}),
                *((f"spec.{path}", value) for path, value in own.items()),
                *([("spec.replicas", 3)] if kind != "DaemonSet" else []),
                *((f"spec.{STRATEGIES[kind]}", {"type": other}) for other in OTHER_TYPES.get(kind, ())),
            ],
        )
        for kind, own in _APPS.items()
    ),
    (
        body(
            "apps/v1",
            "StatefulSet",
            spec={
                **copy.deepcopy(_SELECTED),
                "serviceName": "a",
                "podManagementPolicy": "OrderedReady",
                "volumeClaimTemplates": [{"metadata": {"name": "z"}, "spec": _CLAIM}],
            },
        ),
        [
            ("spec.serviceName", "b"),
            ("spec.podManagementPolicy", "Parallel"),
            ("spec.volumeClaimTemplates", [{"metadata": {"name": "y"}, "spec": _CLAIM}]),
            (
                "spec.volumeClaimTemplates",
                [{"metadata": {"name": "z"}, "spec": {**_CLAIM, "resources": {"requests": {"storage": "3Gi"}}}}],
            ),
            ("spec.persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Delete", "whenScaled": "Retain"}),
        ],
    ),
    (
        body(
            "batch/v1",
            "Job",
            spec={
                "template": {"spec": {**_POD, "restartPolicy": "Never"}},
                "completions": 2,
                "completionMode": "NonIndexed",
            },
        ),
        [
            ("spec.template.spec.containers", _IMAGE),
            ("spec.completions", 3),
            ("spec.completionMode", "Indexed"),
            ("spec.backoffLimit", 3),
            ("spec.parallelism", 2),
            ("spec.ttlSecondsAfterFinished", 60),
        ],
    ),
    (
        body(
            "batch/v1",
            "CronJob",
            spec={
                "schedule": "0 0 * * *",
                "jobTemplate": {"spec": {"template": {"spec": {**_POD, "restartPolicy": "Never"}}}},
            },
        ),
        [("spec.schedule", "1 0 * * *"), ("spec.jobTemplate.spec.template.spec.containers", _IMAGE)],
    ),
    (
        body("v1", "PersistentVolumeClaim", spec=_CLAIM),
        [
            ("spec.accessModes", ["ReadWriteMany"]),
            ("spec.storageClassName", "b"),
            ("spec.volumeMode", "Block"),
            ("spec.selector", {"matchLabels": {"a": "a"}}),
            ("spec.dataSource", {"kind": "PersistentVolumeClaim", "name": "b"}),
            ("spec.resources.requests.storage", "1Gi"),
        ],
    ),
    *(
        (
            body(
                "v1",
                "PersistentVolume",
                spec={
                    "capacity": {"storage": "1Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    name: source,
                    "volumeMode": "Filesystem",
                },
            ),
            [
                (f"spec.{name}.{field}", value),
                ("spec.persistentVolumeReclaimPolicy", "Delete"),
                *([("spec.volumeMode", "Block")] if name == "csi" else []),
                ("spec.capacity.storage", "2Gi"),
            ],
        )
        for name, source, field, value in (
            ("hostPath", {"path": "/a"}, "path", "/b"),
            ("nfs", {"server": "a", "path": "/a"}, "path", "/b"),
            ("csi", {"driver": "a.example.com", "volumeHandle": "a"}, "volumeHandle", "b"),
        )
    ),
    (body("v1", "Secret", type="Opaque", data={"a": "YQ=="}), [("type", "example.com/a"), ("data.a", "Yg==")]),
    (body("v1", "Secret", immutable=True, data={"a": "YQ=="}), [("data.a", "Yg=="), ("immutable", False)]),
    (body("v1", "ConfigMap", immutable=True, data={"a": "a"}), [("data.a", "b"), ("metadata.labels", {"x": "y"})]),
    (body("v1", "ConfigMap", data={"a": "a"}), [("data.a", "b"), ("immutable", True)]),
    (
        body("v1", "Service", spec={"clusterIP": "None", "ports": [{"port": 80}], "selector": {"app": "a"}}),
        [("spec.clusterIP", "10.98.0.77"), ("spec.selector", {"app": "b"}), ("spec.publishNotReadyAddresses", True)],
    ),
    (
        body(
            "storage.k8s.io/v1",
            "StorageClass",
            provisioner="a.example.com",
            parameters={"a": "a"},
            reclaimPolicy="Delete",
            volumeBindingMode="Immediate",
        ),
        [
            ("provisioner", "b.example.com"),
            ("parameters.a", "b"),
            ("reclaimPolicy", "Retain"),
            ("volumeBindingMode", "WaitForFirstConsumer"),
            ("allowVolumeExpansion", True),
        ],
    ),
    *(
        (
            body("rbac.authorization.k8s.io/v1", kind, roleRef=_REF, subjects=[]),
            [
                ("roleRef.name", "edit"),
                ("subjects", [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "a"}]),
            ],
        )
        for kind in ("RoleBinding", "ClusterRoleBinding")
    ),
    (
        body("scheduling.k8s.io/v1", "PriorityClass", value=7, preemptionPolicy="Never"),
        [("value", 8), ("preemptionPolicy", "PreemptLowerPriority"), ("description", "a")],
    ),
    (
        body("node.k8s.io/v1", "RuntimeClass", handler="a"),
        [("handler", "b"), ("scheduling", {"nodeSelector": {"a": "a"}})],
    ),
    (
        body("networking.k8s.io/v1", "IngressClass", spec={"controller": "example.com/a"}),
        [("spec.controller", "example.com/b")],
    ),
    (
        body("discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4", endpoints=[], ports=[]),
        [("addressType", "IPv6"), ("endpoints", [{"addresses": ["10.1.2.3"]}])],
    ),
    (
        body("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "policyTypes": ["Ingress"]}),
        [("spec.podSelector", {"matchLabels": {"a": "a"}}), ("spec.policyTypes", ["Egress"])],
    ),
    (
        body("policy/v1", "PodDisruptionBudget", spec={"selector": {"matchLabels": {"a": "a"}}, "maxUnavailable": 1}),
        [("spec.selector", {"matchLabels": {"b": "b"}}), ("spec.maxUnavailable", 2)],
    ),
]


def changed(before: Body, path: str, value: Any) -> Body:
    after = copy.deepcopy(before)
    *way, last = path.split(".")
    at: Any = after
    for step in way:
        at = at.setdefault(step, {})
    at[last] = copy.deepcopy(value)
    if path == "spec.clusterIP":
        at["clusterIPs"] = [value]
    return after


@pytest.fixture(scope="module", params=MINORS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Api, str]]:
    with ControlPlane(str(request.param)) as plane:
        yield plane.api, str(request.param)


def test_what_is_said_to_be_refused_is_refused_and_nothing_else(server: tuple[Api, str]) -> None:
    api, minor = server
    catalogue = Catalogue(minor)
    disagreed: list[tuple[str, ...]] = []
    proven: set[tuple[str, str]] = set()
    for number, (before, changes) in enumerate(OBJECTS):
        before = copy.deepcopy(before)
        before["metadata"]["name"] = name = f"a{number}"
        resource = api.of(before)
        namespace = "default" if resource.namespaced else ""
        api.take("POST", resource.path(namespace), before)
        for path, value in changes:
            after = changed(before, path, value)
            was, now = (Manifest(each, Position("a.yaml", 1)) for each in (before, after))
            fields = compare(before, after, catalogue)
            assert fields, (before["kind"], path)
            said = refused(ObjectChange(was.identity, was, now, fields), catalogue)
            answer = api.ask(
                "PATCH",
                resource.path(namespace, name),
                after,
                query={"dryRun": "All", "fieldManager": "a", "force": "true"},
                content="application/apply-patch+yaml",
            )
            assert answer.status in (200, 422), (before["kind"], path, answer.message)
            if answer.status == 422:
                proven.add((before["kind"], path))
            if bool(said) != (answer.status == 422):
                disagreed.append((before["kind"], path, "said" if said else "passed", answer.message[:200]))
    assert not disagreed, "\n".join(map(str, disagreed))
    unproven = {
        (kind, field)
        for (_, kind), rows in ROWS.items()
        for field in rows
        if not any(of == kind and path.startswith(field) for of, path in proven)
    }
    assert unproven == {("Job", "spec.selector")}
