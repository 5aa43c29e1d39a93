"""Selectors of Istio's objects: whether each meets pods, and whether two that exclude each other meet the same."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import EXTENSIONS, NETWORKING, ROOT, SECURITY, TELEMETRY, labels_of, namespace_of, spec
from pilothouse.stack import Stack

_SELECTING = (
    (SECURITY, "AuthorizationPolicy"),
    (SECURITY, "PeerAuthentication"),
    (SECURITY, "RequestAuthentication"),
    (NETWORKING, "Sidecar"),
    (NETWORKING, "EnvoyFilter"),
    (NETWORKING, "ProxyConfig"),
    (NETWORKING, "ServiceEntry"),
    (NETWORKING, "DestinationRule"),
    (TELEMETRY, "Telemetry"),
    (EXTENSIONS, "WasmPlugin"),
    (EXTENSIONS, "TrafficExtension"),
)
"""The kinds that select pods by their labels."""
_OF_GATEWAYS = ("gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name")
"""Labels of pods that are made from a Gateway of the Gateway API, and stand in no stack."""


@stack_check(
    "MESH002",
    Severity.WARNING,
    "a selector that meets no pod of the mesh",
    equals=(
        "istioctl IST0127",
        "istioctl IST0101",
        "kiali KIA0004",
    ),
)
def no_pods(stack: Stack) -> Iterator[Problem]:
    """A policy, Sidecar or filter of Istio counts for the pods that carry all labels of its selector. Where there are
    none, it does nothing: what an AuthorizationPolicy was to refuse gets through.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: database}}, action: DENY, rules: [{to: [{operation: {ports: ["22"]}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, action: DENY, rules: [{to: [{operation: {ports: ["22"]}}]}]}
    ```

    Source: Istio's reference, WorkloadSelector.
    """
    mesh = stack.mesh
    for group, kind in _SELECTING:
        for manifest in mesh.of(kind, group):
            path, labels = labels_of(manifest)
            namespace = namespace_of(manifest)
            root = namespace == ROOT and kind not in ("Sidecar", "ServiceEntry", "DestinationRule")
            shown = mesh.whole or bool(mesh.namespaces) if root else namespace in mesh.by_namespace
            if not labels or not mesh.pods or not shown or any(label in labels for label in _OF_GATEWAYS):
                continue
            if not mesh.meeting(labels, "" if root else namespace):
                words = ",".join(f"{key}={value}" for key, value in labels.items())
                where = "of the mesh" if root else f"in {namespace}"
                yield Problem(manifest, f"no pod {where} carries {words}", path, "select labels that the pods carry")


_ONE_EACH = ((NETWORKING, "Sidecar"), (SECURITY, "PeerAuthentication"), (TELEMETRY, "Telemetry"))
"""The kinds of which one counts for each pod."""


def _parts(manifest: Manifest) -> frozenset[str]:
    """What a Telemetry says something about: two that say nothing of the same do not exclude each other."""
    if manifest.kind != "Telemetry":
        return frozenset("*")
    return frozenset(part for part in ("tracing", "metrics", "accessLogging") if spec(manifest).get(part))


@stack_check(
    "MESH003",
    Severity.ERROR,
    "two of a kind for a whole namespace",
    equals=(
        "istioctl IST0111",
        "istioctl IST0160",
        "kiali KIA0002",
    ),
)
def two_for_all(stack: Stack) -> Iterator[Problem]:
    """Of Sidecars, PeerAuthentications and Telemetries without a selector, one counts in a namespace: the oldest. The
    others do nothing, and nothing says so.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: permissive, namespace: default}
    spec: {mtls: {mode: PERMISSIVE}}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ```

    Source: Istio's reference, Sidecar and PeerAuthentication.
    """
    for group, kind in _ONE_EACH:
        first: dict[tuple[str, str], Manifest] = {}
        for manifest in stack.mesh.of(kind, group):
            if labels_of(manifest)[1] or spec(manifest).get("targetRefs") or spec(manifest).get("targetRef"):
                continue
            for part in sorted(_parts(manifest)):
                other = first.setdefault((namespace_of(manifest), part), manifest)
                if other.identity != manifest.identity:
                    message = f"{other.identity} is for all pods of the namespace too; the older of the two counts"
                    yield Problem(manifest, message, ("metadata", "name"), "make one of the two, or add a selector")
                    break


@stack_check(
    "MESH004",
    Severity.ERROR,
    "two of a kind for the same pods",
    equals=(
        "istioctl IST0110",
        "istioctl IST0159",
        "kiali KIA0003",
    ),
)
def two_for_the_same(stack: Stack) -> Iterator[Problem]:
    """Of Sidecars, PeerAuthentications and Telemetries whose selectors meet the same pods, one counts for them: the
    oldest.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db, tier: data}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: data, namespace: default}
    spec: {selector: {matchLabels: {tier: data}}, mtls: {mode: PERMISSIVE}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db, tier: data}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}}
    ```
    """
    mesh = stack.mesh
    for group, kind in _ONE_EACH:
        first: dict[tuple[object, str], Manifest] = {}
        for manifest in mesh.of(kind, group):
            path, labels = labels_of(manifest)
            for pods in mesh.meeting(labels, namespace_of(manifest)) if labels else ():
                others = [first.setdefault((id(pods), part), manifest) for part in sorted(_parts(manifest))]
                other = next((each for each in others if each.identity != manifest.identity), None)
                if other is not None:
                    message = f"{other.identity} selects {pods.manifest.identity} too; the older of the two counts"
                    yield Problem(manifest, message, path, "let their selectors meet different pods")
                    break


@stack_check(
    "MESH005",
    Severity.WARNING,
    "a selector for the pods of a Gateway API gateway",
    equals=("istioctl IST0166",),
)
def gateway_pods(stack: Stack) -> Iterator[Problem]:
    """The proxies that are made from a Gateway of the Gateway API follow policies that name the Gateway in
    ``targetRefs``. Those that select their pods do nothing.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: edge, namespace: default}
    spec:
      selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}
      rules: [{to: [{operation: {ports: ["443"]}}]}]
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: edge, namespace: default}
    spec:
      targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
      rules: [{to: [{operation: {ports: ["443"]}}]}]
    ```

    Source: Istio's reference, AuthorizationPolicy, ``targetRefs``.
    """
    mesh = stack.mesh
    for group, kind in _SELECTING:
        if kind not in ("AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin"):
            continue
        for manifest in mesh.of(kind, group):
            path, labels = labels_of(manifest)
            if spec(manifest).get("targetRef") or spec(manifest).get("targetRefs"):
                continue
            met = mesh.meeting(labels, namespace_of(manifest)) if labels else []
            if any(label in labels or any(label in pods.labels for pods in met) for label in _OF_GATEWAYS):
                message = "a gateway's pods that are made from a Gateway do not follow a selector"
                yield Problem(manifest, message, path, "name the Gateway in targetRefs")


@stack_check(
    "SIDECAR001",
    Severity.WARNING,
    "a Sidecar that brings in a host that nobody has",
    equals=("kiali KIA1004",),
)
def egress_hosts(stack: Stack) -> Iterator[Problem]:
    """A Sidecar's egress lists the hosts that its pods reach, as ``namespace/host``. One that nobody has is most often
    a slip, and the host that was meant is not reached.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: default}
    spec: {egress: [{hosts: ["./banks.example.com"]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec: {hosts: [bank.example.com], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}
    ---
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: default}
    spec: {egress: [{hosts: ["./bank.example.com"]}]}
    ```

    Source: Istio's reference, Sidecar, IstioEgressListener, ``hosts``.
    """
    mesh = stack.mesh
    for sidecar in mesh.of("Sidecar"):
        for index, listener in mappings(spec(sidecar).get("egress")):
            for number, host in enumerate(map(text, listing(listener.get("hosts")))):
                namespace, slash, name = host.partition("/")
                own = namespace_of(sidecar)
                where = own if namespace in (".", "*", "~") else namespace
                if slash and namespace != "~" and name != "*" and mesh.lacks(name, where) and mesh.shows(where):
                    message = f"no Service or ServiceEntry has the host {name}"
                    path = ("spec", "egress", index, "hosts", number)
                    yield Problem(sidecar, message, path, "name a host in full")


@stack_check("SIDECAR002", Severity.WARNING, "the mesh's own Sidecar with a selector", equals=("kiali KIA1006",))
def root_selector(stack: Stack) -> Iterator[Problem]:
    """A Sidecar of the root namespace is the default of all others, and has no selector: with one it counts for pods
    of the root namespace alone.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: istio-system}
    spec: {workloadSelector: {labels: {app: shop}}, egress: [{hosts: ["./*"]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: shop}
    spec: {egress: [{hosts: ["./*"]}]}
    ```

    Source: Istio's reference, Sidecar.
    """
    for sidecar in stack.mesh.of("Sidecar"):
        path, labels = labels_of(sidecar)
        if labels and sidecar.namespace == ROOT and not stack.mesh.meeting(labels, ROOT):
            message = f"a Sidecar of {ROOT} with a selector is no default of the mesh"
            yield Problem(sidecar, message, path, "remove the selector, or put it into the pods' namespace")


@stack_check("SIDECAR003", Severity.WARNING, "a Sidecar where there are no sidecars", equals=("istioctl IST0167",))
def in_ambient(stack: Stack) -> Iterator[Problem]:
    """In a namespace of ambient mode pods have no sidecar: a Sidecar does nothing there.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: shop}
    spec: {egress: [{hosts: ["./*"]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio-injection: enabled}}
    ---
    apiVersion: networking.istio.io/v1
    kind: Sidecar
    metadata: {name: default, namespace: shop}
    spec: {egress: [{hosts: ["./*"]}]}
    ```
    """
    for sidecar in stack.mesh.of("Sidecar"):
        if stack.mesh.ambient(namespace_of(sidecar)):
            message = f"the namespace {sidecar.namespace} is in ambient mode, so no pod follows this Sidecar"
            yield Problem(sidecar, message, ("metadata", "namespace"), "remove it")
