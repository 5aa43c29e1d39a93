"""PeerAuthentication: whether callers can keep to what it asks for."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.mesh_destinations import policies
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import SECURITY, Mesh, Pods, labels_of, spec
from pilothouse.stack import Stack

_PEER = [(SECURITY, "PeerAuthentication")]


@stack_check("MTLS001", Severity.WARNING, "mTLS of a port that no container has")
def ports(stack: Stack) -> Iterator[Problem]:
    """``portLevelMtls`` counts for a container's port, not for the Service's. For one on which nothing listens it does
    nothing, and the port that was meant keeps the mode of the others.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: default, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      mtls: {mode: STRICT}
      portLevelMtls: {80: {mode: PERMISSIVE}}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      mtls: {mode: STRICT}
      portLevelMtls: {8080: {mode: PERMISSIVE}}
    ```

    Source: Istio's reference, PeerAuthentication, ``portLevelMtls``.
    """
    mesh = stack.mesh
    for peer in mesh.of("PeerAuthentication", SECURITY):
        said = mapping(spec(peer), "portLevelMtls")
        offered: set[str] = set()
        for pods in mesh.judged(peer) if said and labels_of(peer)[1] else ():
            offered |= mesh.served.get(id(pods.manifest), {}).keys() | _container_ports(pods)
        for port in said if any(each.isdigit() for each in offered) else ():
            if str(port) not in offered:
                listed = ", ".join(sorted(each for each in offered if each.isdigit()))
                message = f"no container of these pods has the port {port}; they have {listed}"
                yield Problem(peer, message, ("spec", "portLevelMtls", port), "name the container's port")


def _container_ports(pods: Pods) -> set[str]:
    containers = pods.template.containers("containers", "initContainers") if pods.template else []
    return {
        str(port.get("containerPort")) for _, container in containers for _, port in mappings(container.get("ports"))
    }


@object_check(
    "MTLS002",
    Severity.ERROR,
    "mTLS of single ports for a whole namespace",
    kinds=_PEER,
    fields=("portLevelMtls",),
    equals=("istioctl IST0106",),
)
def ports_of_all(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``portLevelMtls`` needs a selector: Istio's webhook refuses it for a namespace or the mesh.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: bank, namespace: default}
    spec: {selector: {matchLabels: {app: bank}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}}
    ```
    """
    if spec(manifest).get("portLevelMtls") and not labels_of(manifest)[1]:
        message = "portLevelMtls without a selector"
        yield Problem(manifest, message, ("spec", "portLevelMtls"), "select the pods that it is for")


@stack_check("MTLS003", Severity.WARNING, "strict mTLS where callers come from outside")
def outside_callers(stack: Stack) -> Iterator[Problem]:
    """Who comes through a NodePort or a load balancer has no certificate of the mesh, and pods whose mTLS is ``STRICT``
    close the connection. Let callers in through a gateway, or except the port.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: shop, labels: {istio-injection: enabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: shop, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 8080}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: shop}
    spec: {type: LoadBalancer, selector: {app: bank}, ports: [{name: http, port: 80, targetPort: 8080}]}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: shop}
    spec: {mtls: {mode: STRICT}}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: shop}
    spec: {mtls: {mode: STRICT}}
    ```

    Source: Istio's reference, PeerAuthentication, ``mode``.
    """
    mesh = stack.mesh
    if not mesh.of("PeerAuthentication", SECURITY):
        return
    gateways = [mapping(spec(each), "selector") for each in mesh.of("Gateway")]
    serving = {id(pods) for selector in gateways if selector for pods in mesh.meeting(selector)}
    for hosts in mesh.hosts.values():
        for host in hosts:
            if host.manifest.kind != "Service" or spec(host.manifest).get("type") not in ("NodePort", "LoadBalancer"):
                continue
            for pods in mesh.behind(host):
                if pods.is_gateway or id(pods) in serving or mesh.has_sidecar(pods) is not True:
                    continue
                for index, port in mappings(spec(host.manifest).get("ports")):
                    target = port.get("targetPort") or port.get("port")
                    mode, peer = mesh.mtls(pods, target if isinstance(target, int) else None)
                    if mode == "STRICT" and peer is not None:
                        message = (
                            f"{pods.manifest.identity} asks for mTLS ({peer.identity}), which callers from outside lack"
                        )
                        fix = "let them in through a gateway, or except the port in portLevelMtls"
                        yield Problem(host.manifest, message, ("spec", "ports", index), fix)
                break


@stack_check("MTLS004", Severity.ERROR, "probes that strict mTLS refuses")
def probes(stack: Stack) -> Iterator[Problem]:
    """The kubelet has no certificate of the mesh. Istio sends its HTTP probes through the agent instead, unless
    ``sidecar.istio.io/rewriteAppHTTPProbers`` says no: with mTLS ``STRICT`` they then fail, and pods are never ready
    or are restarted for ever.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata:
      name: bank
      namespace: default
      labels: {app: bank, sidecar.istio.io/inject: "true"}
      annotations: {sidecar.istio.io/rewriteAppHTTPProbers: "false"}
    spec:
      containers:
      - {name: bank, image: "bank:1", ports: [{containerPort: 80}], readinessProbe: {httpGet: {path: /, port: 80}}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ```

    Source: Istio's page "Health Checking of Istio Services".
    """
    mesh = stack.mesh
    if not mesh.of("PeerAuthentication", SECURITY):
        return
    for pods in mesh.pods:
        if pods.template is None or mesh.has_sidecar(pods) is False:
            continue
        if str(pods.template.annotations.get("sidecar.istio.io/rewriteAppHTTPProbers")) != "false":
            continue
        for path, container in pods.template.containers():
            for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
                port = mapping(container, probe, "httpGet").get("port")
                mode, peer = mesh.mtls(pods, port if isinstance(port, int) else None)
                if port is not None and mode == "STRICT" and peer is not None:
                    message = f"the kubelet cannot speak mTLS, which {peer.identity} asks for"
                    yield Problem(pods.manifest, message, (*path, probe), "remove the annotation, or except the port")


def _against(mesh: Mesh) -> Iterator[tuple[Manifest, FieldPath, str, Pods, str, Manifest | None]]:
    """The TLS modes of DestinationRules, each with the pods that it is for and the mode that these ask for."""
    for host, rules in mesh.rules.items():
        for rule in rules:
            served = [(each, pods) for each in mesh.find(host, rule.namespace) for pods in mesh.behind(each)]
            for path, policy in policies(rule.manifest) if served else ():
                mode = text(mapping(policy, "tls").get("mode"))
                for each, pods in served if mode else ():
                    number = mapping(policy, "port").get("number")
                    listed = mappings(spec(each.manifest).get("ports"))
                    target = next((p.get("targetPort", number) for _, p in listed if p.get("port") == number), number)
                    asked, peer = mesh.mtls(pods, target if isinstance(target, int) else None)
                    yield rule.manifest, (*path, "tls", "mode"), mode, pods, asked, peer


@stack_check(
    "MTLS005",
    Severity.ERROR,
    "callers without mTLS, and pods that ask for it",
    equals=(
        "kiali KIA0207",
        "kiali KIA0208",
    ),
)
def plain_callers(stack: Stack) -> Iterator[Problem]:
    """A DestinationRule says how callers connect, a PeerAuthentication what the pods accept. With ``DISABLE`` or
    ``SIMPLE`` on one side and ``STRICT`` on the other, every connection is closed.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec:
      hosts: [db.example.com]
      location: MESH_INTERNAL
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      workloadSelector: {labels: {app: db}}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: db, namespace: default}
    spec: {host: db.example.com, trafficPolicy: {tls: {mode: DISABLE}}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: db, namespace: default}
    spec: {host: db.example.com, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ```

    Source: Istio's page "Understanding TLS Configuration".
    """
    for rule, path, mode, pods, asked, peer in _against(stack.mesh):
        if mode in ("DISABLE", "SIMPLE") and asked == "STRICT" and peer is not None:
            message = (
                f"callers connect with TLS mode {mode}, and {pods.manifest.identity} asks for mTLS ({peer.identity})"
            )
            yield Problem(rule, message, path, "leave tls out, so that mTLS is used where it can be")


@stack_check(
    "MTLS006",
    Severity.ERROR,
    "callers with mTLS, and pods that do not have it",
    equals=(
        "kiali KIA0505",
        "kiali KIA0506",
    ),
)
def plain_pods(stack: Stack) -> Iterator[Problem]:
    """A DestinationRule with ``ISTIO_MUTUAL`` makes callers speak mTLS. Pods without a sidecar, or whose
    PeerAuthentication says ``DISABLE``, do not understand them.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: db, namespace: default}
    spec:
      hosts: [db.example.com]
      location: MESH_INTERNAL
      ports: [{number: 80, name: http, protocol: HTTP}]
      resolution: STATIC
      workloadSelector: {labels: {app: db}}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: db, namespace: default}
    spec: {host: db.example.com, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: DISABLE}}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: db, namespace: default}
    spec: {host: db.example.com, trafficPolicy: {tls: {mode: DISABLE}}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: DISABLE}}
    ```

    Source: Istio's page "Understanding TLS Configuration".
    """
    mesh = stack.mesh
    for rule, path, mode, pods, asked, peer in _against(mesh):
        if mode != "ISTIO_MUTUAL" or mesh.ambient(pods.namespace):
            continue
        if asked == "DISABLE" and peer is not None:
            message = f"callers speak mTLS, and {peer.identity} switches it off for {pods.manifest.identity}"
            yield Problem(rule, message, path, "leave tls out, so that mTLS is used where it can be")
        elif mesh.has_sidecar(pods) is False:
            message = f"callers speak mTLS, and {pods.manifest.identity} gets no sidecar that understands it"
            yield Problem(rule, message, path, "leave tls out, so that mTLS is used where it can be")
