"""The checks of the mesh beyond their pages' two examples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks import check_object, check_stack
from pilothouse.checks.mesh_routes import _covers
from pilothouse.checks.mesh_traffic import seconds
from pilothouse.reading import Reading
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")


def codes(text: str) -> list[str]:
    reading = Reading()
    reading.read_text(text.encode(), "a.yaml", "a.yaml")
    stack = Stack(somebodys("1.34"), CATALOGUE, reading.manifests)
    found = [finding for manifest in stack for finding in check_object(manifest, stack)] + check_stack(stack)
    return sorted({finding.code for finding in found} - {"NS001", "SVC001", "QOS001"})


def routes(text: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: shop, namespace: default}}
spec: {{hosts: [shop.example.com], http: {text}}}
"""


SERVE = "directResponse: {status: 200}"


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("{uri: {prefix: /}}", "{uri: {exact: /a}}", ["VS010"]),
        ("{uri: {prefix: /a}}", "{uri: {prefix: /a/b}}", ["VS010"]),
        ("{uri: {prefix: /a/b}}", "{uri: {prefix: /a}}", []),
        ("{uri: {prefix: /a}, method: {exact: GET}}", "{uri: {prefix: /a}}", []),
        ("{uri: {prefix: /a}}", "{uri: {prefix: /a}, method: {exact: GET}}", ["VS010"]),
        ("{headers: {a: {exact: b}}}", "{headers: {a: {exact: c}}}", []),
        ("{headers: {a: {exact: b}}}", "{headers: {a: {exact: b}, c: {exact: d}}}", ["VS010"]),
        ("{uri: {prefix: /a}, gateways: [infra/one]}", "{uri: {prefix: /a}, gateways: [infra/two]}", []),
        ("{uri: {regex: /a.*}}", "{uri: {exact: /ab}}", []),
        ("{uri: {prefix: /a}}", "{uri: {prefix: /A}, ignoreUriCase: true}", []),
    ],
)
def test_a_route_behind_a_wider_one_is_not_reached(first: str, second: str, found: list[str]) -> None:
    assert codes(routes(f"[{{match: [{first}], {SERVE}}}, {{match: [{second}], {SERVE}}}]")) == found


def test_routes_behind_a_delegate_are_reached() -> None:
    text = routes(f"[{{match: [{{uri: {{prefix: /}}}}], delegate: {{name: a, namespace: other}}}}, {{{SERVE}}}]")
    assert codes(text) == []


MATCH = st.fixed_dictionaries(
    {},
    optional={
        "uri": st.one_of(
            st.fixed_dictionaries({"prefix": st.sampled_from(["/", "/a", "/a/b", "/b"])}),
            st.fixed_dictionaries({"exact": st.sampled_from(["/a", "/a/b", "/b"])}),
        ),
        "method": st.fixed_dictionaries({"exact": st.sampled_from(["GET", "POST"])}),
        "headers": st.dictionaries(
            st.sampled_from(["x", "y"]), st.fixed_dictionaries({"exact": st.sampled_from(["1", "2"])}), max_size=2
        ),
    },
)
REQUESTS = [
    {"path": path, "method": method, "headers": {"x": x, "y": y}}
    for path in ("/", "/a", "/ab", "/a/b", "/a/b/c", "/b", "/c")
    for method in ("GET", "POST")
    for x in ("1", "2", "3")
    for y in ("1", "2", "3")
]


def taken(match: dict[str, Any], request: dict[str, Any]) -> bool:
    """What Envoy does with a match."""
    uri = match.get("uri", {})
    return (
        request["path"].startswith(uri.get("prefix", ""))
        and uri.get("exact", request["path"]) == request["path"]
        and match.get("method", {}).get("exact", request["method"]) == request["method"]
        and all(request["headers"][key] == value["exact"] for key, value in match.get("headers", {}).items())
    )


@given(MATCH, MATCH)
def test_a_match_covers_another_only_if_it_takes_all_its_requests(one: dict[str, Any], other: dict[str, Any]) -> None:
    if _covers(one, other):
        assert [request for request in REQUESTS if taken(other, request) and not taken(one, request)] == []


UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert seconds(text) == pytest.approx(sum(number * UNITS[unit] for number, unit in parts))


@given(st.one_of(st.none(), st.integers(), st.text()))
def test_what_is_no_duration_is_none(value: object) -> None:
    found = seconds(value)
    assert found is None or found >= 0


TWO = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: a, namespace: one}}
spec: {{hosts: [{0}], exportTo: [{1}], http: [{{directResponse: {{status: 200}}}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: b, namespace: two}}
spec: {{hosts: [{2}], exportTo: [{3}], http: [{{directResponse: {{status: 200}}}}]}}
"""


@pytest.mark.parametrize(
    ("said", "twice"),
    [
        (("a.example.com", '"*"', "a.example.com", '"*"'), True),
        (("a.example.com", ".", "a.example.com", "."), False),
        (("a.example.com", ".", "a.example.com", '"*"'), True),
        (("a.example.com", '"*"', "a.example.com", "."), True),
        (("a.example.com", "two", "a.example.com", "."), True),
        (("a", '"*"', "a", '"*"'), False),
        (("a.two.svc.cluster.local", '"*"', "a", '"*"'), True),
    ],
)
def test_one_host_is_routed_twice_where_both_are_seen(said: tuple[str, ...], twice: bool) -> None:
    assert ("VS008" in codes(TWO.format(*said))) is twice


LABELLED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: bank, namespace: default, labels: {version: v1}}
spec:
  selector: {matchLabels: {app: bank}}
  template:
    metadata: {labels: {app: bank%s}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: bank, namespace: default}
spec: {selector: {app: bank}, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: bank, namespace: default}
spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}]}
---
"""
ROUTED = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: bank, namespace: default}
spec: {hosts: [bank], http: [{route: [{destination: {host: bank, subset: v1}}]}]}
"""


@pytest.mark.parametrize(
    ("label", "route", "found"),
    [("", ROUTED, "DR002"), ("", "", "DR003"), (", version: v1", ROUTED, ""), (", version: v2", ROUTED, "DR002")],
)
def test_a_deployments_own_label_is_not_its_pods(label: str, route: str, found: str) -> None:
    assert [code for code in codes(LABELLED % label + route) if code.startswith("DR")] == ([found] if found else [])


def test_two_of_one_name_are_no_conflict_of_the_mesh() -> None:
    assert "VS008" not in codes(routes(f"[{{{SERVE}}}]") + "---" + routes(f"[{{{SERVE}}}]"))


AIMED = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]"
SELECTED = "selector: {matchLabels: {app: bank}}"


@pytest.mark.parametrize(
    ("api", "kind", "rest", "code"),
    [
        ("security.istio.io/v1", "AuthorizationPolicy", "rules: [{}]", "AUTHZ007"),
        ("telemetry.istio.io/v1", "Telemetry", "tracing: []", "TELEMETRY002"),
        ("extensions.istio.io/v1alpha1", "WasmPlugin", "url: oci://example.com/auth:1", "WASM001"),
    ],
)
def test_a_policy_selects_pods_or_names_its_targets(api: str, kind: str, rest: str, code: str) -> None:
    for said, found in ((f"{AIMED}, {SELECTED}", True), (AIMED, False), (SELECTED, False)):
        text = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: default}}\nspec: {{{said}, {rest}}}\n"
        assert (code in codes(text)) is found


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ("", True),
        (", patch: {}", True),
        (", patch: {operation: INVALID, value: {a: b}}", True),
        (", patch: {operation: MERGE}", True),
        (", patch: {operation: MERGE, value: {connect_timeout: 5s}}", False),
        (", patch: {operation: REMOVE}", False),
    ],
)
def test_a_patch_says_what_to_do(patch: str, found: bool) -> None:
    text = f"""
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {{name: cluster, namespace: default}}
spec: {{configPatches: [{{applyTo: CLUSTER{patch}}}]}}
"""
    assert ("ENVOY004" in codes(text)) is found


@pytest.mark.parametrize(
    ("host", "resolution", "found"),
    [("*", "NONE", True), ("*", "DNS", True), ("*.example.com", "NONE", False), ("*.example.com", "DNS", True)],
)
def test_an_entry_is_not_for_every_host(host: str, resolution: str, found: bool) -> None:
    text = f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: all, namespace: default}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http, protocol: HTTP}}], resolution: {resolution}}}
"""
    assert ("SE005" in codes(text)) is found
