"""What a diff says of access is what the API server grants: rights of Roles, and pods that a namespace lets in."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from pilothouse.diff.impact import Effect
from pilothouse.diff.impacts.rights import Right, more, rights
from pilothouse.pod_security import LEVELS, PREFIX
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.diff.foreseen import impacts
from tests.diff.role_rows import ROWS, Rules

RBAC = "rbac.authorization.k8s.io"
OTHER = "unheard"
"""What no rule names."""


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with ControlPlane() as plane:
        yield plane.api


def give(api: Api, user: str, rules: Rules) -> None:
    """A user with a ClusterRole of some rules."""
    head = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": user}}
    api.create({**head, "kind": "ClusterRole", "rules": rules})
    subject = {"apiGroup": RBAC, "kind": "User", "name": user}
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": user}
    api.create({**head, "kind": "ClusterRoleBinding", "roleRef": ref, "subjects": [subject]})


def asked(rules: Rules) -> set[Right]:
    """What is worth asking of some rules: everything that they name, and what nobody names."""
    words: dict[str, set[str]] = {
        field: {each for rule in rules for each in rule.get(field, ())}
        for field in ("apiGroups", "resources", "resourceNames", "verbs", "nonResourceURLs")
    }
    verbs = {*words["verbs"] - {"*"}, OTHER}
    groups = {*words["apiGroups"] - {"*"}, OTHER}
    resources = {each.replace("*", OTHER) for each in words["resources"]} | {OTHER, f"{OTHER}/{OTHER}"}
    paths = {each.replace("*", f"/{OTHER}") for each in words["nonResourceURLs"]} | {f"/{OTHER}"}
    return {
        *itertools.starmap(Right, itertools.product(groups, resources, {*words["resourceNames"], OTHER, ""}, verbs)),
        *(Right(None, path, None, verb) for path, verb in itertools.product(paths, verbs)),
    }


def may(api: Api, user: str, right: Right) -> bool:
    resource, _, below = right.resource.partition("/")
    attributes: dict[str, dict[str, Any]] = {"nonResourceAttributes": {"path": right.resource, "verb": right.verb}}
    if right.group is not None:
        about = {"group": right.group, "resource": resource, "subresource": below, "name": right.name or ""}
        attributes = {"resourceAttributes": {**about, "verb": right.verb}}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, **attributes},
    }
    answer = api.take("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


def wait_until(api: Api, user: str, right: Right) -> None:
    """Until the server's authorizer has heard of a user's rights, which it watches."""
    for _ in range(400):
        if may(api, user, right):
            return
    raise AssertionError(f"{user} never gets {right}")


def test_a_role_widens_and_narrows_where_the_server_allows_more_and_less(api: Api) -> None:
    for number, row in enumerate(ROWS):
        users = f"before-{number}", f"after-{number}"
        mark = {"apiGroups": ["example.com"], "resources": ["marks"], "verbs": ["mark"]}
        for user, rules in zip(users, (row.before, row.after), strict=True):
            give(api, user, [*rules, mark])
            wait_until(api, user, Right("example.com", "marks", "", "mark"))
        questions = asked([*row.before, *row.after])
        before, after = ({each for each in questions if may(api, user, each)} for user in users)
        assert bool(after - before) is any(says.startswith("widens") for says in row.says), row
        assert bool(before - after) is any(says.startswith("narrows") for says in row.says), row
        assert bool(after - before) is bool(more(rights(row.after), rights(row.before)))


PODS: dict[str, dict[str, Any]] = {
    "privileged": {"securityContext": {"privileged": True}},
    "baseline": {},
    "restricted": {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    },
}
"""Pods, each let in by the level that it is called by, and by no stricter one."""


def admitted(api: Api, level: str) -> set[str]:
    """Which pods a namespace of a level lets in."""
    labels = {f"{PREFIX}enforce": level}
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": level, "labels": labels}})
    found = set()
    for name, container in PODS.items():
        pod: Body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": level},
            "spec": {"containers": [{"name": "main", "image": "a", **container}]},
        }
        answer = api.ask("POST", api.of(pod).path(level), pod, query={"dryRun": "All"})
        assert answer.status in (201, 403), answer.message
        if answer.status == 201:
            found.add(name)
    return found


def test_a_namespace_widens_and_narrows_where_the_server_lets_more_or_fewer_pods_in(api: Api) -> None:
    lets = {level: admitted(api, level) for level in LEVELS}

    def namespace(level: str) -> str:
        return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, labels: {{{PREFIX}enforce: {level}}}}}\n"

    for before, after in itertools.product(LEVELS, LEVELS):
        told = [each.facts["direction"] for each in impacts(namespace(before), namespace(after), Effect.ACCESS)]
        happens = ["widens"] * bool(lets[after] - lets[before]) + ["narrows"] * bool(lets[before] - lets[after])
        assert told == happens, (before, after)


def test_rules_that_a_label_adds_to_other_roles_are_added_by_the_cluster() -> None:
    """To those that take in ``view`` too, and over what an aggregated role says itself."""
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}
    own = {"apiGroups": ["example.com"], "resources": ["others"], "verbs": ["get"]}
    labels = {"to-all": "true", f"{RBAC}/aggregate-to-view": "true"}
    head = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole"}
    gathers = {"clusterRoleSelectors": [{"matchLabels": {"to-all": "true"}}]}
    whole = {**head, "metadata": {"name": "all"}, "aggregationRule": gathers, "rules": [own]}
    part = {**head, "metadata": {"name": "part", "labels": labels}, "rules": [rule]}
    told = impacts(json.dumps(whole), f"{json.dumps(whole)}\n---\n{json.dumps(part)}", Effect.ACCESS)
    assert {each.on.name for each in told if each.on is not None} == {"all", "view"}
    with ControlPlane(whole=True) as plane:
        plane.api.create(whole)
        plane.api.create(part)

        def added() -> bool:
            names = ("all", "view", "edit", "admin")
            rules = [plane.api.stored({**head, "metadata": {"name": name}}).get("rules") or [] for name in names]
            return rules[0] == [rule] and all(rule in each for each in rules)

        plane.wait("kube-controller-manager", added)
