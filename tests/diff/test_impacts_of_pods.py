"""What a change does to pods: those that are replaced, those that stay old, those that come and go."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pilothouse.diff.impact import Effect, Impact
from tests.diff.impacts_of import foretold

SLOW = {"readinessProbe": {"tcpSocket": {"port": 80}, "initialDelaySeconds": 10}}


def workload(kind: str = "Deployment", *, image: str = "web:1", container: Any = None, **spec: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "apiVersion": {"ReplicationController": "v1", "Rollout": "argoproj.io/v1alpha1"}.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": image, **(container or {})}]},
            },
            **({} if kind == "DaemonSet" else {"replicas": 3}),
            **({"serviceName": "web"} if kind == "StatefulSet" else {}),
            **spec,
        },
    }
    return {**body, "spec": {key: value for key, value in body["spec"].items() if value is not None}}


def only(before: list[dict[str, Any]], after: list[dict[str, Any]], name: str = "") -> Impact:
    """The one thing that a change does."""
    found = foretold(before, after)
    (impact,) = found[name] if name else next(iter(found.values()))
    return impact


def rolled(kind: str = "Deployment", *beside: dict[str, Any], **spec: Any) -> Impact:
    """What another image does."""
    return only([workload(kind, **spec), *beside], [workload(kind, image="web:2", **spec), *beside])


ROLLS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Deployment", {}, "3 pods are replaced, 1 at a time: 3 stay ready, 4", {"pods": 3, "ready": 3, "most": 4}),
    ("Deployment", {"replicas": 1}, "1 pod is replaced, 1 at a time: 1 stays ready", {"pods": 1, "ready": 1}),
    ("Deployment", {"container": SLOW, "minReadySeconds": 5}, "at least 45 s", {"seconds": 45}),
    (
        "Deployment",
        {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}}},
        "2 at a time: 1 stays ready, 3 are there at most",
        {"ready": 1, "most": 3},
    ),
    ("Deployment", {"strategy": {"type": "Recreate"}}, "3 pods end before new ones start", {"ready": 0, "most": 3}),
    ("StatefulSet", {}, "3 pods are replaced, 1 at a time, the highest ordinal first: 2 stay ready", {"ready": 2}),
    (
        "StatefulSet",
        {"updateStrategy": {"rollingUpdate": {"partition": 2}}, "minReadySeconds": 7},
        "1 pod is replaced, 1 at a time, the highest ordinal first: 2 stay ready; the 2 pods with the lowest stay"
        " as they are (partition); at least 7 s",
        {"pods": 1, "ready": 2, "seconds": 7},
    ),
    (
        "StatefulSet",
        {"updateStrategy": {"rollingUpdate": {"partition": 1}}, "ordinals": {"start": 5}},
        "2 pods are replaced",
        {"pods": 2},
    ),
    ("DaemonSet", {}, "the pod on each node is replaced, one node at a time: none is there meanwhile", {"atATime": 1}),
    (
        "DaemonSet",
        {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "10%"}}, "container": SLOW},
        "10% of the nodes at a time: the new one is ready before the old one ends; at least 10 s each",
        {"atATime": "10%", "secondsEach": 10},
    ),
    ("Rollout", {"strategy": {"canary": {}}}, "3 pods are replaced by its own strategy (canary)", {"pods": 3}),
]


@pytest.mark.parametrize(("kind", "spec", "says", "facts"), ROLLS, ids=lambda value: str(value)[:40])
def test_another_image_rolls_pods_as_the_strategy_says(
    kind: str, spec: dict[str, Any], says: str, facts: dict[str, Any]
) -> None:
    impact = rolled(kind, **spec)
    assert impact.effect is Effect.ROLLS
    assert says in impact.says
    assert facts.items() <= impact.facts.items()
    assert impact.field == "spec.template.spec.containers[web].image"


STAYS: list[tuple[str, dict[str, Any], str]] = [
    ("Deployment", {"paused": True}, "the Deployment is paused"),
    ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, "until somebody deletes them"),
    (
        "StatefulSet",
        {"updateStrategy": {"rollingUpdate": {"partition": 3}}},
        "the partition 3 leaves none to be replaced",
    ),
    ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, "until somebody deletes them"),
    ("ReplicaSet", {}, "a ReplicaSet replaces none"),
]


@pytest.mark.parametrize(("kind", "spec", "says"), STAYS, ids=lambda value: str(value)[:40])
def test_pods_that_stay_old_are_no_rollout(kind: str, spec: dict[str, Any], says: str) -> None:
    impact = rolled(kind, **spec)
    assert impact.effect is Effect.STALE
    assert says in impact.says
    assert impact.then


def test_a_cron_job_runs_the_new_template_next_time() -> None:
    def cron_job(image: str) -> dict[str, Any]:
        pods = {"spec": {"containers": [{"name": "a", "image": image}], "restartPolicy": "Never"}}
        spec = {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": pods}}}
        return {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "a", "namespace": "shop"},
            "spec": spec,
        }

    impact = only([cron_job("a:1")], [cron_job("a:2")])
    assert (impact.effect, impact.facts) == (Effect.ROLLS, {"pods": 0})
    assert "its next run" in impact.says


def test_no_pod_is_replaced_where_there_is_none() -> None:
    assert rolled(replicas=0).effect is Effect.NOTHING


def quota(**hard: str) -> dict[str, Any]:
    metadata = {"name": "bounds", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}


def budget(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "keep", "namespace": "shop"}
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}


def test_a_quota_without_room_for_one_pod_more_stops_a_rollout() -> None:
    full = rolled("Deployment", quota(pods="3"))
    assert full.facts["stalls"] is True
    assert "it stops there: the quota bounds allows 3 of pods, and one pod more needs 4" in full.says
    assert "maxUnavailable" in full.then
    assert "stalls" not in rolled("Deployment", quota(pods="4")).facts
    away = {"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}
    assert "stalls" not in rolled("Deployment", quota(pods="3"), **away).facts


def test_a_quota_counts_the_old_pods_by_what_they_asked_for() -> None:
    def asking(cpu: str) -> dict[str, Any]:
        return workload(container={"resources": {"requests": {"cpu": cpu}}})

    for old, new, bound, stalls in (
        ("1", "2", "7", False),
        ("1", "2", "6", True),
        ("2", "1", "7", False),
        ("2", "1", "6", True),
    ):
        bounds = quota(**{"requests.cpu": bound})
        assert ("stalls" in only([asking(old), bounds], [asking(new), bounds]).facts) is stalls, (old, new, bound)


def test_a_budget_holds_no_rollout_back_and_is_told_where_it_is_undercut() -> None:
    away = {"strategy": {"rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}}
    impact = rolled("Deployment", budget(maxUnavailable=1), **away)
    assert "fewer than the budget keep wants (2), so no pod is evicted meanwhile" in impact.says
    assert "budget" not in rolled("Deployment", budget(minAvailable=1), **away).says
    assert "budget" not in rolled("Deployment", budget(minAvailable="100%")).says


def test_what_was_kept_back_goes_on() -> None:
    kept: list[tuple[str, dict[str, Any], Effect]] = [
        ("Deployment", {"paused": True}, Effect.NOTHING),
        ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, Effect.REPLACE),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": 2}}}, Effect.NOTHING),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, Effect.NOTHING),
    ]
    for kind, was, back in kept:
        assert only([workload(kind, **was)], [workload(kind)]).effect is Effect.ROLLS
        assert only([workload(kind)], [workload(kind, **was)]).effect is back


def test_another_type_of_strategy_is_refused_where_the_server_filled_in_the_old_one() -> None:
    for kind, field, other in (("Deployment", "strategy", "Recreate"), ("StatefulSet", "updateStrategy", "OnDelete")):
        then = laid_over(workload(kind), {"spec": {field: {"type": other}}})
        for was in (workload(kind), laid_over(workload(kind), {"spec": {field: {"type": "RollingUpdate"}}})):
            impact = only([was], [then])
            assert impact.effect is Effect.REPLACE
            assert "rollingUpdate: {}" in impact.then
        owned = laid_over(workload(kind), {"spec": {field: {"rollingUpdate": {}}}})
        assert only([owned], [then]).effect is Effect.NOTHING


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 2}}}},
        {"spec": {"revisionHistoryLimit": 2, "minReadySeconds": 3}},
        {"metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}}},
        {"spec": {"template": {"metadata": {"labels": {"pod-template-hash": "1"}}}}},
    ],
    ids=str,
)
def test_what_pods_do_not_show_is_nothing(change: dict[str, Any]) -> None:
    impact = only([workload()], [laid_over(workload(), change)])
    assert (impact.effect, impact.facts) == (Effect.NOTHING, {"pods": 0})


def laid_over(body: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(body)
    for key, value in change.items():
        there = result.get(key)
        result[key] = laid_over(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return result


def test_of_fields_and_kinds_that_are_not_known_nothing_is_said() -> None:
    assert foretold([workload()], [laid_over(workload(), {"spec": {"surprise": 1}})]) == {"Deployment web": []}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}
    assert not any(
        impact.effect is Effect.NOTHING
        for impact in foretold([service], [laid_over(service, {"metadata": {"labels": {"a": "b"}}})])["Service web"]
    )


def test_what_is_refused_does_nothing_else() -> None:
    other = {"spec": {"selector": {"matchLabels": {"app": "web", "tier": "front"}}}}
    (impact,) = foretold([workload()], [laid_over(workload(image="web:2", replicas=5), other)])["Deployment web"]
    assert impact.effect is Effect.REPLACE


def autoscaler(least: int = 2, most: int = 9) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metadata = {"name": "scaler", "namespace": "shop"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}


def test_another_number_of_replicas_scales() -> None:
    impact = only([workload(replicas=3)], [workload(replicas=5)])
    assert (impact.effect, impact.says, impact.facts) == (Effect.SCALES, "from 3 to 5 pods", {"before": 3, "after": 5})
    assert only([workload(replicas=3)], [workload(replicas=None)]).facts == {"before": 3, "after": 1}


def test_replicas_that_go_for_an_autoscaler_are_one_first() -> None:
    found = foretold([workload(replicas=3)], [workload(replicas=None), autoscaler()])
    (impact,) = found["Deployment web"]
    assert "it goes from 3 to 1 first, and the autoscaler scaler begins there" in impact.says
    assert "handover" in impact.then and "spec.replicas: 3" in impact.then
    (told,) = found["HorizontalPodAutoscaler scaler"]
    assert told.on is not None and told.on.name == "web"
    assert told.says == "it decides how many pods there are, between 2 and 9 pods"
    assert told.facts == {"least": 2, "most": 9}


def test_replicas_beside_an_autoscaler_fight_it() -> None:
    before, after = [workload(replicas=3), autoscaler()], [workload(replicas=4), autoscaler()]
    assert "whatever the autoscaler scaler wants" in only(before, after).says
    assert foretold([workload(replicas=None), autoscaler()], before)["Deployment web"][0].facts == {"after": 3}


def test_the_bounds_of_an_autoscaler_scale_its_target() -> None:
    pods = workload(replicas=None)
    impact = only([pods, autoscaler(2, 9)], [pods, autoscaler(4, 9)])
    assert impact.says == "between 4 and 9 pods, before between 2 and 9"
    assert "keeps the number of pods that it has" in only([pods, autoscaler()], [pods]).says


def job(kind: str = "Job", **spec: Any) -> dict[str, Any]:
    pods = {"spec": {"containers": [{"name": "a", "image": "a:1"}], "restartPolicy": "Never"}}
    own = {"template": pods} if kind == "Job" else {"schedule": "@daily", "jobTemplate": {"spec": {"template": pods}}}
    metadata = {"name": "a", "namespace": "shop"}
    return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": {**own, **spec}}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (job("CronJob"), job("CronJob", suspend=True), "suspended: no run begins any more"),
        (
            job("CronJob", suspend=True),
            job("CronJob"),
            "resumed: runs begin again by its schedule, one that was missed",
        ),
        (job(), job(suspend=True), "suspended: its pods end"),
        (job(suspend=True), job(), "resumed: 1 pod at a time"),
        (job(parallelism=1), job(parallelism=3), "from 1 to 3 pods at a time"),
        (workload(), None, "when it is deleted, its 3 pods end"),
        (None, workload(), "3 pods are started"),
        (None, workload("DaemonSet"), "a pod is started on each node that takes it"),
        (job(parallelism=4, completions=2), None, "when it is deleted, its 2 pods end"),
    ],
)
def test_pods_that_come_and_go(before: Any, after: Any, says: str) -> None:
    sides = [[each] if each else [] for each in (before, after)]
    assert only(sides[0], sides[1]).says.startswith(says)


SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}
OLD, NEW = ({**SETTINGS, "data": {"mode": mode, "level": "info"}} for mode in ("slow", "fast"))


def reading(container: dict[str, Any], **pod: Any) -> dict[str, Any]:
    return laid_over(workload(container=container), {"spec": {"template": {"spec": pod}}})


def variable(key: str) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": key}}}]}


VOLUME = {"volumes": [{"name": "files", "configMap": {"name": "settings"}}]}
MOUNT = {"name": "files", "mountPath": "/etc/a"}
READS: list[tuple[str, dict[str, Any], str | None]] = [
    ("all as variables", reading({"envFrom": [{"configMapRef": {"name": "settings"}}]}), "env"),
    ("the key that changes", reading(variable("mode")), "env"),
    ("another key", reading(variable("level")), None),
    ("files", reading({"volumeMounts": [MOUNT]}, **VOLUME), "file"),
    ("a file of its own", reading({"volumeMounts": [{**MOUNT, "subPath": "mode"}]}, **VOLUME), "subPath"),
    ("a volume that nobody mounts", reading({}, **VOLUME), None),
    ("another ConfigMap", reading({"envFrom": [{"configMapRef": {"name": "others"}}]}), None),
]


@pytest.mark.parametrize(("workload_", "way"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_pods_go_on_with_what_they_have_read(workload_: dict[str, Any], way: str | None) -> None:
    found = foretold([OLD, workload_], [NEW, workload_])["ConfigMap settings"]
    assert [each.facts for each in found] == ([{"read": way}] if way else [])
    for each in found:
        assert (each.effect, each.on and each.on.name) == (Effect.STALE, "web")
        assert "kubectl rollout restart deployment/web -n shop" in each.then


def test_pods_that_are_replaced_read_anew() -> None:
    def hashed(value: str) -> dict[str, Any]:
        pods = {"spec": {"template": {"metadata": {"annotations": {"configmap.pilothouse.dev/settings": value}}}}}
        return laid_over(READS[0][1], pods)

    found = foretold([OLD, hashed("1")], [NEW, hashed("2")])
    assert [each.effect for each in found["Deployment web"]] == [Effect.ROLLS]
    assert found["ConfigMap settings"] == []
    asked = laid_over(READS[0][1], {"metadata": {"annotations": {"reloader.stakater.com/auto": "true"}}})
    assert foretold([OLD, asked], [NEW, asked])["ConfigMap settings"] == []
    assert foretold([OLD], [NEW, READS[0][1]])["ConfigMap settings"] == []
