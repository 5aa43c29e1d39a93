"""Links between objects: who may talk to whom, in which namespace the other end stands, and by which name it goes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse_kit import (
    DNS,
    Allow,
    ClusterRoleBinding,
    ConfigMap,
    Deployment,
    Gateway,
    HTTPRoute,
    HttpRule,
    Listener,
    Namespace,
    Network,
    NetworkPolicy,
    Pods,
    Port,
    RoleBinding,
    Service,
    ServiceAccount,
)
from tests.kit.kit_chart import Body, build, one


def policy(**arguments: Any) -> Body:
    spec: Body = one(lambda c: NetworkPolicy(c, "p", **arguments), "NetworkPolicy")["spec"]
    return spec


def test_a_policy_says_nothing_of_a_direction_that_is_not_given() -> None:
    assert policy(ingress=[]) == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert policy(egress=[]) == {"podSelector": {}, "policyTypes": ["Egress"]}
    assert policy(ingress=[], egress=[]) == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_an_empty_rule_lets_everyone_through() -> None:
    assert policy(ingress=[Allow()])["ingress"] == [{}]


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (Pods(), {"podSelector": {}}),
        (Pods({"a": "b"}), {"podSelector": {"matchLabels": {"a": "b"}}}),
        (Pods(namespace="n"), {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "n"}}}),
        (
            Pods({"a": "b"}, "n"),
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "n"}},
                "podSelector": {"matchLabels": {"a": "b"}},
            },
        ),
        (Network("10.0.0.0/8"), {"ipBlock": {"cidr": "10.0.0.0/8"}}),
        (
            Network("fd00::/8", ["fd12::/16"]),
            {"ipBlock": {"cidr": "fd00::/8", "except": ["fd12::/16"]}},
        ),
    ],
)
def test_the_other_end_of_a_connection(peer: Any, expected: Body) -> None:
    assert policy(ingress=[Allow([peer])])["ingress"] == [{"from": [expected]}]
    assert policy(egress=[Allow([peer])])["egress"] == [{"to": [expected]}]


def test_ports_of_a_rule_are_numbers_names_and_transports() -> None:
    (rule,) = policy(ingress=[Allow(ports=[80, "http", Port(53, "UDP")])])["ingress"]
    assert rule == {
        "ports": [
            {"protocol": "TCP", "port": 80},
            {"protocol": "TCP", "port": "http"},
            {"protocol": "UDP", "port": 53},
        ]
    }


def test_names_can_be_looked_up() -> None:
    (rule,) = policy(egress=[DNS])["egress"]
    assert {(each["protocol"], each["port"]) for each in rule["ports"]} == {("UDP", 53), ("TCP", 53)}
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]


@pytest.mark.parametrize("namespace", [None, "elsewhere"])
def test_a_workload_is_let_in_from_the_namespace_that_it_is_in(namespace: str | None) -> None:
    def make(chart: Any) -> None:
        options: Any = {"namespace": namespace} if namespace else {}
        web = Deployment(chart, "web", image="w:1", **options)
        NetworkPolicy(chart, "p", pods={"app": "db"}, ingress=[Allow([web])])

    (rule,) = one(make, "NetworkPolicy")["spec"]["ingress"]
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}} if namespace else {}
    assert rule == {"from": [{**where, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}]}


def test_a_closed_namespace_lets_names_be_looked_up_and_nothing_else() -> None:
    (found,) = (each for each in build(lambda c: Namespace(c, "room").default_deny()) if each["kind"] != "Namespace")
    assert found["metadata"]["namespace"] == "room"
    assert found["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in found["spec"]
    assert found["spec"]["egress"] == policy(egress=[DNS])["egress"]


def test_an_account_is_bound_in_the_namespace_that_it_is_in() -> None:
    def make(chart: Any) -> None:
        account = ServiceAccount(chart, "bot")
        other = ServiceAccount(chart, "other", namespace="b")
        subjects = [account, other, "ops/bot", "default", "User:eva", "Group:team"]
        RoleBinding(chart, "r", role="view", subjects=subjects, namespace="c")
        ClusterRoleBinding(chart, "cr", role="view", subjects=[account])

    bound = {body["kind"]: body["subjects"] for body in build(make) if "subjects" in body}
    api = {"apiGroup": "rbac.authorization.k8s.io"}
    assert bound["RoleBinding"] == [
        {"kind": "ServiceAccount", "name": "bot", "namespace": "made"},
        {"kind": "ServiceAccount", "name": "other", "namespace": "b"},
        {"kind": "ServiceAccount", "name": "bot", "namespace": "ops"},
        {"kind": "ServiceAccount", "name": "default", "namespace": "c"},
        {**api, "kind": "User", "name": "eva"},
        {**api, "kind": "Group", "name": "team"},
    ]
    assert bound["ClusterRoleBinding"] == [{"kind": "ServiceAccount", "name": "bot", "namespace": "made"}]


def test_a_route_hangs_on_its_gateway_wherever_it_is() -> None:
    def parents(make_gateway: Any, **options: Any) -> list[Body]:
        def make(chart: Any) -> None:
            web = Service(chart, "web", selects=Deployment(chart, "web", image="w:1", port=80), ports={"http": 80})
            HTTPRoute(chart, "r", gateway=make_gateway(chart), rules=[HttpRule([web])], **options)

        found: list[Body] = one(make, "HTTPRoute")["spec"]["parentRefs"]
        return found

    def gateway(**options: Any) -> Any:
        return lambda c: Gateway(c, "g", gateway_class="x", listeners=[Listener("http", 80)], **options)

    assert parents(gateway()) == [{"name": "g"}]
    assert parents(gateway(), listener="http") == [{"name": "g", "sectionName": "http"}]
    assert parents(gateway(namespace="infra")) == [{"name": "g", "namespace": "infra"}]
    assert parents(gateway(namespace="infra"), namespace="infra") == [{"name": "g"}]
    assert parents(lambda c: "infra/g") == [{"name": "g", "namespace": "infra"}]
    assert parents(lambda c: "g") == [{"name": "g"}]


def test_a_name_that_a_patch_gives_is_the_one_that_others_use() -> None:
    def make(chart: Any) -> None:
        settings = ConfigMap(chart, "s", data={}, patch={"metadata": {"name": "renamed"}})
        Deployment(chart, "web", image="w:1", env_from=[settings])

    spec = one(make, "Deployment")["spec"]["template"]["spec"]
    assert spec["containers"][0]["envFrom"] == [{"configMapRef": {"name": "renamed"}}]
