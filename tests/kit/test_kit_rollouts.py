"""What rolls pods and what does not: settings, selectors, autoscalers, Jobs that run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse_kit import (
    ConfigMap,
    Container,
    CronJob,
    DaemonSet,
    Deployment,
    EmptyDir,
    GivenConfigMap,
    HorizontalPodAutoscaler,
    HttpProbe,
    Job,
    Mount,
    Pod,
    PodDisruptionBudget,
    ReplicaSet,
    Resources,
    Service,
    StatefulSet,
)
from tests.kit.kit_chart import Body, build, one

READERS: dict[str, Callable[[ConfigMap], dict[str, Any]]] = {
    "env": lambda s: {"env": {"A": s.key("a")}},
    "env_from": lambda s: {"env_from": [s]},
    "mounts": lambda s: {"mounts": {"/s": s}},
    "mounted by a Mount": lambda s: {"mounts": {"/s": Mount(s, read_only=True)}},
    "files": lambda s: {"mounts": {"/s": s.files({"a": "a.txt"})}},
    "init": lambda s: {"init": [Container("before", image="b:1", env_from=[s])]},
    "sidecar": lambda s: {"sidecars": [Container("beside", image="b:1", mounts={"/s": s.files(mode=0o444)})]},
}
WORKLOADS: dict[str, Callable[..., Any]] = {
    "Deployment": Deployment,
    "DaemonSet": DaemonSet,
    "StatefulSet": StatefulSet,
    "ReplicaSet": ReplicaSet,
}


def template(bodies: list[Body], name: str) -> Body:
    (found,) = (each["spec"]["template"] for each in bodies if each["metadata"]["name"] == name and "spec" in each)
    return dict(found)


@pytest.mark.parametrize("how", READERS)
@pytest.mark.parametrize("kind", WORKLOADS)
def test_a_changed_config_map_rolls_the_pods_that_read_it_and_no_others(kind: str, how: str) -> None:
    def objects(**data: str) -> list[Body]:
        def make(chart: Any) -> None:
            settings = ConfigMap(chart, "settings", data={"a": "1", **data})
            other = ConfigMap(chart, "other", data={"a": "1"})
            WORKLOADS[kind](chart, "reader", image="r:1", **READERS[how](settings))
            WORKLOADS[kind](chart, "bystander", image="r:1", **READERS[how](other))

        return build(make)

    before, same, after = objects(), objects(), objects(a="2")
    assert before == same
    assert template(before, "reader") != template(after, "reader")
    assert template(before, "bystander") == template(after, "bystander")
    before_settings, after_settings = (
        {"annotations": template(each, "reader")["metadata"].pop("annotations")} for each in (before, after)
    )
    assert before_settings != after_settings
    assert template(before, "reader")["spec"] == template(after, "reader")["spec"], "nothing but the annotation moves"


def test_what_a_config_map_says_beside_its_content_rolls_nothing() -> None:
    def objects(**options: Any) -> Body:
        return one(
            lambda c: Deployment(c, "web", image="w:1", env_from=[ConfigMap(c, "s", data={"a": "1"}, **options)]),
            "Deployment",
        )

    assert objects() == objects(labels={"team": "shop"}, annotations={"note": "x"})
    assert objects() != objects(patch={"data": {"b": "2"}}), "what a patch adds is content"


def test_config_maps_with_long_names_alike_both_count() -> None:
    def objects(first: str, second: str) -> Body:
        names = ["x" * 63 + each for each in "ab"]
        return one(
            lambda c: Deployment(
                c,
                "web",
                image="w:1",
                env_from=[
                    ConfigMap(c, name, data={"a": value}) for name, value in zip(names, (first, second), strict=True)
                ],
            ),
            "Deployment",
        )

    assert len({str(objects(*values)) for values in [("1", "1"), ("2", "1"), ("1", "2"), ("2", "2")]}) == 4
    annotations = objects("1", "1")["spec"]["template"]["metadata"]["annotations"]
    assert all(len(key.partition("/")[2]) <= 63 for key in annotations)


DATA = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(max_size=3), max_size=3)


@given(DATA, DATA)
def test_a_version_of_a_config_map_has_a_name_of_its_own_and_is_never_changed(
    first: dict[str, str], second: dict[str, str]
) -> None:
    def objects(data: dict[str, str]) -> tuple[Body, Body]:
        def make(chart: Any) -> None:
            settings = ConfigMap(chart, "s", data=data, versioned=True)
            Deployment(chart, "web", image="w:1", env_from=[settings], mounts={"/s": settings})

        config, workload = build(make)
        return config, workload

    (config, workload), (other, _) = objects(first), objects(second)
    name = config["metadata"]["name"]
    assert (name == other["metadata"]["name"]) == (first == second)
    assert config["immutable"] is True
    assert config["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/prune"] == "disabled"
    spec = workload["spec"]["template"]["spec"]
    assert spec["containers"][0]["envFrom"] == [{"configMapRef": {"name": name}}]
    assert spec["volumes"][0]["configMap"] == {"name": name}
    assert "annotations" not in workload["spec"]["template"]["metadata"], "the name says it already"


def test_a_patch_is_part_of_the_version() -> None:
    def name(**patch: Any) -> str:
        return str(one(lambda c: ConfigMap(c, "s", data={"a": "1"}, versioned=True, patch=patch))["metadata"]["name"])

    assert name() == name(metadata={"annotations": {"note": "x"}})
    assert len({name(), name(data={"a": "2"}), name(binaryData={"b": "AA=="})}) == 3


def test_config_maps_that_never_change_or_stand_elsewhere_leave_no_annotation() -> None:
    def make(chart: Any) -> None:
        fixed = ConfigMap(chart, "fixed", data={"a": "1"}, immutable=True)
        Deployment(chart, "web", image="w:1", env_from=[fixed, GivenConfigMap("elsewhere")])

    assert "annotations" not in one(make, "Deployment")["spec"]["template"]["metadata"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
@pytest.mark.parametrize("given", [{}, {"replicas": 3}, {"patch": {"spec": {"replicas": 5}}}])
def test_an_autoscaler_takes_the_number_out_of_its_target(kind: str, given: dict[str, Any]) -> None:
    def make(chart: Any) -> None:
        target = WORKLOADS[kind](chart, "web", image="w:1", **given)
        HorizontalPodAutoscaler(chart, "web", target=target, min=2, max=4, cpu=50)

    bodies = {body["kind"]: body for body in build(make)}
    assert "replicas" not in bodies[kind]["spec"]
    assert bodies["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": "web",
    }


def job(environment: dict[str, Any] | None = None, **arguments: Any) -> Body:
    options = {"image": "j:1", "rerun": "on-change", **arguments}
    return one(lambda c: Job(c, "migrate", **options), "Job", **(environment or {}))


def job_name(environment: dict[str, Any] | None = None, **arguments: Any) -> str:
    name = str(job(environment, **arguments)["metadata"]["name"])
    assert name.startswith("migrate-")
    return name


@pytest.mark.parametrize(
    "arguments",
    [
        {"image": "j:2"},
        {"command": ["x"]},
        {"env": {"A": "1"}},
        {"labels": {"team": "shop"}},
        {"pod_annotations": {"a": "b"}},
        {"completions": 2},
        {"completions": 1, "indexed": True},
        {"restart": "OnFailure"},
        {"resources": None},
        {"user": 0},
        {"grace": 5},
        {"mounts": {"/t": EmptyDir("t")}},
        {"init": [Container("i", image="i:1")]},
        {"patch": {"spec": {"template": {"spec": {"hostNetwork": True}}}}},
        {"environment": {"labels": {"team": "shop"}}},
        {"environment": {"image_registry": "mirror.example.com"}},
        {"environment": {"image_pull_secrets": ["mirror"]}},
    ],
    ids=", ".join,
)
def test_a_job_runs_again_when_what_its_pods_run_changes(arguments: dict[str, Any]) -> None:
    assert job_name() == job_name()
    assert job_name(**arguments) != job_name()


def test_a_job_runs_again_when_its_settings_change() -> None:
    def name(value: str) -> str:
        body = one(
            lambda c: Job(c, "m", image="j:1", rerun="on-change", env_from=[ConfigMap(c, "s", data={"a": value})]),
            "Job",
        )
        return str(body["metadata"]["name"])

    assert name("1") == name("1") != name("2")


@pytest.mark.parametrize(
    ("arguments", "unchanged"),
    [
        ({"retries": 2}, {}),
        ({"time_limit": 60}, {}),
        ({"parallelism": 3}, {}),
        ({"annotations": {"a": "b"}}, {}),
        ({"namespace": "elsewhere"}, {}),
        ({"patch": {"metadata": {"annotations": {"a": "b"}}}}, {}),
        ({"patch": {"spec": {"suspend": True}}}, {}),
        ({"environment": {"annotations": {"a": "b"}}}, {}),
        ({"environment": {"domain": "example.org"}}, {}),
        (
            {"environment": {"image_registry": "mirror.example.com"}, "image": "ghcr.io/j:1"},
            {"image": "ghcr.io/j:1"},
        ),
        ({"environment": {"labels": {"team": "x"}}, "labels": {"team": "shop"}}, {"labels": {"team": "shop"}}),
    ],
    ids=", ".join,
)
def test_a_job_does_not_run_again_otherwise(arguments: dict[str, Any], unchanged: dict[str, Any]) -> None:
    assert job_name(**arguments) == job_name(**unchanged)


def test_a_job_that_runs_once_keeps_its_name() -> None:
    for image in ("j:1", "j:2"):
        body = one(lambda c, image=image: Job(c, "migrate", image=image, rerun="never"))  # type: ignore[misc]
        assert body["metadata"]["name"] == "migrate"
        assert "annotations" not in body["metadata"]


@pytest.mark.parametrize(("rerun", "hook"), [("pre-sync", "PreSync"), ("sync", "Sync"), ("post-sync", "PostSync")])
def test_a_hook_says_so_in_its_annotations(rerun: Any, hook: str) -> None:
    body = one(lambda c: Job(c, "migrate", image="j:1", rerun=rerun, keep=60, annotations={"note": "x"}))
    assert body["metadata"]["name"] == "migrate"
    assert body["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": hook,
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
        "note": "x",
    }
    assert body["spec"]["ttlSecondsAfterFinished"] == 60


def test_every_run_of_a_cron_job_can_be_found_by_its_labels() -> None:
    body = one(lambda c: CronJob(c, "report", schedule="@daily", image="r:1", labels={"team": "shop"}))
    labels = body["metadata"]["labels"]
    assert labels["team"] == "shop"
    assert body["spec"]["jobTemplate"]["metadata"]["labels"] == labels
    assert body["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"] == labels


OPTIONS = st.fixed_dictionaries(
    {"image": st.sampled_from(["a:1", "b:2"])},
    optional={
        "labels": st.dictionaries(st.sampled_from(["tier", "version", "team"]), st.sampled_from(["x", "y"])),
        "pod_labels": st.dictionaries(st.sampled_from(["version", "app.kubernetes.io/version"]), st.just("z")),
        "annotations": st.just({"a": "b"}),
        "env": st.dictionaries(st.sampled_from(["A", "B"]), st.text(max_size=3)),
        "resources": st.sampled_from([None, Resources("1", "1Gi")]),
        "port": st.sampled_from([80, {"web": 8080}]),
        "readiness": st.sampled_from([None, HttpProbe(port=80)]),
        "user": st.sampled_from([None, 0, 1000]),
        "sidecars": st.just([Container("beside", image="b:1")]),
        "mounts": st.just({"/t": EmptyDir("t")}),
        "grace": st.integers(0, 90),
        "namespace": st.just("elsewhere"),
    },
)


@pytest.mark.parametrize("kind", WORKLOADS)
@given(
    OPTIONS, st.sampled_from([None, {"app": "web"}, {"app": "web", "tier": "x"}]), st.sampled_from([{}, {"team": "q"}])
)
def test_a_selector_never_changes_by_another_argument(
    kind: str, options: dict[str, Any], selector: dict[str, str] | None, labels: dict[str, str]
) -> None:
    if selector:
        options = {
            **options,
            "labels": {key: each for key, each in options.get("labels", {}).items() if key not in selector},
        }

    def make(chart: Any) -> None:
        web = WORKLOADS[kind](chart, "web", selector=selector, **options)
        Service(chart, "web", selects=web, ports={}, headless=True)
        PodDisruptionBudget(chart, "web", protects=web)

    workload, service, budget = build(make, labels=labels)
    expected = selector or {"app.kubernetes.io/name": "web"}
    assert workload["spec"]["selector"] == {"matchLabels": expected}
    assert service["spec"]["selector"] == expected
    assert budget["spec"]["selector"] == {"matchLabels": expected}
    assert expected.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


def test_a_pod_by_itself_is_found_as_others_are() -> None:
    def make(chart: Any) -> None:
        look = Pod(chart, "look", image="l:1", port=80, labels={"team": "shop"}, pod_labels={"run": "1"})
        Service(chart, "look", selects=look, ports={"http": 80})

    found, service = build(make)
    assert service["spec"]["selector"].items() <= found["metadata"]["labels"].items()
    assert {"team": "shop", "run": "1"}.items() <= found["metadata"]["labels"].items()
