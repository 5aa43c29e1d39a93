"""Rules of a Role before and after, and what is said of it; each row is asked of an API server too."""

from __future__ import annotations

from typing import Any, NamedTuple

Rules = list[dict[str, Any]]


class RoleRow(NamedTuple):
    before: Rules
    after: Rules
    says: list[str]


def rule(groups: str, resources: str, verbs: str, names: str = "") -> dict[str, Any]:
    """A rule, each list as words."""
    made: dict[str, Any] = {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": verbs.split(),
    }
    return {**made, "resourceNames": names.split()} if names else made


def paths(urls: str, verbs: str) -> dict[str, Any]:
    return {"nonResourceURLs": urls.split(), "verbs": verbs.split()}


_READ = rule("core", "pods", "get list")
_WHO, _NOT = "whoever is given it may also", "whoever is given it may no longer"
_UNLESS = ", unless another Role lets them"
ROWS: list[RoleRow] = [
    RoleRow([_READ], [rule("core", "pods", "list get")], []),
    RoleRow([_READ], [rule("core", "pods", "get"), rule("core", "pods", "list")], []),
    RoleRow([_READ], [rule("core", "pods", "get list delete")], [f"widens: {_WHO} delete pods"]),
    RoleRow([_READ], [rule("core", "pods", "get")], [f"narrows: {_NOT} list pods{_UNLESS}"]),
    RoleRow([_READ], [rule("core", "pods secrets", "get list")], [f"widens: {_WHO} get and list secrets"]),
    RoleRow([], [_READ], ["widens: whoever is given it may get and list pods"]),
    RoleRow([_READ], [], [f"narrows: {_NOT} get and list pods{_UNLESS}"]),
    RoleRow(
        [_READ],
        [rule("apps", "pods", "get list")],
        [f"widens: {_WHO} get and list pods.apps", f"narrows: {_NOT} get and list pods{_UNLESS}"],
    ),
    RoleRow([_READ], [rule("core", "pods", "*")], [f"widens: {_WHO} do anything to pods"]),
    RoleRow([rule("core", "pods", "*")], [_READ], [f"narrows: {_NOT} do anything to pods{_UNLESS}"]),
    RoleRow([rule("core", "pods", "*")], [rule("core", "pods", "* get")], []),
    RoleRow([_READ], [rule("core", "*", "get list")], [f"widens: {_WHO} get and list everything of the core API "
            "group"]),
    RoleRow([rule("*", "*", "*")], [_READ, rule("*", "*", "*")], []),
    RoleRow([_READ], [rule("* core", "*", "*")], [f"widens: {_WHO} do anything to everything of the core API group and "
            "everything of every API group"]),
    RoleRow([rule("*", "pods", "get")], [rule("core apps", "pods", "get")], [f"narrows: {_NOT} get pods of every API "
            f"group{_UNLESS}"]),
    RoleRow([rule("core", "pods/log", "get")], [rule("core", "*/log", "get")], [f"widens: {_WHO} get */log"]),
    RoleRow([rule("core", "pods */log", "get")], [rule("core", "pods pods/log", "get")], [f"narrows: {_NOT} get "
            f"*/log{_UNLESS}"]),
    RoleRow([rule("core", "pods", "get")], [rule("core", "pods pods/log", "get")], [f"widens: {_WHO} get pods/log"]),
    RoleRow(
        [rule("core", "secrets", "get", "db")],
        [rule("core", "secrets", "get", "db web")],
        [f"widens: {_WHO} get secrets named web"],
    ),
    RoleRow([rule("core", "secrets", "get", "db")], [rule("core", "secrets", "get")], [f"widens: {_WHO} get secrets"]),
    RoleRow(
        [rule("core", "secrets", "get"), rule("core", "secrets", "get", "db")],
        [rule("core", "secrets", "get")],
        [],
    ),
    RoleRow([paths("/healthz", "get")], [paths("/healthz/*", "get")], [f"widens: {_WHO} get the path /healthz/*",
            f"narrows: {_NOT} get the path /healthz{_UNLESS}"]),
    RoleRow([paths("/metrics*", "get")], [paths("/metrics /metrics/a*", "get")], [f"narrows: {_NOT} get the path "
            f"/metrics*{_UNLESS}"]),
    RoleRow([paths("*", "get")], [paths("* /logs", "get")], []),
    RoleRow([rule("core", "*", "get")], [rule("core", "*", "get"), paths("/logs", "get")], [f"widens: {_WHO} get the "
            "path /logs"]),
]  # fmt: skip
