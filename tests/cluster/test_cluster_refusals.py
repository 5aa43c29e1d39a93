"""What the security checks call refused is refused by an API server, and what they pass is taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from pilothouse.checks import check_object
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, minors

MINORS = sorted({NEWEST, *minors().values()})
CODES = {"POD024", "POD031", "RBAC016", "RBAC020"}
RBAC = "rbac.authorization.k8s.io"


def role(kind: str, *rules: dict[str, Any]) -> Body:
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": "a"}, "rules": list(rules)}


def binding(kind: str, role_ref: dict[str, Any], *subjects: dict[str, Any]) -> Body:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": "a"},
        "roleRef": role_ref,
        "subjects": list(subjects),
    }


def pod(context: dict[str, Any], *volumes: dict[str, Any]) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [{"name": "a", "image": "a:1", "securityContext": context}],
            "volumes": [{"name": f"v{index}", **volume} for index, volume in enumerate(volumes)],
        },
    }


def said(**fields: object) -> dict[str, Any]:
    """What is not None."""
    return {field: value for field, value in fields.items() if value is not None}


RULES = [
    said(apiGroups=groups, resources=resources, nonResourceURLs=urls, verbs=verbs, resourceNames=names)
    for groups, resources, urls, verbs, names in itertools.product(
        (None, [], [""], ["apps"]), (None, [], ["pods"]), (None, [], ["/healthz"]), ([], ["get"]), (None, ["a"])
    )
]
ROLE_REFS = [
    said(apiGroup=group, kind=kind, name="a")
    for group, kind in itertools.product((RBAC, "", "apps"), ("Role", "ClusterRole", "role", "User"))
]
SUBJECTS = [
    said(kind=kind, apiGroup=group, name="a", namespace=namespace)
    for kind, group, namespace in itertools.product(
        ("ServiceAccount", "User", "Group", "Pod", "serviceaccount"), (None, "", RBAC, "v1"), (None, "", "default")
    )
]
CONTEXTS = [
    said(privileged=privileged, allowPrivilegeEscalation=escalation, capabilities=capabilities)
    for privileged, escalation, capabilities in itertools.product(
        (None, True, False),
        (None, True, False),
        (None, {"add": ["CAP_SYS_ADMIN"]}, {"add": ["SYS_ADMIN"]}, {"drop": ["CAP_SYS_ADMIN"]}),
    )
]
VOLUMES: list[dict[str, Any]] = [
    volume
    for mode in (-1, 0, 256, 400, 0o777, 512, 644, 777)
    for volume in (
        {"secret": {"secretName": "a", "defaultMode": mode}},
        {"configMap": {"name": "a", "defaultMode": mode}},
        {"downwardAPI": {"defaultMode": mode}},
        {"projected": {"defaultMode": mode, "sources": []}},
        {"secret": {"secretName": "a", "items": [{"key": "a", "path": "a", "mode": mode}]}},
        {"projected": {"sources": [{"configMap": {"name": "a", "items": [{"key": "a", "path": "a", "mode": mode}]}}]}},
    )
]
OBJECTS = [
    *(role(kind, rule) for kind in ("Role", "ClusterRole") for rule in RULES),
    *(binding(kind, ref) for kind in ("RoleBinding", "ClusterRoleBinding") for ref in ROLE_REFS),
    *(
        binding(kind, {"apiGroup": RBAC, "kind": "ClusterRole", "name": "a"}, subject)
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for subject in SUBJECTS
    ),
    *(pod(context) for context in CONTEXTS),
    *(pod({}, volume) for volume in VOLUMES),
]


@pytest.fixture(scope="module", params=MINORS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Api, str]]:
    with ControlPlane(str(request.param)) as plane:
        yield plane.api, str(request.param)


def test_what_is_called_refused_is_refused_and_nothing_else(server: tuple[Api, str]) -> None:
    api, minor = server
    disagreed, refused = [], 0
    environment, catalogue = somebodys(minor), Catalogue(minor)
    for body in OBJECTS:
        resource = api.of(body)
        answer = api.ask("POST", resource.path("default" if resource.namespaced else ""), body, query={"dryRun": "All"})
        assert answer.status in (201, 422), answer.message
        manifest = Manifest(body, Position("a.yaml", 1))
        found = check_object(manifest, Stack(environment, catalogue, [manifest]))
        ours = [finding.message for finding in found if finding.code in CODES]
        refused += answer.status == 422
        if bool(ours) != (answer.status == 422):
            disagreed.append((body, ours, answer.message if answer.status == 422 else "taken"))
    assert disagreed == []
    assert len(OBJECTS) / 10 < refused < len(OBJECTS) * 9 / 10
