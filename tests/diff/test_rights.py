"""A Role widens if, and only if, its holder may do something afterwards that was forbidden before."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.diff.impact import Effect
from pilothouse.diff.impacts.rights import more, rights
from tests.diff.foreseen import said
from tests.diff.role_rows import ROWS, RoleRow, Rules

OTHER = "unheard"
"""What no rule names, and only a wildcard allows."""
GROUPS, RESOURCES = (
    ("", "apps", OTHER),
    ("pods", "pods/log", "nodes/log", f"pods/{OTHER}", OTHER, f"{OTHER}/log", f"{OTHER}/{OTHER}"),
)
NAMES, VERBS = ("", "db", "web", OTHER), ("get", "list", OTHER)
PATHS = ("/a", "/a/b", "/a/b/c", "/b", f"/{OTHER}", f"/a{OTHER}", f"/a/{OTHER}", f"/a/b{OTHER}")


def allowed(rules: Rules, group: str, resource: str, name: str, verb: str) -> bool:
    """Whether rules allow something, in the words of the API server's own documentation."""
    below = resource.partition("/")[2]
    return any(
        {"*", verb} & set(rule["verbs"])
        and {"*", group} & set(rule.get("apiGroups", ()))
        and ({"*", resource} & set(rule.get("resources", ())) or (below and f"*/{below}" in rule.get("resources", ())))
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
        for rule in rules
    )


def allowed_path(rules: Rules, path: str, verb: str) -> bool:
    return any(
        {"*", verb} & set(rule["verbs"])
        and any(path == url or (url.endswith("*") and path.startswith(url.rstrip("*"))) for url in rule[_URLS])
        for rule in rules
        if _URLS in rule
    )


_URLS = "nonResourceURLs"


def everything(rules: Rules) -> set[tuple[str, ...]]:
    of_resources = itertools.product(GROUPS, RESOURCES, NAMES, VERBS)
    return {each for each in of_resources if allowed(rules, *each)} | {
        each for each in itertools.product(PATHS, VERBS) if allowed_path(rules, *each)
    }


def some(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3)


RULE = st.one_of(
    st.fixed_dictionaries(
        {"apiGroups": some("", "apps", "*"), "resources": some("pods", "pods/log", "*/log", "nodes/log", "*"),
         "verbs": some("get", "list", "*")},
        optional={"resourceNames": st.lists(st.sampled_from(["db", "web"]), max_size=2)},
    ),
    st.fixed_dictionaries({_URLS: some("/a", "/a/*", "/a*", "/a/b", "/b", "*", "/a/**"), "verbs": some("get", "*")}),
)  # fmt: skip


@given(st.lists(RULE, max_size=4), st.lists(RULE, max_size=4))
@settings(deadline=None, max_examples=600)
def test_more_is_allowed_if_and_only_if_something_is_that_was_not(before: Rules, after: Rules) -> None:
    was, now = everything(before), everything(after)
    assert bool(more(rights(after), rights(before))) is bool(now - was)
    assert bool(more(rights(before), rights(after))) is bool(was - now)


@given(st.lists(RULE, max_size=4), st.lists(RULE, max_size=4))
@settings(deadline=None, max_examples=300)
def test_what_is_said_to_come_is_all_that_comes(before: Rules, after: Rules) -> None:
    came: list[dict[str, Any]] = [
        {_URLS: [right.resource], "verbs": [right.verb]}
        if right.group is None
        else {
            "apiGroups": [right.group],
            "resources": [right.resource],
            "verbs": [right.verb],
            "resourceNames": [right.name] if right.name is not None else [],
        }
        for right in more(rights(after), rights(before))
    ]
    assert everything(after) - everything(before) <= everything(came) <= everything(after)


def role(rules: Rules) -> str:
    return f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: web}}
rules: {rules!r}
"""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.before} {row.after}"[:100])
def test_a_role_says_what_comes_and_goes(row: RoleRow) -> None:
    assert said(role(row.before), role(row.after), Effect.ACCESS) == row.says


def test_a_role_of_too_many_rights_is_not_told_in_detail() -> None:
    words = [f"a{number}" for number in range(400)]
    rules = [{"apiGroups": words, "resources": words, "verbs": ["get"]}]
    (says,) = said(role([]), role(rules), Effect.ACCESS)
    assert says.startswith("changes: what whoever is given it may do")
