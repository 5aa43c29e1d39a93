"""What Istio makes of a stack: hosts, subsets, selectors, injection and mTLS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.mesh import Host, Mesh, protocol
from pilothouse.reading import Reading
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")


def mesh(text: str) -> Mesh:
    reading = Reading()
    reading.read_text(text.encode(), "a.yaml", "a.yaml")
    assert reading.findings == []
    return Stack(somebodys("1.34"), CATALOGUE, reading.manifests).mesh


def entry(*hosts: str, namespace: str = "shop", export: str = "") -> str:
    seen = f", exportTo: [{export}]" if export else ""
    named = ", ".join(f'"{host}"' for host in hosts)
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: e{abs(hash((hosts, namespace, export)))}, namespace: {namespace}}}
spec: {{hosts: [{named}], ports: [{{number: 80, name: http, protocol: HTTP}}], resolution: NONE{seen}}}
---
"""


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop}
spec: {ports: [{name: http, port: 80}]}
---
"""


@pytest.mark.parametrize(
    ("host", "namespace", "found"),
    [
        ("ratings", "shop", True),
        ("ratings", "bank", False),
        ("ratings.shop.svc.cluster.local", "bank", True),
        ("ratings.shop", "shop", False),
        ("ratings.shop.svc", "shop", False),
    ],
)
def test_only_a_name_without_a_dot_is_completed(host: str, namespace: str, found: bool) -> None:
    assert bool(mesh(SERVICE).find(host, namespace)) is found


@pytest.mark.parametrize(
    ("entries", "host", "namespace", "found"),
    [
        (entry("*.example.com"), "a.example.com", "bank", True),
        (entry("*.example.com"), "a.b.example.com", "bank", True),
        (entry("*.example.com"), "example.com", "bank", False),
        (entry("*.example.com"), "*.example.com", "bank", True),
        (entry("a.example.com", export="."), "a.example.com", "bank", False),
        (entry("a.example.com", export="."), "a.example.com", "shop", True),
        (entry("a.example.com", export="bank"), "a.example.com", "shop", False),
        (entry("a.example.com", export="bank"), "a.example.com", "bank", True),
        (entry("a.example.com", export='"*"'), "a.example.com", "any", True),
    ],
)
def test_entries_are_seen_where_they_are_exported(entries: str, host: str, namespace: str, found: bool) -> None:
    assert bool(mesh(entries).find(host, namespace)) is found


LABEL = st.from_regex(r"[a-z]{1,3}", fullmatch=True)


@given(st.lists(LABEL, min_size=1, max_size=4), st.integers(0, 4))
def test_a_wildcard_is_found_by_every_name_below_it_and_by_no_other(labels: list[str], cut: int) -> None:
    name = ".".join([*labels, "example", "com"])
    suffix = ".".join([*labels, "example", "com"][min(cut, len(labels)) :])
    found: list[Host] = mesh(entry(f"*.{suffix}")).find(name, "shop")
    assert bool(found) is (name != suffix)
    assert mesh(entry(f"*.x{suffix}")).find(name, "shop") == []


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=5), st.integers())
def test_a_protocol_is_one_that_istio_has_or_none(name: str, application: str, transport: str, number: int) -> None:
    known = ["GRPC", "GRPC-WEB", "HTTP", "HTTP2", "HTTPS", "HTTP_PROXY", "MONGO", "MYSQL", "REDIS", "TCP", "TLS", "UDP"]
    assert protocol(number, name, transport, application) in ["", *known]


@pytest.mark.parametrize(
    ("name", "application", "number", "expected"),
    [
        ("http", "", 80, "HTTP"),
        ("HTTP-web", "", 80, "HTTP"),
        ("grpc-web-front", "", 80, "GRPC-WEB"),
        ("grpc-api", "", 80, "GRPC"),
        ("httpx", "", 80, ""),
        ("web", "", 80, ""),
        ("web", "", 3306, "TCP"),
        ("web", "http2", 80, "HTTP2"),
        ("http", "kubernetes.io/wss", 80, "HTTPS"),
        ("http", "mongo", 80, "MONGO"),
        ("http", "something", 80, ""),
    ],
)
def test_a_port_says_its_protocol(name: str, application: str, number: int, expected: str) -> None:
    assert protocol(number, name, "TCP", application) == expected


PODS = """
apiVersion: v1
kind: Pod
metadata: {name: bank, namespace: bank, labels: {app: bank%s}%s}
spec: {containers: [{name: bank, image: bank}]%s}
---
"""


@pytest.mark.parametrize(
    ("namespace", "label", "annotation", "host", "expected"),
    [
        ("istio-injection: enabled", "", "", "", True),
        ("istio-injection: enabled", ', sidecar.istio.io/inject: "false"', "", "", False),
        ("istio-injection: enabled", "", ', annotations: {sidecar.istio.io/inject: "false"}', "", False),
        ("istio-injection: enabled", "", "", ", hostNetwork: true", False),
        ("istio-injection: disabled", ', sidecar.istio.io/inject: "true"', "", "", False),
        ("istio.io/rev: canary", "", "", "", True),
        ("team: bank", "", "", "", False),
        ("team: bank", ', sidecar.istio.io/inject: "true"', "", "", True),
        ("istio.io/dataplane-mode: ambient", "", "", "", False),
        ("", "", "", "", None),
    ],
)
def test_which_pods_get_a_sidecar(
    namespace: str, label: str, annotation: str, host: str, expected: bool | None
) -> None:
    text = PODS % (label, annotation, host)
    if namespace:
        text += f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: bank, labels: {{{namespace}}}}}\n"
    built = mesh(text)
    assert built.has_sidecar(built.pods[0]) is expected


def peer(namespace: str, said: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: p{abs(hash((namespace, said)))}, namespace: {namespace}}}
spec: {{{said}}}
---
"""


SELECT = "selector: {matchLabels: {app: bank}}, "


@pytest.mark.parametrize(
    ("peers", "port", "expected"),
    [
        ("", None, "PERMISSIVE"),
        (peer("istio-system", "mtls: {mode: STRICT}"), None, "STRICT"),
        (peer("other", "mtls: {mode: STRICT}"), None, "PERMISSIVE"),
        (peer("istio-system", "mtls: {mode: STRICT}") + peer("bank", "mtls: {mode: DISABLE}"), None, "DISABLE"),
        (peer("istio-system", "mtls: {mode: STRICT}") + peer("bank", "mtls: {mode: UNSET}"), None, "STRICT"),
        (peer("bank", "mtls: {mode: STRICT}") + peer("bank", SELECT + "mtls: {mode: DISABLE}"), None, "DISABLE"),
        (peer("bank", SELECT + "mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}"), 8080, "DISABLE"),
        (peer("bank", SELECT + "mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}"), 80, "STRICT"),
        (peer("istio-system", SELECT + "mtls: {mode: STRICT}"), None, "PERMISSIVE"),
    ],
)
def test_the_narrowest_peer_authentication_counts(peers: str, port: int | None, expected: str) -> None:
    built = mesh(PODS % ("", "", "") + peers)
    assert built.mtls(built.pods[0], port)[0] == expected


def test_nothing_shows_a_mesh_in_a_stack_without_istio() -> None:
    assert not mesh(SERVICE + PODS % ("", "", "")).used
    assert mesh(SERVICE + PODS % (', sidecar.istio.io/inject: "true"', "", "")).used
    assert mesh(entry("a.example.com")).used
