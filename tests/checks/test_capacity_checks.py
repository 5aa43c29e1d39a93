"""What pods request, against units, limits, quotas and nodes: the edges of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse import demand, placement
from pilothouse.checks import check_object, check_stack
from pilothouse.environment import NodePool, Taint
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.quantity import parse
from pilothouse.resources import overcommits, refused_amount, refused_name
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")


def stack_of(*bodies: dict[str, Any], nodes: list[NodePool] | None = None) -> Stack:
    environment = msgspec.structs.replace(somebodys("1.34"), nodes=nodes or [])
    return Stack(environment, CATALOGUE, [Manifest(body, Position("a.yaml", 1)) for body in bodies])


def found(code: str, *bodies: dict[str, Any], nodes: list[NodePool] | None = None) -> list[Finding]:
    stack = stack_of(*bodies, nodes=nodes)
    every = [finding for manifest in stack for finding in check_object(manifest, stack)] + check_stack(stack)
    return [finding for finding in every if finding.code == code]


def deployment(resources: dict[str, Any], replicas: int = 1, **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "web", "image": "a:1", "resources": resources}], **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def quota(**hard: str) -> dict[str, Any]:
    bounds = {name.replace("_", "."): bound for name, bound in hard.items()}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "bounds", "namespace": "default"},
        "spec": {"hard": bounds},
    }


QUANTITIES = st.builds(
    lambda number, suffix: f"{number}{suffix}", st.integers(0, 5000), st.sampled_from(["", "m", "Mi"])
)


@given(QUANTITIES, QUANTITIES)
def test_a_request_is_refused_where_it_is_above_its_limit_and_only_there(request: str, limit: str) -> None:
    body = deployment({"requests": {"memory": request}, "limits": {"memory": limit}})
    assert bool(found("RES001", body)) == (parse(request) > parse(limit))


@pytest.mark.parametrize(
    ("resource", "request_", "limit", "refused"),
    [
        ("nvidia.com/gpu", "1", None, True),
        ("nvidia.com/gpu", "1", "2", True),
        ("nvidia.com/gpu", "1", "1", False),
        ("nvidia.com/gpu", None, "1", False),
        ("hugepages-2Mi", "4Mi", "8Mi", True),
        ("cpu", "1", None, False),
        ("cpu", "1", "2", False),
    ],
)
def test_what_cannot_be_shared_has_one_amount(
    resource: str, request_: str | None, limit: str | None, refused: bool
) -> None:
    resources = {
        field: {resource: amount} for field, amount in (("requests", request_), ("limits", limit)) if amount is not None
    }
    assert bool(found("RES001", deployment(resources))) == refused


def test_names_and_amounts_of_resources() -> None:
    for name in ("cpu", "memory", "ephemeral-storage", "hugepages-1Gi", "nvidia.com/gpu", "kubernetes.io/x"):
        assert refused_name(name) == ""
    for name in ("cpus", "storage", "requests.nvidia.com/gpu", "a b", ""):
        assert refused_name(name)
    assert overcommits("kubernetes.io/x") and not overcommits("nvidia.com/gpu")
    assert refused_amount("nvidia.com/gpu", Decimal("0.5")) and not refused_amount("cpu", Decimal("0.5"))
    assert refused_amount("cpu", Decimal(-1))


@pytest.mark.parametrize(("amount", "refused"), [("-1", True), ("0", False), ("1", False)])
def test_nobody_asks_for_less_than_nothing(amount: str, refused: bool) -> None:
    for field in ("requests", "limits"):
        assert bool(found("RES002", deployment({field: {"cpu": amount}}))) == refused


@pytest.mark.parametrize("memory", ["100m", "0.5", "512", "1Ki", "2Mi"])
def test_a_memory_limit_that_nobody_meant(memory: str) -> None:
    assert found("RES003", deployment({"limits": {"memory": memory}}))


@pytest.mark.parametrize(("cpu", "slip"), [("500", True), (500, True), ("96", False), ("128", False), ("1k", True)])
def test_cores_that_nobody_has(cpu: Any, slip: bool) -> None:
    assert bool(found("RES003", deployment({"requests": {"cpu": cpu}}))) == slip


def test_a_pod_requests_what_its_containers_and_its_greatest_init_container_do() -> None:
    init = [
        {"name": "fetch", "image": "a:1", "resources": {"requests": {"memory": "300Mi"}}},
        {"name": "proxy", "image": "a:1", "restartPolicy": "Always", "resources": {"requests": {"memory": "50Mi"}}},
        {"name": "check", "image": "a:1", "resources": {"requests": {"memory": "200Mi"}}},
    ]
    body = deployment({"requests": {"memory": "100Mi"}}, initContainers=init)
    (each,) = demand.of_namespace(stack_of(body), "default")
    assert each.requests == {"memory": parse("300Mi")}
    init[0]["resources"] = {}
    (each,) = demand.of_namespace(stack_of(body), "default")
    assert each.requests == {"memory": parse("250Mi")}


def test_a_runtime_class_adds_its_overhead() -> None:
    runtime = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "kata"},
        "handler": "kata",
        "overhead": {"podFixed": {"memory": "120Mi"}},
    }
    body = deployment({"requests": {"memory": "8Mi"}}, runtimeClassName="kata")
    (each,) = demand.of_namespace(stack_of(runtime, body), "default")
    assert each.requests == {"memory": parse("128Mi")}


@pytest.mark.parametrize(("bound", "beyond"), [("1", True), ("1500m", False), ("2", False)])
def test_a_quota_holds_what_all_pods_request(bound: str, beyond: bool) -> None:
    body = deployment({"requests": {"cpu": "500m"}}, replicas=3)
    assert bool(found("QUOTA003", quota(requests_cpu=bound), body)) == beyond


def test_an_autoscaler_counts_with_its_least_and_its_most() -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 5},
    }
    body = deployment({"requests": {"cpu": "1"}}, replicas=9)
    assert found("QUOTA003", quota(pods="1"), scaler, body)
    assert not found("QUOTA003", quota(pods="2"), scaler, body)
    assert found("QUOTA004", quota(pods="4"), scaler, body)
    assert not found("QUOTA004", quota(pods="5"), scaler, body)


def test_a_quota_with_a_scope_is_not_counted() -> None:
    bounded = quota(pods="1")
    bounded["spec"]["scopes"] = ["BestEffort"]
    assert not found("QUOTA003", bounded, deployment({}, replicas=3))


def pool(**fields: Any) -> NodePool:
    return NodePool(**{"name": "workers", "count": 2, "cpu": 4, "memory": "8Gi", **fields})


EXPRESSIONS = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["disk", "size"]),
        "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
        "values": st.lists(st.sampled_from(["ssd", "3", "7"]), max_size=2),
    }
)


@given(
    st.lists(EXPRESSIONS, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["disk", "size"]), st.sampled_from(["ssd", "5"])),
)
def test_all_expressions_of_a_term_have_to_hold(expressions: list[dict[str, Any]], labels: dict[str, str]) -> None:
    def affinity(chosen: list[dict[str, Any]]) -> dict[str, Any]:
        field = "requiredDuringSchedulingIgnoredDuringExecution"
        return {"affinity": {"nodeAffinity": {field: {"nodeSelectorTerms": [{"matchExpressions": chosen}]}}}}

    nodes = pool(labels=labels)
    together = placement.chosen(affinity(expressions), nodes)
    assert together == all(placement.chosen(affinity([each]), nodes) for each in expressions)


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_taint_keeps_pods_away_that_do_not_tolerate_it(toleration: dict[str, Any], tolerated: bool) -> None:
    nodes = [pool(taints=[Taint(key="gpu", value="yes", effect="NoSchedule")])]
    body = deployment({"requests": {"cpu": "1"}}, tolerations=[toleration])
    assert bool(found("CAP001", body, nodes=nodes)) != tolerated


def test_a_label_that_nodes_get_by_themselves_may_be_anything() -> None:
    body = deployment({}, nodeSelector={"kubernetes.io/arch": "arm64"})
    assert not found("CAP001", body, nodes=[pool()])
    assert found("CAP001", body, nodes=[pool(labels={"kubernetes.io/arch": "amd64"})])


@pytest.mark.parametrize(("replicas", "overfull"), [(8, False), (9, True)])
def test_pools_hold_what_their_nodes_have(replicas: int, overfull: bool) -> None:
    body = deployment({"requests": {"cpu": "1"}}, replicas=replicas)
    assert bool(found("CAP003", body, nodes=[pool()])) == overfull


def test_pods_that_are_confined_to_some_nodes_are_held_against_those() -> None:
    body = deployment({"requests": {"cpu": "1"}}, replicas=5, nodeSelector={"disk": "ssd"})
    small = pool(name="ssd", count=1, labels={"disk": "ssd"})
    assert found("CAP003", body, nodes=[small, pool(name="rest", count=50)])


def test_nothing_is_said_of_nodes_that_nobody_declared() -> None:
    body = deployment({"requests": {"cpu": "99"}}, replicas=99, nodeSelector={"disk": "ssd"})
    assert [finding for code in ("CAP001", "CAP002", "CAP003") for finding in found(code, body)] == []
