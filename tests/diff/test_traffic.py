"""Which requests go elsewhere: from where to where, in percent, and which those are."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.diff.impact import Effect
from tests.diff.foreseen import impacts, said, shop, workload

APPS = workload("web", version="v1") + workload("next", version="v2")
WEB, NEXT = "Deployment shop/web", "Deployment shop/next"
ISTIO, GATEWAY = "networking.istio.io/v1", "gateway.networking.k8s.io/v1"


def to(subset: str, weight: int | None = None, host: str = "web") -> str:
    share = f", weight: {weight}" if weight is not None else ""
    return f"{{destination: {{host: {host}, subset: {subset}}}{share}}}"


def virtual(*routes: str, more: str = "") -> str:
    return shop(ISTIO, "VirtualService", f"{{hosts: [web], http: [{', '.join(routes)}]{more}}}")


def split(first: int, second: int) -> str:
    return f"{{route: [{to('v1', first)}, {to('v2', second)}]}}"


CANARY = "match: [{uri: {prefix: /api}, method: {exact: GET}, headers: {x-canary: {exact: 'true'}}}]"
API = "GET requests for /api* with header x-canary=true to web"
TESTERS = f"{{{CANARY}, route: [{to('v2')}]}}"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (split(90, 10), split(75, 25), ["all requests to web go elsewhere: web v2 10 % → 25 % and web v1 90 % → 75 %"]),
        (split(9, 1), split(90, 10), []),
        (split(2, 1), split(1, 1), ["all requests to web go elsewhere: web v2 33.3 % → 50 % and web v1 66.7 % → 50 %"]),
        (split(1, 2), f"{{name: renamed, route: [{to('v1', 1)}, {to('v2', 2)}]}}", []),
        (split(90, 10), f"{split(90, 10)}, {split(10, 90)}", []),
        (split(1, 2), split(33333333, 66666666), []),
        (
            f"{{match: [{{name: a, uri: {{prefix: /a}}}}], route: [{to('v1')}]}}",
            f"{{match: [{{name: b, uri: {{prefix: /a}}}}], route: [{to('v1')}]}}",
            [],
        ),
        (split(100, 0), f"{{route: [{to('v1')}]}}", []),
        (
            f"{{route: [{to('v1')}]}}",
            f"{{route: [{to('v1', host='web.shop.svc.cluster.local')}]}}",
            [],
        ),
        (
            f"{{route: [{to('v1')}]}}",
            f"{{route: [{to('v2')}]}}",
            ["all requests to web go to web v2 instead of web v1"],
        ),
        (
            split(90, 10),
            f"{TESTERS}, {split(90, 10)}",
            [f"{API} go to web v2 instead of web v1 (90 %) and web v2 (10 %)"],
        ),
        (
            f"{TESTERS}, {split(90, 10)}",
            split(90, 10),
            [f"{API} go to web v1 (90 %) and web v2 (10 %) instead of web v2"],
        ),
        (TESTERS, f"{{{CANARY}, route: [{to('v1')}]}}", [f"{API} go to web v1 instead of web v2"]),
        (
            f"{TESTERS}, {split(1, 1)}",
            f"{TESTERS}, {split(0, 1)}",
            ["all other requests to web go elsewhere: web v2 50 % → 100 % and web v1 50 % → 0 %"],
        ),
        (
            f"{TESTERS}, {split(1, 1)}",
            f"{split(1, 1)}, {TESTERS}",
            [f"{API} are looked for later than before: of several routes the first that fits counts"],
        ),
        (
            f"{{timeout: 5s, route: [{to('v1')}]}}",
            f"{{timeout: 2s, retries: {{attempts: 3}}, route: [{to('v1')}]}}",
            [
                "all requests to web have time limit 2s instead of 5s",
                'all requests to web have retries {"attempts": 3} instead of none',
            ],
        ),
        (
            f"{{route: [{to('v1')}]}}",
            f"{{mirror: {{host: web, subset: v2}}, route: [{to('v1')}]}}",
            ["all requests to web have copies to web v2 instead of none"],
        ),
        (
            f"{{route: [{to('v1')}]}}",
            f"{{fault: {{abort: {{httpStatus: 503}}}}, route: [{to('v1')}]}}",
            ['all requests to web have faults put in {"abort": {"httpStatus": 503}} instead of none'],
        ),
        (
            f"{{match: [{{uri: {{prefix: /a}}}}], route: [{to('v1')}]}}",
            f"{{match: [{{uri: {{prefix: /a}}}}, {{uri: {{prefix: /b}}}}], route: [{to('v1')}]}}",
            ["requests for /b* to web go to web v1"],
        ),
        (
            f"{{match: [{{uri: {{prefix: /a}}}}, {{uri: {{exact: /b}}}}], route: [{to('v1')}]}}",
            f"{{match: [{{uri: {{prefix: /a}}}}, {{uri: {{exact: /b}}}}], route: [{to('v2')}]}}",
            ["requests for /a* and requests for /b to web go to web v2 instead of web v1"],
        ),
    ],
)
def test_a_virtual_service_says_which_requests_move(before: str, after: str, says: list[str]) -> None:
    assert said(virtual(before), virtual(after), Effect.TRAFFIC, "VirtualService") == says


def test_a_shift_has_its_numbers() -> None:
    (told,) = impacts(virtual(split(90, 10)), virtual(split(75, 25)), Effect.TRAFFIC)
    facts: dict[str, Any] = {"requests": "all requests", "destination": "web v2", "from": 10, "to": 25}
    assert (told.facts, told.field) == (facts, "spec.http[0].route")


def test_a_virtual_service_comes_goes_and_gets_other_hosts() -> None:
    one = virtual(split(3, 1))
    assert said("", one, Effect.TRAFFIC) == ["all requests to web go to web v1 (75 %) and web v2 (25 %)"]
    assert said(one, "", Effect.TRAFFIC) == ["all requests to web are no longer led to web v1 (75 %) and web v2 (25 %)"]
    other = one.replace("hosts: [web]", "hosts: [web, api], gateways: [edge]")
    assert said(one, other, Effect.TRAFFIC) == [
        "requests for api are led by it",
        "requests through edge are led by it",
        "requests through mesh are no longer led by it",
    ]


def route(*rules: str, kind: str = "HTTPRoute") -> str:
    return shop(GATEWAY, kind, f"{{parentRefs: [{{name: edge}}], rules: [{', '.join(rules)}]}}")


def backends(first: int | None, second: int | None, match: str = "") -> str:
    one, two = (
        f"{{name: {name}, port: 80{f', weight: {weight}' if weight is not None else ''}}}"
        for name, weight in (("web", first), ("next", second))
    )
    return f"{{{match}backendRefs: [{one}, {two}]}}"


QUERY = "matches: [{path: {value: /api}, method: GET, queryParams: [{name: v, value: '2'}]}], "


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            route(backends(90, 10)),
            route(backends(75, 25)),
            ["all requests go elsewhere: next:80 10 % → 25 % and web:80 90 % → 75 %"],
        ),
        (route(backends(None, None)), route(backends(5, 5)), []),
        (
            route(backends(0, 0)),
            route(backends(1, 0)),
            ["all requests go to web:80 instead of nobody"],
        ),
        (
            route(backends(1, 1)),
            route(backends(1, 0, QUERY), backends(1, 1)),
            ["GET requests for /api* with query v=2 go to web:80 instead of web:80 (50 %) and next:80 (50 %)"],
        ),
        (
            route("{backendRefs: [{name: web, port: 80}]}"),
            route(
                "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: next, port: 80}}}],"
                " timeouts: {request: 1s}, backendRefs: [{name: web, port: 80}]}"
            ),
            [
                'all requests have time limits {"request": "1s"} instead of none',
                "all requests have copies to next:80 instead of none",
            ],
        ),
        (
            route(backends(1, 1, "matches: [{method: {service: shop.Cart, method: Add}}], "), kind="GRPCRoute"),
            route(backends(3, 1, "matches: [{method: {service: shop.Cart, method: Add}}], "), kind="GRPCRoute"),
            ["requests for shop.Cart/Add go elsewhere: web:80 50 % → 75 % and next:80 50 % → 25 %"],
        ),
        (
            route(backends(1, 1)).replace("{name: edge}", "{name: edge, sectionName: https}"),
            route(backends(1, 1)),
            [
                "requests through Gateway edge are led by it",
                "requests through Gateway edge (https) are no longer led by it",
            ],
        ),
    ],
)
def test_weights_of_a_route_are_shares_of_their_sum(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.TRAFFIC) == says


def ingress(backend: str, path: str = "/", canary: str = "", more: str = "") -> str:
    annotations = ", ".join(f"nginx.ingress.kubernetes.io/{each}" for each in canary.split(";") if each)
    service = f"{{service: {{name: {backend}, port: {{number: 80}}}}}}"
    http = f"{{paths: [{{path: {path}, pathType: Prefix, backend: {service}}}]}}"
    spec = f"{{rules: [{{host: a.example.com, http: {http}}}]{more}}}"
    return shop("networking.k8s.io/v1", "Ingress", spec, metadata=f"annotations: {{{annotations}}}")


REST = ", defaultBackend: {service: {name: rest, port: {number: 80}}}"
TENTH, QUARTER = ("canary: 'true';canary-weight: '10'", "canary: 'true';canary-weight: '25'")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (ingress("web"), ingress("next"), ["requests for a.example.com/* go to next:80 instead of web:80"]),
        (
            ingress("web", more=REST),
            ingress("web", path="/api", more=REST),
            [
                "requests for a.example.com/api* go to web:80 instead of rest:80",
                "requests for a.example.com/* go to rest:80 instead of web:80",
            ],
        ),
        (
            ingress("web", path="/a"),
            ingress("web", path="/b"),
            [
                "requests for a.example.com/b* go to web:80",
                "requests for a.example.com/a* are no longer led to web:80: no route is about them",
            ],
        ),
        (
            ingress("next", canary=TENTH),
            ingress("next", canary=QUARTER),
            [
                "requests for a.example.com/* go elsewhere: next:80 10 % → 25 % and "
                "the Ingress that is no canary 90 % → 75 %"
            ],
        ),
        (
            ingress("next", canary=TENTH),
            ingress("next", canary=f"{TENTH};canary-by-header: x-canary"),
            ["requests for a.example.com/* have canary by header x-canary instead of none"],
        ),
        (
            ingress("next", canary=f"{TENTH};canary-weight-total: '0'"),
            ingress("next", canary=TENTH),
            [],
        ),
        (
            ingress("next", canary="canary: 'true'"),
            ingress("next", canary="canary: 'true';canary-weight: '1';canary-weight-total: '200'"),
            [
                "requests for a.example.com/* go elsewhere: next:80 0 % → 0.5 % and "
                "the Ingress that is no canary 100 % → 99.5 %"
            ],
        ),
    ],
)
def test_an_ingress_says_which_paths_move(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.TRAFFIC) == says


def service(spec: str = "", selector: str = "{app: web}", ports: str = "[{port: 80}]") -> str:
    return shop("v1", "Service", f"{{selector: {selector}, ports: {ports}, {spec}}}")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (service(), service(selector="{app: next}"), [f"requests go to {NEXT} instead of {WEB}"]),
        (service(), service(selector="{app: web, version: v1}"), []),
        (
            service(),
            service(selector="{app: wbe}"),
            [f"requests fail: nothing in the stack has pods with app=wbe; before, they went to {WEB}"],
        ),
        (
            service(selector="{app: a}"),
            service(selector="{app: b}"),
            ["requests go to pods with app=b instead of app=a, none of which the stack shows"],
        ),
        (
            service(),
            service(ports="[{port: 80, targetPort: http}]"),
            ["requests to port 80/TCP go to the pods' port http instead of 80"],
        ),
        (service(ports="[{port: 80, targetPort: 80}]"), service(), []),
        (
            service(),
            service(ports="[{port: 443, targetPort: https}]"),
            ["requests to port 80/TCP fail: it is closed", "port 443/TCP answers, by the pods' port https"],
        ),
        (
            service(),
            service("sessionAffinity: ClientIP"),
            ["requests of one client go to the same pod again and again"],
        ),
        (service(), service("externalTrafficPolicy: Local"), []),
        (
            service("type: NodePort"),
            service("type: NodePort, externalTrafficPolicy: Local"),
            ["requests from outside go to pods of the node that they reach alone"],
        ),
        (service(), service("sessionAffinity: None, internalTrafficPolicy: Cluster"), []),
        (
            service(),
            service("internalTrafficPolicy: Local"),
            ["requests from inside go to pods of their own node alone, and nowhere without one"],
        ),
        (
            service(),
            service("type: ExternalName, externalName: a.example.com"),
            ["requests go to the host a.example.com instead of its pods"],
        ),
        (service(), "", ["requests to web.shop fail: its name and its address go"]),
        ("", service(), []),
    ],
)
def test_a_service_says_whom_its_requests_reach(before: str, after: str, says: list[str]) -> None:
    assert said(APPS + before, APPS + after, Effect.TRAFFIC) == says


def test_pods_that_leave_a_service_are_told_of_the_workload() -> None:
    one = service(selector="{version: v1}")
    moved = APPS.replace("version: v1", "version: v3")
    (told,) = impacts(APPS + one, moved + one, Effect.TRAFFIC)
    assert told.says == "requests to Service shop/web fail: no pods of the stack are left behind it"
    assert told.on is not None and told.on.kind == "Service"
    two = service(selector="{tier: a}")
    both = workload("web", tier="a") + workload("next", tier="a")
    (told,) = impacts(both + two, workload("web", tier="a") + two, Effect.TRAFFIC)
    assert told.says == f"it gets no requests to Service shop/web any more: {WEB} does"
    (told,) = impacts(workload("web", tier="a") + two, both + two, Effect.TRAFFIC)
    assert told.says == f"it gets requests to Service shop/web, beside {WEB}"


def test_pods_that_a_changed_service_leaves_are_told_of_the_service_alone() -> None:
    before, after = service(selector="{version: v1}"), service(selector="{version: v3}", ports="[{port: 81}]")
    moved = APPS.replace("version: v1", "version: v4")
    assert said(APPS + before, moved + after, Effect.TRAFFIC, "Deployment") == []
    assert "requests fail" in said(APPS + before, moved + after, Effect.TRAFFIC, "Service")[0]


def test_requests_of_one_protocol_never_fall_to_a_route_of_another() -> None:
    tls = ", tls: [{match: [{sniHosts: [web]}], route: [{destination: {host: next}}]}]"
    (told,) = said(virtual(split(1, 1)), virtual(split(1, 1), more=tls), Effect.TRAFFIC)
    assert told == "all requests for host web to web go to next"


def rule(spec: str) -> str:
    return shop(ISTIO, "DestinationRule", f"{{host: web, {spec}}}")


SERVICE = service(selector="{tier: a}")
TIERED = workload("web", tier="a", version="v1") + workload("next", tier="a", version="v2") + SERVICE


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            rule("subsets: [{name: v1, labels: {version: v1}}]"),
            rule("subsets: [{name: v1, labels: {version: v2}}]"),
            [f"subset v1 of web is the pods with version=v2 ({NEXT}) instead of the pods with version=v1 ({WEB})"],
        ),
        (
            rule("subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]"),
            rule("subsets: [{name: v1, labels: {version: v1}}, {name: v3, labels: {version: v3}}]"),
            [
                "subset v2 of web goes: requests that a route leads there fail",
                "subset v3 of web is the pods with version=v3 (none that the stack shows)",
            ],
        ),
        (
            rule("subsets: [{name: v1}]"),
            rule("subsets: [{name: v1, trafficPolicy: {tls: {mode: DISABLE}}}]"),
            ['requests to subset v1 of web are sent with TLS {"mode": "DISABLE"} instead of the mesh\'s default'],
        ),
        (
            rule("trafficPolicy: {loadBalancer: {simple: RANDOM}}"),
            rule("trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}, tls: {mode: DISABLE}}"),
            [
                'requests to web are shared out by {"simple": "LEAST_REQUEST"} instead of {"simple": "RANDOM"}',
                'requests to web are sent with TLS {"mode": "DISABLE"} instead of the mesh\'s default',
            ],
        ),
    ],
)
def test_a_destination_rule_says_which_pods_a_subset_is(before: str, after: str, says: list[str]) -> None:
    assert said(TIERED + before, TIERED + after, Effect.TRAFFIC) == says


def entry(endpoints: str) -> str:
    return shop(ISTIO, "ServiceEntry", f"{{hosts: [db.example.com], resolution: STATIC, endpoints: {endpoints}}}")


def slice_of(address: str) -> str:
    return (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: db-1, namespace: shop, "
        "labels: {kubernetes.io/service-name: db}}\n"
        f"addressType: IPv4\nendpoints: [{{addresses: [{address}]}}]\n---\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            entry("[{address: 192.0.2.1}]"),
            entry("[{address: 192.0.2.2}]"),
            ["requests to db.example.com go to 192.0.2.2 instead of 192.0.2.1"],
        ),
        (
            entry("[{address: 192.0.2.1}]"),
            "",
            ["the mesh no longer knows db.example.com: requests there fail where it lets nothing else out"],
        ),
        (
            slice_of("192.0.2.1"),
            slice_of("192.0.2.2"),
            ["requests to Service db go to 192.0.2.2 instead of 192.0.2.1"],
        ),
    ],
)
def test_addresses_that_are_named_are_told(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.TRAFFIC) == says
