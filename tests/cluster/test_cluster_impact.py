"""What a diff foretells of pods is what happens: BASE is applied, then HEAD, and each pod is followed."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts import nothing, rolls
from pilothouse.diff.stacks import compare_stacks
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from tests.cluster import nodes
from tests.cluster.api import Api, Body
from tests.cluster.applying import apply
from tests.cluster.control_plane import ControlPlane
from tests.cluster.history import History, recorded
from tests.cluster.programs import NEWEST
from tests.cluster.provisioner import provisioning
from tests.cluster.rollout import is_ready
from tests.processes import wait_until

Event = tuple[str, Body]
CATALOGUE = Catalogue(NEWEST)
QUIET = 8.0
"""Seconds without any event of a pod after which all has come to rest: longer than any wait of the rows."""
_GROUPS = {"ReplicationController": "v1", "CronJob": "batch/v1", "Job": "batch/v1", "Pod": "v1"}


@dataclass
class Row:
    """One change: a workload as it was and is, and what stands beside it."""

    name: str
    before: Body
    after: Body | None
    beside: list[Body]
    """What is there before and after."""
    after_beside: list[Body]
    """What is there after, besides."""


def pods(name: str, *, never: bool = False) -> Body:
    spec: Body = {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}
    return {"metadata": {"labels": {"app": name}}, "spec": {**spec, **({"restartPolicy": "Never"} if never else {})}}


def workload(kind: str, name: str, **spec: Any) -> Body:
    body: Body = {"apiVersion": _GROUPS.get(kind, "apps/v1"), "kind": kind, "metadata": {"name": name}}
    match kind:
        case "Pod":
            own = {**pods(name)["spec"]}
            body["metadata"]["labels"] = {"app": name}
        case "Job" | "CronJob":
            own = {"template": pods(name, never=True)}
            # Pods of such an image never become ready, so that they go on for as long as anyone looks.
            own["template"]["spec"]["containers"] = [{"name": "a", "image": "a:bad"}]
            own = own if kind == "Job" else {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": own}}
        case _:
            selector: Body = {"app": name}
            own = {"selector": selector if kind == "ReplicationController" else {"matchLabels": selector}}
            own |= {"template": pods(name), **({} if kind == "DaemonSet" else {"replicas": 2})}
            own |= {"serviceName": name} if kind == "StatefulSet" else {}
    return {**body, "spec": {key: value for key, value in {**own, **spec}.items() if value is not None}}


def laid_over(body: Body, change: Body) -> Body:
    result = copy.deepcopy(body)
    for key, value in change.items():
        there = result.get(key)
        result[key] = laid_over(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return result


def at(path: str, value: Any) -> Body:
    """A map with one value below: ``at("spec.paused", True)``."""
    for step in reversed(path.split(".")):
        value = {step: value}
    return dict(value)


ROWS: list[Row] = []


def row(name: str, before: Body, change: Body | None, *beside: Body, after: tuple[Body, ...] = ()) -> None:
    ROWS.append(Row(name, before, laid_over(before, change) if change is not None else None, list(beside), list(after)))


_CONTAINERS = "spec.template.spec.containers"
_IMAGE = at(_CONTAINERS, [{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:1"}])


def _container(**more: Any) -> Body:
    return at(_CONTAINERS, [{"name": "a", "image": "a:1", **more}, {"name": "b", "image": "b:1"}])


TEMPLATE: dict[str, Body] = {
    "image": _IMAGE,
    "resources": _container(resources={"requests": {"cpu": "1m"}}),
    "env": _container(env=[{"name": "A", "value": "a"}]),
    "args": _container(args=["a"]),
    "port": _container(ports=[{"containerPort": 80}]),
    "fewer": at(_CONTAINERS, [{"name": "a", "image": "a:1"}]),
    "label": at("spec.template.metadata.labels.b", "b"),
    "annotation": at("spec.template.metadata.annotations", {"a": "b"}),
    "account": at("spec.template.spec.serviceAccountName", "default"),
    "grace": at("spec.template.spec.terminationGracePeriodSeconds", 5),
    "volume": at("spec.template.spec.volumes", [{"name": "a", "emptyDir": {}}]),
}
"""Changes below a pod template: whatever of it differs rolls the pods."""
for _kind in ("Deployment", "StatefulSet", "DaemonSet"):
    for _title, _change in TEMPLATE.items():
        _name = f"t-{_kind[:3].lower()}-{_title}"
        row(_name, workload(_kind, _name), _change)
_SWAPPED = at(_CONTAINERS, pods("")["spec"]["containers"][::-1])
row("t-order", workload("Deployment", "t-order"), _SWAPPED)
row("t-hash", workload("Deployment", "t-hash"), at("spec.template.metadata.labels.pod-template-hash", "1"))

NOTHING: dict[str, Any] = {
    "metadata.labels": {"a": "b"},
    "metadata.annotations": {"a": "b"},
    "spec.strategy": {"rollingUpdate": {"maxSurge": 2}},
    "spec.updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}},
    "spec.minReadySeconds": 1,
    "spec.revisionHistoryLimit": 3,
    "spec.progressDeadlineSeconds": 700,
    "spec.paused": True,
    "spec.persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
}
for (_, _kind), _fields in nothing.ROWS.items():
    for _field in _fields:
        _name = f"n-{_kind}-{_field.rpartition('.')[2]}".lower()
        _value = NOTHING[_field]
        _was = {}
        if _kind == "StatefulSet" and _field == "spec.updateStrategy":
            _value = {"rollingUpdate": {"partition": 1}}
        if _field.endswith("RetentionPolicy"):
            _was = at(_field, {"whenDeleted": "Delete", "whenScaled": "Delete"})
        row(_name, laid_over(workload(_kind, _name), _was), at(_field, _value))

row("r-surge", workload("Deployment", "r-surge", replicas=4, minReadySeconds=3), _IMAGE)
row(
    "r-away",
    workload("Deployment", "r-away", replicas=4, strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}}),
    _IMAGE,
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "r-away"},
        "spec": {"minAvailable": "100%", "selector": {"matchLabels": {"app": "r-away"}}},
    },
)
row("r-recreate", workload("Deployment", "r-recreate", strategy={"type": "Recreate"}), _IMAGE)
row("r-none", workload("Deployment", "r-none", replicas=0), _IMAGE)
row("r-paused", workload("Deployment", "r-paused", paused=True), _IMAGE)
row(
    "r-partition",
    workload("StatefulSet", "r-partition", replicas=3, updateStrategy={"rollingUpdate": {"partition": 2}}),
    _IMAGE,
)
for _name, _partition in (("r-ordinals", 1), ("r-beyond", 6)):
    _update = {"rollingUpdate": {"partition": _partition}}
    row(_name, workload("StatefulSet", _name, replicas=3, ordinals={"start": 5}, updateStrategy=_update), _IMAGE)
row("r-above", workload("StatefulSet", "r-above", updateStrategy={"rollingUpdate": {"partition": 2}}), _IMAGE)
row("r-delete", workload("StatefulSet", "r-delete", updateStrategy={"type": "OnDelete"}), _IMAGE)
row("r-daemon-delete", workload("DaemonSet", "r-daemon-delete", updateStrategy={"type": "OnDelete"}), _IMAGE)
row(
    "r-daemon-surge",
    workload("DaemonSet", "r-daemon-surge", updateStrategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    _IMAGE,
)
row("r-set", workload("ReplicaSet", "r-set"), _IMAGE)
row("r-controller", workload("ReplicationController", "r-controller"), _IMAGE)
row("r-cron", workload("CronJob", "r-cron"), at("spec.jobTemplate.spec.template.metadata.labels.b", "b"))
row(
    "r-pod",
    workload("Pod", "r-pod"),
    at("spec.containers", [{"name": "a", "image": "a:2"}, {"name": "b", "image": "b:1"}]),
)


def _quota(name: str, most: int) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name, "namespace": name},
        "spec": {"hard": {"pods": str(most)}},
    }


for _name, _most, _strategy in (
    ("q-full", 2, {}),
    ("q-room", 3, {}),
    ("q-away", 2, {"rollingUpdate": {"maxUnavailable": 1}}),
):
    _body = laid_over(workload("Deployment", _name, strategy=_strategy), at("metadata.namespace", _name))
    row(_name, _body, _IMAGE, _quota(_name, _most))


def _autoscaler(name: str, least: int) -> Body:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": 9, "metrics": [metric]},
    }


row("s-more", workload("Deployment", "s-more"), at("spec.replicas", 4))
row("s-fewer", workload("StatefulSet", "s-fewer", replicas=3), at("spec.replicas", 1))
row("s-job", workload("Job", "s-job", parallelism=1, completions=9), at("spec.parallelism", 3))
row("s-suspend", workload("Job", "s-suspend"), at("spec.suspend", True))
row("s-gone", workload("Deployment", "s-gone"), None)
row("s-default", workload("Deployment", "s-default", replicas=3), {})
ROWS[-1].after = workload("Deployment", "s-default", replicas=None)
row("s-scaler", workload("Deployment", "s-scaler", replicas=3), {}, after=(_autoscaler("s-scaler", 2),))
ROWS[-1].after = workload("Deployment", "s-scaler", replicas=None)


def _reading(name: str, **container: Any) -> Body:
    volume = {"volumes": [{"name": "a", "configMap": {"name": name}}]} if "volumeMounts" in container else {}
    reads = laid_over(workload("Deployment", name), _container(**container))
    return laid_over(reads, at("spec.template.spec", volume))


def _settings(name: str, mode: str) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"mode": mode}}


READS: dict[str, Body] = {
    "c-env": {"envFrom": [{"configMapRef": {"name": "c-env"}}]},
    "c-file": {"volumeMounts": [{"name": "a", "mountPath": "/a"}]},
    "c-sub": {"volumeMounts": [{"name": "a", "mountPath": "/a", "subPath": "mode"}]},
}
for _name, _reads in READS.items():
    row(_name, _reading(_name, **_reads), {}, _settings(_name, "slow"), after=(_settings(_name, "fast"),))


def _named(body: Body) -> tuple[str, str]:
    return body["kind"], body["metadata"]["name"]


def _here(body: Body) -> Body:
    """An object in the namespace ``default``, where it says none."""
    return laid_over(at("metadata.namespace", "default"), body)


def side(each: Row, *, after: bool) -> list[Body]:
    """The objects of a row on one side."""
    bodies = {_named(body): body for body in each.beside}
    bodies |= {_named(body): body for body in each.after_beside if after}
    main = each.after if after else each.before
    found = [*bodies.values(), *([main] if main is not None else [])]
    return [_here(body) for body in found]


def foretold(each: Row) -> list[Impact]:
    """What is foretold of a row's workload, by its own change or by that of another."""
    stacks = [
        Stack(somebodys(NEWEST), CATALOGUE, [Manifest(body, Position("a.yaml", 1)) for body in side(each, after=after)])
        for after in (False, True)
    ]
    found = []
    for change in compare_stacks(*stacks):
        own = change.identity[1::2] == _named(each.before)
        found += [impact for impact in change.impacts if own or (impact.on and impact.on[1::2] == _named(each.before))]
    return found


@dataclass
class Pods:
    """What became of a row's pods."""

    was: set[str]
    now: set[str]
    ready: list[int]
    """How many were ready after each event since HEAD was applied."""
    replicas: list[int]
    """What the workload asked for, one after the other."""
    seconds: float
    """From the first new pod to the end of the last old one."""

    @property
    def replaced(self) -> int:
        """How many of the pods that were there are not any more."""
        return len(self.was - self.now)


@pytest.fixture(scope="module")
def happened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pods]]:
    """All rows at once: BASE until all rests, then HEAD until all rests again."""
    folder = tmp_path_factory.mktemp("impact")
    with ControlPlane(whole=True) as plane:
        api = plane.api
        nodes.add(api)
        namespaces = sorted({body["metadata"]["namespace"] for each in ROWS for body in side(each, after=False)})
        for name in set(namespaces) - {"default"}:
            api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        with recorded(api, "v1", "Pod") as history, recorded(api, "apps/v1", "Deployment") as deployments:
            _applied(plane, folder / "base.json", [body for each in ROWS for body in side(each, after=False)])
            _rests(history)
            was = _by_row(api)
            begun, first = len(history.events), len(deployments.events)
            _applied(plane, folder / "head.json", [body for each in ROWS for body in side(each, after=True)])
            for each in ROWS:
                if each.after is None:
                    api.take("DELETE", api.of(each.before).path("default", each.name))
            _rests(history)
            now = _by_row(api)
            seen, asked = history.events[begun:], deployments.events[first:]
            yield {each.name: _followed(each.name, was[each.name], now[each.name], seen, asked) for each in ROWS}


def _applied(plane: ControlPlane, file: Path, bodies: list[Body]) -> None:
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}))
    apply(plane, "-f", str(file))


def _rests(history: History) -> None:
    """Wait until nothing has happened to any pod for a while."""
    seen, since, end = -1, time.monotonic(), time.monotonic() + 300
    while time.monotonic() - since < QUIET:
        assert time.monotonic() < end, "the pods do not come to rest"
        if len(history.events) != seen:
            seen, since = len(history.events), time.monotonic()
        time.sleep(0.2)


def _by_row(api: Api) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {each.name: [] for each in ROWS}
    for pod in api.listed("v1", "Pod"):
        name = pod["metadata"].get("labels", {}).get("app")
        if name in found:
            found[name].append(pod)
    return found


def _followed(name: str, was: list[Body], now: list[Body], events: list[Event], asked: list[Event]) -> Pods:
    """The pods of one row, event after event."""
    before, after = ({pod["metadata"]["uid"] for pod in side_} for side_ in (was, now))
    known = {pod["metadata"]["uid"]: pod for pod in was}
    ready = [sum(map(is_ready, was))]
    started: list[float] = []
    ended: list[float] = []
    for event, pod in events:
        metadata = pod["metadata"]
        if metadata.get("labels", {}).get("app") != name:
            continue
        if event == "DELETED":
            known.pop(metadata["uid"], None)
        else:
            known[metadata["uid"]] = pod
        if metadata["uid"] not in before:
            started.append(_seconds(metadata["creationTimestamp"]))
        elif "deletionTimestamp" in metadata:
            ended.append(_seconds(metadata["deletionTimestamp"]) - metadata.get("deletionGracePeriodSeconds", 0))
        ready.append(sum(map(is_ready, known.values())))
    replicas = [body["spec"]["replicas"] for _, body in asked if body["metadata"]["name"] == name]
    return Pods(before, after, ready, replicas, max(ended) - min(started) if ended and started else 0.0)


def _seconds(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def test_what_is_foretold_of_pods_is_what_happens(happened: dict[str, Pods]) -> None:
    wrong: list[str] = []
    for each in ROWS:
        impacts, seen = foretold(each), happened[each.name]
        if not impacts:
            wrong.append(f"{each.name}: nothing is foretold")
        for impact in impacts:
            wrong += [f"{each.name}: {impact.says}: {so}" for so in _disagreed(each, impact, seen)]
    assert not wrong, "\n".join(wrong)


def _disagreed(each: Row, impact: Impact, seen: Pods) -> Iterator[str]:
    """In what an impact and what happened are two."""
    facts = impact.facts
    kept = impact.effect in (Effect.NOTHING, Effect.STALE) or "stalls" in facts or each.before["kind"] == "Pod"
    if kept:
        if seen.was - seen.now:
            yield f"{seen.replaced} of {len(seen.was)} pods were replaced"
    elif impact.effect is Effect.ROLLS:
        told = facts.get("pods", len(seen.was))
        if seen.replaced != told:
            yield f"{seen.replaced} of {len(seen.was)} pods were replaced"
        if "ready" in facts and min(seen.ready) < int(facts["ready"]):
            yield f"only {min(seen.ready)} were ready"
        # A pod that is to go may be there for a moment more, when its ReplicaSet counts one fewer already.
        if "most" in facts and max(seen.ready) > int(facts["most"]):
            yield f"{max(seen.ready)} were ready"
        # The cluster's timestamps are whole seconds.
        if facts.get("seconds") and seen.seconds < int(facts["seconds"]) - 1:
            yield f"it took {seen.seconds} s"
    elif impact.effect is Effect.SCALES:
        if "before" in facts and len(seen.was) != facts["before"]:
            yield f"{len(seen.was)} pods were there before"
        if "first" in impact.says:
            if seen.replicas and 1 not in seen.replicas:
                yield f"it asked for {seen.replicas}"
        elif ("after" in facts and len(seen.now) != facts["after"]) or ("suspended" in impact.says and seen.now):
            yield f"{len(seen.now)} pods are there"
    else:
        yield "nobody looks at that"


def test_every_row_of_the_tables_is_looked_at() -> None:
    kinds = {(each.before["apiVersion"].rpartition("/")[0], each.before["kind"]) for each in ROWS}
    assert set(rolls._WAYS) - kinds == {("argoproj.io", "Rollout")}
    assert set(nothing.ROWS) <= kinds
    effects = {impact.effect for each in ROWS for impact in foretold(each)}
    assert effects == {Effect.NOTHING, Effect.STALE, Effect.ROLLS, Effect.SCALES}
    for (_, kind), fields in nothing.ROWS.items():
        for field in fields:
            name = f"n-{kind}-{field.rpartition('.')[2]}".lower()
            (impact,) = foretold(next(each for each in ROWS if each.name == name))
            assert impact.effect is Effect.NOTHING, name


def test_an_update_that_leaves_no_pod_is_seen(happened: dict[str, Pods]) -> None:
    """The proof that the observation can fail."""
    assert min(happened["r-recreate"].ready) == 0
    assert max(happened["r-surge"].ready) == 5
    assert happened["s-scaler"].replicas[0] == 1
    assert len(happened["s-scaler"].now) == 2


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane(whole=True) as plane:
        nodes.add(plane.api)
        yield plane


def test_a_number_that_is_handed_over_stays(plane: ControlPlane, tmp_path: Path) -> None:
    api, file = plane.api, tmp_path / "a.json"
    before, after = (
        laid_over(workload("Deployment", "h", replicas=n), at("metadata.namespace", "default")) for n in (3, None)
    )
    _applied(plane, file, [before])
    only = {**{key: before[key] for key in ("apiVersion", "kind", "metadata")}, "spec": {"replicas": 3}}
    done = plane.kubectl("apply", "--server-side", "--field-manager=handover", "-f", "-", input=json.dumps(only))
    assert (done.code, done.err) == (0, "")
    with recorded(api, "apps/v1", "Deployment") as deployments:
        _applied(plane, file, [after, _here(_autoscaler("h", 2))])
        time.sleep(5)
    assert {body["spec"]["replicas"] for _, body in deployments.events if body["metadata"]["name"] == "h"} == {3}


def test_the_bounds_of_an_autoscaler_decide_and_its_end_changes_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    api, file = plane.api, tmp_path / "a.json"
    pods_ = _here(workload("Deployment", "b", replicas=None))

    def asked() -> int:
        return int(api.stored(pods_)["spec"]["replicas"])

    for least in (2, 4):
        _applied(plane, file, [pods_, _here(_autoscaler("b", least))])
        wait_until(lambda least=least: asked() == least, 60)  # type: ignore[misc]
    api.take("DELETE", api.of(_autoscaler("b", 4)).path("default", "b"))
    _applied(plane, file, [pods_])
    time.sleep(3)
    assert asked() == 4


@pytest.mark.parametrize(
    ("name", "policy", "deleted", "left"),
    [
        ("deleted", {}, True, 2),
        ("deleted-all", {"whenDeleted": "Delete"}, True, 0),
        ("scaled", {}, False, 2),
        ("scaled-all", {"whenScaled": "Delete"}, False, 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_claims_go_or_stay(
    plane: ControlPlane, tmp_path: Path, name: str, policy: Body, deleted: bool, left: int
) -> None:
    api = plane.api
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "any",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "any"},
        "provisioner": "any.example.com",
    }
    before = workload(
        "StatefulSet", name, volumeClaimTemplates=[claim], persistentVolumeClaimRetentionPolicy=policy or None
    )
    each = Row(name, before, None if deleted else laid_over(before, at("spec.replicas", 1)), [storage], [])
    impacts = foretold(each)
    assert (Effect.DATA in {impact.effect for impact in impacts}) is (left != 2)
    assert any("claims of these pods stay" in impact.says for impact in impacts) is (left == 2)

    def claims() -> int:
        return sum(
            body["metadata"]["name"].startswith(f"data-{name}-") for body in api.listed("v1", "PersistentVolumeClaim")
        )

    def ready() -> int:
        return sum(is_ready(pod) for pod in api.listed("v1", "Pod", "default", f"app={name}"))

    with provisioning(api):
        _applied(plane, tmp_path / "a.json", side(each, after=False))
        wait_until(lambda: ready() == 2, 60)
        assert claims() == 2
        if deleted:
            api.take("DELETE", api.of(before).path("default", name))
        else:
            _applied(plane, tmp_path / "a.json", side(each, after=True))
        wait_until(lambda: ready() == (0 if deleted else 1), 60)
        wait_until(lambda: claims() == left, 30)
        time.sleep(3)
        assert claims() == left


def test_what_a_namespace_and_a_definition_take_with_them(plane: ControlPlane) -> None:
    api = plane.api
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    definition: Body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.sea.example.com"},
        "spec": {
            "group": "sea.example.com",
            "names": {"kind": "Boat", "plural": "boats"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }
    settings = laid_over(_settings("a", "a"), at("metadata.namespace", "sea"))
    boat: Body = {"apiVersion": "sea.example.com/v1", "kind": "Boat", "metadata": {"name": "a", "namespace": "default"}}
    namespace: Body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sea"}}
    for body in (namespace, settings, definition):
        api.create(body)
    wait_until(lambda: api.resource("sea.example.com/v1", "Boat") is not None, 30)
    wait_until(lambda: api.ask("POST", api.of(boat).path("default"), boat).status == 201, 30)
    stacks = [
        Stack(somebodys(NEWEST), CATALOGUE, [Manifest(body, Position("a.yaml", 1)) for body in bodies])
        for bodies in ([namespace, settings, definition, boat], [])
    ]
    told = {each.identity.kind: each.impacts for each in compare_stacks(*stacks)}
    assert [told[kind][0].facts["objects"] for kind in ("Namespace", "CustomResourceDefinition")] == [1, 1]
    for body in (namespace, definition):
        api.take("DELETE", api.of(body).path("", body["metadata"]["name"]))
    for body in (settings, boat):
        path = api.of(body).path(body["metadata"]["namespace"], "a")
        wait_until(lambda path=path: api.ask("GET", path).status == 404, 60)  # type: ignore[misc]
