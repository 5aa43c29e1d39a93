"""ServiceEntries: what they say of a host, against themselves and against others."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import NETWORKING, exported, namespace_of, spec
from pilothouse.stack import Stack

_SERVICE_ENTRY = [(NETWORKING, "ServiceEntry")]


def _tcp(entry: Manifest) -> list[tuple[int, int]]:
    """The ports that are plain TCP, each with its index and number."""
    found = []
    for index, port in mappings(spec(entry).get("ports")):
        number = port.get("number")
        if isinstance(number, int) and text(port.get("protocol")).upper() in ("", "TCP"):
            found.append((index, number))
    return found


@object_check(
    "SE001",
    Severity.ADVICE,
    "a TCP port without an address",
    kinds=_SERVICE_ENTRY,
    equals=("istioctl IST0134",),
)
def tcp_without_address(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """Plain TCP says no host: the proxy tells connections apart by the address that they go to. Without one, the entry
    takes every connection to that port, unless the mesh makes up addresses (DNS capture with
    ``PILOT_ENABLE_IP_AUTOALLOCATE``).

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec: {hosts: [db.example.com], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: DNS}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec:
      hosts: [db.example.com]
      addresses: [192.0.2.7]
      ports: [{number: 5432, name: tcp, protocol: TCP}]
      resolution: DNS
    ```

    Source: Istio's reference, ServiceEntry, ``addresses``.
    """
    if not listing(spec(manifest).get("addresses")):
        for index, number in _tcp(manifest):
            message = f"port {number} is plain TCP, and the entry has no address"
            yield Problem(
                manifest, message, ("spec", "ports", index), "add addresses, or say TLS or HTTP if it is that"
            )


@stack_check("SE002", Severity.WARNING, "two ServiceEntries for all connections to one port")
def same_tcp_port(stack: Stack) -> Iterator[Problem]:
    """Two entries with a plain TCP port of one number, and without addresses: the proxy cannot tell their connections
    apart, and sends all of them to one of the two hosts.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec: {hosts: [db.example.com], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: archive, namespace: default}
    spec: {hosts: [archive.example.com], ports: [{number: 5432, name: tcp, protocol: TCP}], resolution: DNS}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec:
      hosts: [db.example.com]
      addresses: [192.0.2.7]
      ports: [{number: 5432, name: tcp, protocol: TCP}]
      resolution: DNS
    ```
    """
    first: dict[tuple[int, str], Manifest] = {}
    for entry in stack.mesh.of("ServiceEntry"):
        if listing(spec(entry).get("addresses")):
            continue
        seen_in = exported(spec(entry).get("exportTo"), namespace_of(entry))
        for index, number in _tcp(entry):
            other = next((first[number, each] for each in (*seen_in, "*") if (number, each) in first), None)
            if other is not None and other.identity != entry.identity:
                message = f"{other.identity} takes all connections to port {number} too"
                yield Problem(entry, message, ("spec", "ports", index), "give both entries addresses")
            for each in seen_in:
                first.setdefault((number, each), entry)


@stack_check(
    "SE003",
    Severity.WARNING,
    "two ServiceEntries that contradict each other",
    equals=(
        "istioctl IST0177",
        "kiali KIA1212",
    ),
)
def one_host_twice(stack: Stack) -> Iterator[Problem]:
    """Two entries for one host and port are merged where they say the same. Where their protocols differ, the one that
    the proxy happens to read first counts.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank-api, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: http, protocol: HTTP}], resolution: DNS}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank-api, namespace: default}
    spec: {hosts: [api.bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ```
    """
    return (problem._replace(code="SE007") if same else problem for same, problem in _twice(stack))


@stack_check("SE007", Severity.ADVICE, "one host and port in two ServiceEntries", equals=("kiali KIA1211",))
def merged(stack: Stack) -> Iterator[Problem]:
    """Entries for one host and port that see each other are merged: their endpoints are put together. Say it once, or
    keep each to its own namespace with ``exportTo: ["."]``.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank-too, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: https, protocol: HTTPS}], resolution: DNS}
    ```
    """
    return iter(())  # the look of SE003 finds it


def _twice(stack: Stack) -> Iterator[tuple[bool, Problem]]:
    """The ports of a host that another ServiceEntry has, each with whether the two agree on the protocol."""
    first: dict[tuple[str, int], list[tuple[frozenset[str], str, Manifest]]] = defaultdict(list)
    for entry in stack.mesh.of("ServiceEntry"):
        seen_in = exported(spec(entry).get("exportTo"), namespace_of(entry))
        for index, port in mappings(spec(entry).get("ports")):
            protocol, number = text(port.get("protocol")).upper(), port.get("number")
            if not isinstance(number, int):
                continue
            for host in map(text, listing(spec(entry).get("hosts"))):
                before = first[host, number]
                for scope, said, other in before[:20]:
                    if other.identity != entry.identity and ("*" in scope | seen_in or scope & seen_in):
                        how = "too" if said == protocol else f"as {said}, and here it is {protocol}"
                        message = f"{other.identity} has port {number} of {host} {how}"
                        path = ("spec", "ports", index)
                        yield said == protocol, Problem(entry, message, path, "keep one of the two")
                        break
                before.append((seen_in, protocol, entry))


@stack_check("SE004", Severity.WARNING, "a ServiceEntry for a Service of the cluster")
def cluster_hosts(stack: Stack) -> Iterator[Problem]:
    """A Service's host is in the mesh by itself. A ServiceEntry for the same host competes with it: for its ports and
    its endpoints the Service counts, or the entry, or both together.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: ratings, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec:
      hosts: [ratings.default.svc.cluster.local]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: DNS
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: ratings, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: ratings, namespace: default}
    spec: {hosts: [ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
    ```
    """
    mesh = stack.mesh
    for entry in mesh.of("ServiceEntry"):
        for index, host in enumerate(map(text, listing(spec(entry).get("hosts")))):
            service = next((each for each in mesh.hosts.get(host, ()) if each.manifest.kind == "Service"), None)
            if service is not None:
                message = f"{service.manifest.identity} has this host by itself"
                yield Problem(entry, message, ("spec", "hosts", index), "remove the entry, or name another host")


def _address(value: object) -> bool:
    try:
        ipaddress.ip_address(text(value))
    except ValueError:
        return False
    return True


_BY_DNS = ("DNS", "DNS_ROUND_ROBIN")


@object_check(
    "SE005",
    Severity.ERROR,
    "a ServiceEntry that Istio refuses",
    kinds=_SERVICE_ENTRY,
    equals=("istioctl IST0106",),
)
def refused(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """How a host is resolved decides what else may be said: with ``NONE`` there are no endpoints, with ``DNS`` no
    wildcard hosts without endpoints and no networks as addresses, with ``STATIC`` the endpoints are IP addresses.
    Istio's webhook refuses what does not fit together, and the host ``*``.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: ["*.example.com"], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: ["*.example.com"], ports: [{number: 443, name: tls, protocol: TLS}], resolution: NONE}
    ```

    Source: Istio's reference, ServiceEntry, Resolution.
    """
    said = spec(manifest)
    resolution, endpoints = text(said.get("resolution"), "NONE"), mappings(said.get("endpoints"))
    hosts = [text(host) for host in listing(said.get("hosts"))]
    if endpoints and mapping(said, "workloadSelector"):
        message = "both endpoints and a workloadSelector"
        yield Problem(manifest, message, ("spec", "workloadSelector"), "keep one of the two")
    if resolution == "NONE" and endpoints:
        message = "resolution NONE goes to the address that the client asked for, and there are endpoints"
        yield Problem(manifest, message, ("spec", "endpoints"), "say STATIC or DNS, or remove the endpoints")
    for index, host in enumerate(hosts):
        if host == "*":
            yield Problem(manifest, "the host *, which is every host", ("spec", "hosts", index), "name a domain")
    if resolution in _BY_DNS and not endpoints and not mapping(said, "workloadSelector"):
        for index, host in enumerate(hosts):
            if host.startswith("*."):
                message = f"DNS cannot resolve {host}"
                yield Problem(manifest, message, ("spec", "hosts", index), "add endpoints, or say resolution NONE")
    if resolution == "DNS_ROUND_ROBIN" and len(endpoints) > 1:
        message = f"{len(endpoints)} endpoints, and DNS_ROUND_ROBIN has at most one"
        yield Problem(manifest, message, ("spec", "endpoints"), "keep one, or say resolution DNS")
    if resolution in _BY_DNS:
        for index, each in enumerate(listing(said.get("addresses"))):
            if "/" in text(each):
                message = f"the network {each} with resolution {resolution}"
                yield Problem(
                    manifest, message, ("spec", "addresses", index), "name one address, or say NONE or STATIC"
                )
    names = {text(port.get("name")) for _, port in mappings(said.get("ports"))}
    for index, endpoint in endpoints:
        at, address = ("spec", "endpoints", index), text(endpoint.get("address"))
        if resolution == "STATIC" and address and not address.startswith("unix://") and not _address(address):
            message = f"resolution STATIC with {address}, which is no IP address"
            yield Problem(manifest, message, (*at, "address"), "name an IP address, or say resolution DNS")
        for name in mapping(endpoint, "ports"):
            if name not in names:
                message = f"the entry has no port {name}"
                yield Problem(manifest, message, (*at, "ports", name), "name one of its ports")
    seen: set[object] = set()
    for index, port in mappings(said.get("ports")):
        for field in ("name", "number"):
            value = port.get(field)
            if isinstance(value, str | int) and value != "" and (field, value) in seen:
                path = ("spec", "ports", index, field)
                yield Problem(manifest, f"the port {value} stands twice", path, "rename or remove one")
            if isinstance(value, str | int):
                seen.add((field, value))


@object_check("SE006", Severity.ERROR, "a host with no endpoint", kinds=_SERVICE_ENTRY)
def no_endpoint(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``STATIC`` takes the endpoints that the entry lists, or the machines and pods that its ``workloadSelector``
    meets. With neither, every request is answered 503.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      endpoints: [{address: 192.0.2.1}]
    ```

    Source: Istio's reference, ServiceEntry, Resolution.
    """
    said = spec(manifest)
    if said.get("resolution") == "STATIC" and not listing(said.get("endpoints")) and "workloadSelector" not in said:
        message = "resolution STATIC with neither endpoints nor a workloadSelector"
        yield Problem(manifest, message, ("spec", "resolution"), "list the endpoints, or say resolution DNS")
