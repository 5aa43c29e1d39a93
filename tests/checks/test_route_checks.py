"""The checks of Ingresses and of the Gateway API, in more cases than their pages hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.test_service_checks import codes, service


def ingress(name: str = "web", *rules: dict[str, Any], annotations: Any = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", **({"annotations": annotations} if annotations else {})}
    spec = {"ingressClassName": "nginx", **spec, **({"rules": list(rules)} if rules else {})}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def rule(host: str = "", path: str = "/", kind: str = "Prefix", **backend: Any) -> dict[str, Any]:
    backend = backend or {"service": {"name": "web", "port": {"number": 80}}}
    http = {"paths": [{"path": path, "pathType": kind, "backend": backend}]}
    return {"http": http, **({"host": host} if host else {})}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (rule(), []),
        (rule("10.0.0.1"), ["ING001", "ING008"]),
        (rule("Shop.example.com"), ["ING001", "ING008"]),
        (rule("a.*.com"), ["ING001", "ING008"]),
        (rule(path="/a//b"), ["ING002"]),
        (rule(path="/a/.."), ["ING002"]),
        (rule(path="/a/..b"), []),
        (rule(path="", kind="ImplementationSpecific"), []),
        (rule(path="/(.*)", kind="ImplementationSpecific"), []),
        (rule(path="/(.*)"), ["ING011"]),
        (rule(resource={"kind": "Bucket", "name": "a"}), []),
        (rule(resource={"kind": "Bucket", "name": "a"}, service={"name": "a", "port": {"number": 1}}), ["ING003"]),
        (rule(service={"name": "a", "port": {}}), ["ING003"]),
        (rule(service={"name": "a", "port": {"number": 70000}}), ["ING003"]),
        (rule(service={"name": "A", "port": {"number": 80}}), ["ING003"]),
        ({"http": {"paths": []}}, ["ING004"]),
    ],
)
def test_rules(given: dict[str, Any], told: list[str]) -> None:
    assert codes(ingress("web", given), family="ING") == told


def test_a_service_may_begin_with_a_digit_since_1_36() -> None:
    bodies = ingress("web", rule(service={"name": "1a", "port": {"number": 80}}))
    assert codes(bodies, family="ING") == []
    assert codes(bodies, version="1.34", family="ING") == ["ING003"]


def test_certificates_and_hosts_fit() -> None:
    wide = [{"hosts": ["*.example.com"]}]
    assert codes(ingress("web", rule("a.example.com"), tls=wide), family="ING") == []
    assert codes(ingress("web", rule("a.b.example.com"), tls=wide), family="ING") == ["ING008", "ING009"]
    assert codes(ingress("web", rule("a.example.com"), tls=[{}]), family="ING") == []
    assert codes(ingress("web", rule(), tls=[{"hosts": ["a.example.com"]}]), family="ING") == []


def test_one_host_and_path_is_one_ingresss() -> None:
    tls = [{"hosts": ["a.example.com"]}]
    one, same = (ingress(name, rule("a.example.com", "/a"), tls=tls) for name in ("one", "two"))
    slash = ingress("two", rule("a.example.com", "/a/"), tls=tls)
    exact = ingress("two", rule("a.example.com", "/a", "Exact"), tls=tls)
    elsewhere = ingress("two", rule("a.example.com", "/a"), tls=tls, ingressClassName="traefik")
    canary = ingress(
        "two", rule("a.example.com", "/a"), tls=tls, annotations={"nginx.ingress.kubernetes.io/canary": "true"}
    )
    assert codes(one, same, family="ING") == codes(one, slash, family="ING") == ["ING010"]
    assert (
        codes(one, exact, family="ING") == codes(one, elsewhere, family="ING") == codes(one, canary, family="ING") == []
    )
    assert codes(ingress("one", *[rule("a.example.com", "/a")] * 2, tls=tls), family="ING") == ["ING010"]


API = "gateway.networking.k8s.io/v1"


def gateway(
    *listeners: dict[str, Any], name: str = "public", namespace: str = "default", **spec: Any
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": API,
        "kind": "Gateway",
        "metadata": metadata,
        "spec": {"gatewayClassName": "a", "listeners": list(listeners), **spec},
    }


def listener(name: str = "https", protocol: str = "HTTPS", **fields: Any) -> dict[str, Any]:
    secured = {"tls": {"certificateRefs": [{"name": "a"}]}} if protocol in ("HTTPS", "TLS") else {}
    return {"name": name, "port": 443, "protocol": protocol, **secured, **fields}


def route(
    kind: str = "HTTPRoute", name: str = "web", namespace: str = "default", parent: Any = None, **spec: Any
) -> dict[str, Any]:
    spec = {
        "parentRefs": [{"name": "public", "namespace": "default", **(parent or {})}],
        "hostnames": ["a.example.com"],
        **spec,
    }
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


@pytest.mark.parametrize(
    ("listeners", "given", "told"),
    [
        ([listener()], route(), []),
        ([listener()], route(parent={"sectionName": "https", "port": 443}), []),
        ([listener()], route(parent={"port": 80}), ["GWAPI002"]),
        ([listener()], route("GRPCRoute"), []),
        ([listener()], route("TLSRoute"), ["GWAPI003"]),
        ([listener(allowedRoutes={"kinds": [{"kind": "GRPCRoute"}]})], route(), ["GWAPI003"]),
        ([listener(protocol="example.com/own")], route(), []),
        ([listener()], route(namespace="shop"), ["GWAPI003"]),
        ([listener(allowedRoutes={"namespaces": {"from": "All"}})], route(namespace="shop"), ["GWAPI012"]),
        ([listener(hostname="b.example.com")], route(), ["GWAPI004"]),
        ([listener(hostname="b.example.com"), listener("a", hostname="*.example.com")], route(), []),
        ([listener(hostname="b.example.com")], route(hostnames=["a.example.com", "*.example.com"]), ["GWAPI004"]),
    ],
)
def test_routes_and_listeners(listeners: list[dict[str, Any]], given: dict[str, Any], told: list[str]) -> None:
    assert codes(gateway(*listeners), given, family="GWAPI") == told


def test_a_selector_chooses_namespaces_by_their_labels() -> None:
    chosen = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}}
    bodies = gateway(listener(allowedRoutes=chosen)), route(namespace="shop")

    def namespace(**labels: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}

    assert codes(*bodies, namespace(team="shop"), family="GWAPI") == []
    assert codes(*bodies, namespace(team="other"), family="GWAPI") == ["GWAPI003"]
    assert codes(*bodies, family="GWAPI") == []  # its labels are not known


def test_a_parent_elsewhere_may_serve_what_this_one_does_not() -> None:
    given = route()
    given["spec"]["parentRefs"].append({"name": "elsewhere"})
    assert codes(gateway(listener(hostname="b.example.com")), given, family="GWAPI") == []


def grant(target: dict[str, Any], **source: str) -> dict[str, Any]:
    given = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "default", **source}
    metadata = {"name": "a", "namespace": "shop"}
    return {
        "apiVersion": API,
        "kind": "ReferenceGrant",
        "metadata": metadata,
        "spec": {"from": [given], "to": [target]},
    }


def test_a_grant_is_for_a_kind_a_namespace_and_perhaps_a_name() -> None:
    refers = route(rules=[{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}])
    every = {"group": "", "kind": "Service"}
    assert codes(refers, grant(every), family="GWAPI") == []
    assert codes(refers, grant({**every, "name": "web"}), family="GWAPI") == []
    assert codes(refers, grant({**every, "name": "api"}), family="GWAPI") == ["GWAPI005"]
    assert codes(refers, grant(every, kind="GRPCRoute"), family="GWAPI") == ["GWAPI005"]
    assert codes(refers, grant(every, namespace="other"), family="GWAPI") == ["GWAPI005"]


def test_two_routes_meet_where_host_listener_and_match_are_one() -> None:
    def one(name: str, **fields: Any) -> dict[str, Any]:
        match = {
            "path": {"value": "/a"},
            "headers": [{"name": "X", "value": "1"}, {"name": "y", "value": "2"}],
            **fields,
        }
        return route(name=name, rules=[{"matches": [match]}])

    turned = {"headers": [{"name": "Y", "value": "2"}, {"name": "x", "value": "1"}]}
    public = gateway(listener())
    assert codes(public, one("a"), one("b", **turned), family="GWAPI") == ["GWAPI008"]
    assert codes(public, one("a"), one("b", method="GET"), family="GWAPI") == []
    other = one("b")
    other["spec"]["hostnames"] = ["b.example.com"]
    assert codes(public, one("a"), other, family="GWAPI") == []


def test_a_route_of_a_mesh_needs_no_host() -> None:
    assert codes(route(hostnames=[], parent={"kind": "Service", "group": ""}), family="GWAPI") == []
    assert codes(route(hostnames=[]), family="GWAPI") == ["GWAPI009"]
    assert codes(gateway(listener(hostname="a.example.com")), route(hostnames=[]), family="GWAPI") == []


def test_an_alias_is_no_backend() -> None:
    alias = service("maps", type="ExternalName", externalName="maps.example.com")
    to = [{"backendRefs": [{"name": "maps", "port": 80}]}]
    assert codes(alias, route(rules=to), family="GWAPI") == ["GWAPI010"]
    assert codes(alias, ingress("a", rule(service={"name": "maps", "port": {"number": 80}})), family="ING") == [
        "ING012"
    ]
