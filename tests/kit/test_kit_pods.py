"""Pods: what they are given, what they get without a word, and how each default is switched off."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse_kit import (
    ClaimTemplate,
    ConfigMap,
    Container,
    Deployment,
    EmptyDir,
    GivenConfigMap,
    GivenSecret,
    HttpProbe,
    Job,
    Mount,
    PersistentVolumeClaim,
    Port,
    Resources,
    ServiceAccount,
    StatefulSet,
)
from tests.kit.kit_chart import Body, build, one, pod


def web(**arguments: Any) -> Body:
    return one(lambda c: Deployment(c, "web", **{"image": "web:1", "port": 8080, **arguments}))


def container(**arguments: Any) -> Body:
    found: Body = pod(web(**arguments))["containers"][0]
    return found


def test_what_a_pod_gets_without_a_word() -> None:
    body = web()
    assert body["metadata"]["labels"] == {
        "app.kubernetes.io/instance": "made",
        "app.kubernetes.io/managed-by": "pilothouse",
        "app.kubernetes.io/name": "web",
    }
    assert "replicas" not in body["spec"]
    assert pod(body)["automountServiceAccountToken"] is False
    assert pod(body)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod(body)["containers"] == [
        {
            "name": "web",
            "image": "web:1",
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
            "readinessProbe": {"tcpSocket": {"port": "http"}},
            "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 20, "failureThreshold": 6},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
        }
    ]


@pytest.mark.parametrize(
    ("argument", "field", "left"),
    [
        ({"resources": None}, "resources", None),
        (
            {"resources": Resources("1", "1Gi")},
            "resources",
            {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        ),
        ({"readiness": None}, "readinessProbe", None),
        ({"readiness": HttpProbe("/r")}, "readinessProbe", {"httpGet": {"path": "/r", "port": "http"}}),
        ({"liveness": None}, "livenessProbe", None),
        ({"port": None, "readiness": None, "liveness": None}, "ports", None),
    ],
)
def test_a_default_of_a_container_is_switched_off(argument: Body, field: str, left: object) -> None:
    changed, usual = container(**argument), container()
    assert changed.get(field) == left
    assert usual.get(field) not in (None, left)
    others = {key for key in {*usual, *changed} - {field} if key not in ("readinessProbe", "livenessProbe")}
    assert all(changed.get(key) == usual.get(key) for key in others)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ({"read_only_root": False}, {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
        ({"capabilities": None}, {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}),
        (
            {"capabilities": ["NET_ADMIN"]},
            {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]},
                "readOnlyRootFilesystem": True,
            },
        ),
        (
            {"escalation": True},
            {"allowPrivilegeEscalation": True, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
        ),
        ({"privileged": True}, {"privileged": True, "readOnlyRootFilesystem": True}),
    ],
)
def test_a_wall_of_a_container_is_taken_down(argument: Body, expected: Body) -> None:
    assert container(**argument)["securityContext"] == expected


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (1000, {"runAsNonRoot": True, "runAsUser": 1000}),
        (0, {"runAsNonRoot": False, "runAsUser": 0}),
        (None, {}),
    ],
)
def test_a_pod_runs_as_somebody_else(user: int | None, expected: Body) -> None:
    assert pod(web(user=user))["securityContext"] == {**expected, "seccompProfile": {"type": "RuntimeDefault"}}
    assert "runAsUser" not in container(user=user)["securityContext"]


def runs_as(body: Body, name: str) -> int | None:
    """The user that the kubelet starts a container as; None for its image's own."""
    (found,) = (
        each for each in [*pod(body).get("initContainers", []), *pod(body)["containers"]] if each["name"] == name
    )
    of_pod: int | None = pod(body)["securityContext"].get("runAsUser")
    user: int | None = found["securityContext"].get("runAsUser", of_pod)
    return user


@pytest.mark.parametrize("main", [65532, 0, 1000, None])
@pytest.mark.parametrize("other", [65532, 0, 1000, None])
def test_each_container_runs_as_the_user_that_it_was_told(main: int | None, other: int | None) -> None:
    body = web(
        user=main,
        sidecars=[Container("beside", image="b:1", user=other)],
        init=[Container("before", image="b:1", user=other)],
    )
    assert (runs_as(body, "web"), runs_as(body, "beside"), runs_as(body, "before")) == (main, other, other)


def test_labels_of_the_kit_go_by_a_patch() -> None:
    off = {"metadata": {"labels": {"app.kubernetes.io/managed-by": None, "app.kubernetes.io/instance": None}}}
    assert web(patch=off)["metadata"]["labels"] == {"app.kubernetes.io/name": "web"}


def test_a_token_is_mounted_where_the_account_says_so() -> None:
    def template(token: bool) -> Body:
        body = one(
            lambda c: Deployment(c, "w", image="w:1", service_account=ServiceAccount(c, "a", token=token)), "Deployment"
        )
        return pod(body)

    assert (template(True)["serviceAccountName"], template(True)["automountServiceAccountToken"]) == ("a", True)
    assert template(False)["automountServiceAccountToken"] is False
    named = pod(web(service_account="elsewhere"))
    assert named["serviceAccountName"] == "elsewhere"
    assert "automountServiceAccountToken" not in named, "the account itself says whether"


def test_jobs_are_asked_by_no_probe_unless_they_are_told() -> None:
    quiet = one(lambda c: Job(c, "j", image="j:1", port=8080, rerun="never"))
    assert not [key for key in pod(quiet)["containers"][0] if key.endswith("Probe")]
    asked = one(lambda c: Job(c, "j", image="j:1", port=8080, rerun="never", liveness=HttpProbe()))
    assert "livenessProbe" in pod(asked)["containers"][0]


def test_only_containers_that_go_on_running_are_asked_by_probes() -> None:
    body = web(
        init=[Container("before", image="b:1", port=9090)], sidecars=[Container("beside", image="b:1", port={"x": 1})]
    )
    assert not [key for key in pod(body)["initContainers"][0] if key.endswith("Probe")]
    assert pod(body)["containers"][1]["readinessProbe"] == {"tcpSocket": {"port": "x"}}


def test_the_first_tcp_port_is_asked() -> None:
    probes = container(port={"dns": Port(53, "UDP"), "web": 80, "other": 81})
    assert probes["readinessProbe"]["tcpSocket"] == probes["livenessProbe"]["tcpSocket"] == {"port": "web"}
    assert "readinessProbe" not in container(port={"dns": Port(53, "UDP")})


def test_a_volume_stands_once_however_many_mount_it() -> None:
    def make(chart: Any) -> None:
        settings = ConfigMap(chart, "s", data={"a": "1"})
        claim = PersistentVolumeClaim(chart, "data", size="1Gi", storage_class="fast")
        both: Any = {"/s": settings, "/d": Mount(claim, read_only=True, sub_path="x"), "/t": EmptyDir("t", "1Gi", True)}
        beside = Container("beside", image="b:1", mounts=both)
        Deployment(
            chart, "web", image="web:1", mounts=both, sidecars=[beside], init=[Container("i", image="i:1", mounts=both)]
        )

    template = pod(one(make, "Deployment"))
    assert template["volumes"] == [
        {"name": "config-s", "configMap": {"name": "s"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "t", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    ]
    mounts = [
        {"name": "config-s", "mountPath": "/s"},
        {"name": "data", "mountPath": "/d", "readOnly": True, "subPath": "x"},
        {"name": "t", "mountPath": "/t"},
    ]
    everyone = [*template["containers"], *template["initContainers"]]
    assert [each["volumeMounts"] for each in everyone] == [mounts, mounts, mounts]


def test_the_claims_of_a_stateful_set_are_what_its_pods_mount() -> None:
    disk = ClaimTemplate("data", "1Gi", "fast")
    (body,) = build(
        lambda c: StatefulSet(c, "db", image="db:1", claims=[disk], mounts={"/data": disk, "/tmp": EmptyDir("tmp")})
    )
    assert [each["metadata"]["name"] for each in body["spec"]["volumeClaimTemplates"]] == ["data"]
    assert pod(body)["containers"][0]["volumeMounts"] == [
        {"name": "data", "mountPath": "/data"},
        {"name": "tmp", "mountPath": "/tmp"},
    ]
    assert pod(body)["volumes"] == [{"name": "tmp", "emptyDir": {}}]
    assert body["spec"]["serviceName"] == "db"


@pytest.mark.parametrize(("keep", "policy"), [(True, "Retain"), (False, "Delete")])
def test_disks_stay_or_go_with_their_stateful_set(keep: bool, policy: str) -> None:
    disk = ClaimTemplate("data", "1Gi", "fast")
    body = one(lambda c: StatefulSet(c, "db", image="db:1", claims=[disk], mounts={"/d": disk}, keep_claims=keep))
    kept = body["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert kept == {"whenDeleted": policy, "whenScaled": policy}


def test_values_of_others_are_read_by_name() -> None:
    body = container(
        env={"A": GivenSecret("login").key("user"), "B": GivenConfigMap("mode").key("x", optional=True)},
        env_from=[GivenSecret("all"), GivenConfigMap("all")],
        mounts={"/k": GivenSecret("keys").files({"a": "b"}, mode=0o400), "/c": GivenConfigMap("a.dotted.name")},
    )
    assert body["env"] == [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "user"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "mode", "key": "x", "optional": True}}},
    ]
    assert body["envFrom"] == [{"secretRef": {"name": "all"}}, {"configMapRef": {"name": "all"}}]
    assert [each["name"] for each in body["volumeMounts"]] == ["secret-keys", "config-a-dotted-name"]
