"""Services of the mesh: protocols of their ports; versions side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import Pods, destinations, namespace_of, protocol, spec
from pilothouse.stack import Stack

_MANAGED = "gateway.istio.io/managed"


@stack_check(
    "MESH010",
    Severity.ADVICE,
    "a port whose protocol the mesh has to guess",
    equals=(
        "istioctl IST0118",
        "kiali KIA0601",
        "kiali KIA0602",
    ),
)
def port_names(stack: Stack) -> Iterator[Problem]:
    """Istio takes a port's protocol from ``appProtocol``, or from the part of its name before ``-``. Otherwise it waits
    for the first bytes of each connection: where the server speaks first, that costs up to five seconds or fails, and
    routes and policies about HTTP count only once HTTP was seen.

    Found for Services whose pods get a sidecar.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: bank, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: bank}
    spec: {selector: {app: bank}, ports: [{name: web, port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {ports: [{name: http-web, port: 80}]}
    ```

    Source: Istio's page "Protocol Selection".
    """
    mesh = stack.mesh
    sidecars = {id(pods.manifest) for pods in mesh.pods if mesh.has_sidecar(pods) is True} if mesh.used else set()
    for service, _, workloads in stack.services if sidecars else ():
        if _MANAGED in service.labels or not any(id(workload) in sidecars for workload, _ in workloads):
            continue
        for index, port in mappings(spec(service).get("ports")):
            name, application = text(port.get("name")), text(port.get("appProtocol"))
            if not protocol(port.get("port"), name, text(port.get("protocol"), "TCP"), application):
                field = "appProtocol" if application else "name" if name else "port"
                said = f"{field} {application or name or port.get('port')}"
                path = ("spec", "ports", index, field)
                yield Problem(service, f"the {said} says no protocol", path, "name it http-..., grpc-..., tcp-...")


@object_check(
    "MESH011",
    Severity.ADVICE,
    "an ExternalName whose port the mesh takes for plain TCP",
    kinds=[("", "Service")],
    fields=("type",),
    equals=("istioctl IST0150",),
)
def external_name(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """On a port of an ``ExternalName`` Service that is plain TCP to the mesh, or of no known protocol, sidecars take
    every connection to that port for this Service's. Name it after its protocol.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {type: ExternalName, externalName: bank.example.com, ports: [{name: tcp, port: 443}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank.example.com]
      location: MESH_EXTERNAL
      resolution: DNS
      ports: [{number: 443, name: tls, protocol: TLS}]
    ```

    Source: Istio's page "ExternalName services".
    """
    if spec(manifest).get("type") != "ExternalName":
        return
    for index, port in mappings(spec(manifest).get("ports")):
        name = text(port.get("name"))
        said = protocol(port.get("port"), name, text(port.get("protocol"), "TCP"), text(port.get("appProtocol")))
        if not said or name == "tcp":
            yield Problem(
                manifest,
                f"the port {name or port.get('port')} is plain TCP to a mesh",
                ("spec", "ports", index),
                "name it http-... or tls-...",
            )


@stack_check(
    "MESH012",
    Severity.WARNING,
    "pods whose Services disagree about a port",
    equals=("istioctl IST0116",),
)
def disagreeing(stack: Stack) -> Iterator[Problem]:
    """A sidecar has one listener for a port of its pods. Two Services that lead to it with different protocols, or with
    one port number and different transports, contradict each other: the older one counts.

    ```yaml bad
    apiVersion: v1
    kind: Namespace
    metadata: {name: bank, labels: {istio-injection: enabled}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: bank, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: bank}
    spec: {selector: {app: bank}, ports: [{name: http, port: 80}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank-tcp, namespace: bank}
    spec: {selector: {app: bank}, ports: [{name: tcp, port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {ports: [{name: http, port: 80}]}
    ```

    Source: Istio's page "Application Requirements", "Service association".
    """
    mesh = stack.mesh
    sidecars = {id(pods.manifest) for pods in mesh.pods if mesh.has_sidecar(pods) is True} if mesh.used else set()
    first: dict[tuple[int, str], tuple[str, Manifest]] = {}
    said = set()
    for service, _, workloads in stack.services if sidecars else ():
        for index, port in mappings(spec(service).get("ports")):
            number, transport = port.get("port"), text(port.get("protocol"), "TCP")
            kind = protocol(number, text(port.get("name")), transport, text(port.get("appProtocol")))
            target = f"{port.get('targetPort') or number}{'/UDP' if transport == 'UDP' else ''}"
            for workload, _ in workloads if kind else ():
                if id(workload) not in sidecars:
                    continue
                before, other = first.setdefault((id(workload), target), (kind, service))
                if before != kind and (service.identity, index) not in said:
                    said.add((service.identity, index))
                    message = (
                        f"{other.identity} leads to {target} of {workload.identity} as {before}, this one as {kind}"
                    )
                    yield Problem(service, message, ("spec", "ports", index), "name both ports alike")


def _versions(stack: Stack) -> Iterator[tuple[Manifest, list[tuple[str, list[Pods]]]]]:
    """The weighted routes between subsets: each VirtualService with the pods of every subset of one host."""
    mesh = stack.mesh
    for service in mesh.of("VirtualService"):
        namespace = namespace_of(service)
        hosts: dict[str, dict[str, list[Pods]]] = defaultdict(dict)
        for _, destination in destinations(service):
            host, subset = text(destination.get("host")), text(destination.get("subset"))
            found = mesh.find(host, namespace) if subset else []
            for rule in mesh.rules_for(host, namespace) if found else ():
                if subset in rule.subsets:
                    listed = dict(mappings(spec(rule.manifest).get("subsets")))
                    labels = mapping(listed.get(rule.subsets[subset]), "labels")
                    for each in found:
                        if each.selector and labels:
                            selected = mesh.meeting({**each.selector, **labels}, each.namespace)
                            hosts[each.name].setdefault(subset, selected)
        for named in hosts.values():
            if len(named) > 1:
                yield service, list(named.items())


@stack_check("MESH013", Severity.ADVICE, "one of two versions scales, and the other does not")
def one_scales(stack: Stack) -> Iterator[Problem]:
    """When requests move from one version to the next, the next has to grow with them. Where only one of them has a
    HorizontalPodAutoscaler, the other keeps its number of pods whatever it is sent.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: bank-v1, namespace: default}
    spec:
      replicas: 2
      selector: {matchLabels: {app: bank, version: v1}}
      template:
        metadata: {labels: {app: bank, version: v1}}
        spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: bank-v2, namespace: default}
    spec:
      replicas: 2
      selector: {matchLabels: {app: bank, version: v2}}
      template:
        metadata: {labels: {app: bank, version: v2}}
        spec: {containers: [{name: bank, image: "bank:2", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: bank-v1, namespace: default}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: bank-v1}
      minReplicas: 2
      maxReplicas: 8
      metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {selector: {app: bank}, ports: [{name: http, port: 80}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank]
      http:
      - route:
        - {destination: {host: bank, subset: v1}, weight: 90}
        - {destination: {host: bank, subset: v2}, weight: 10}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: bank, namespace: default}
    spec: {host: bank, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: bank, namespace: default}
    spec:
      hosts: [bank]
      http:
      - route:
        - {destination: {host: bank, subset: v1}, weight: 90}
        - {destination: {host: bank, subset: v2}, weight: 10}
    ```
    """
    scaled = set()
    for scaler in stack.of_kind("autoscaling", "HorizontalPodAutoscaler"):
        target = mapping(spec(scaler), "scaleTargetRef")
        scaled.add((scaler.namespace, text(target.get("kind")), text(target.get("name"))))
    said = set()
    for _, versions in _versions(stack) if scaled else ():
        of = {name: [(p.manifest.namespace, p.manifest.kind, p.manifest.name) for p in pods] for name, pods in versions}
        growing = [name for name, named in of.items() if any(each in scaled for each in named)]
        for name, pods in versions:
            if growing and pods and name not in growing and pods[0].manifest.identity not in said:
                said.add(pods[0].manifest.identity)
                message = f"the version {growing[0]} has a HorizontalPodAutoscaler, and {name} has none"
                yield Problem(pods[0].manifest, message, ("metadata", "name"), "scale both, or neither")
