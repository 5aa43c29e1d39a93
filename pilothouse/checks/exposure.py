"""Exposure: what is opened to networks outside of the cluster, and ports that invite in."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, object_check, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pod_security import taken_apart
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_EVERYWHERE = ("0.0.0.0/0", "::/0")


@object_check(
    "EXP001",
    Severity.ADVICE,
    "a Service that the outside reaches",
    kinds=[("", "Service")],
    equals=("kube-linter exposed-services", "kube-score service-type"),
)
def outside(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A Service of the type NodePort opens a port on every node, to whoever reaches a node; one of the type
    LoadBalancer an address of its own, mostly to the whole internet. Neither knows TLS or names of hosts.

    An Ingress or a Gateway in front of a ClusterIP opens one door for all. ``loadBalancerSourceRanges`` says who may
    come in.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: NodePort, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24], ports: [{port: 80}]}
    ```
    """
    spec = mapping(manifest.body, "spec")
    kind = spec.get("type")
    ranges = listing(spec.get("loadBalancerSourceRanges"))
    if kind == "LoadBalancer" and ranges and not any(each in ranges for each in _EVERYWHERE):
        return
    if kind in ("NodePort", "LoadBalancer"):
        reached = "on every node" if kind == "NodePort" else "by whoever finds its address"
        yield Problem(
            manifest,
            f"the Service is of the type {kind}: it is reached {reached}",
            ("spec", "type"),
            "let an Ingress or a Gateway lead to a ClusterIP"
            + (", or say in loadBalancerSourceRanges who may come in" if kind == "LoadBalancer" else ""),
        )


@object_check(
    "EXP002",
    Severity.ADVICE,
    "a Service with external IPs",
    kinds=[("", "Service")],
    equals=("trivy KSV-0108",),
)
def external_ips(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """For an address in ``externalIPs`` every node leads the traffic of every pod to this Service, whoever the address
    belongs to (CVE-2020-8554). Many clusters refuse it by the admission plugin DenyServiceExternalIPs.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {externalIPs: [198.51.100.7], ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {ports: [{port: 80}]}
    ```
    """
    found = listing(mapping(manifest.body, "spec").get("externalIPs"))
    if found:
        yield Problem(
            manifest,
            f"every node leads what is sent to {', '.join(map(str, found))} to this Service",
            ("spec", "externalIPs"),
            "let a LoadBalancer, an Ingress or a Gateway have the address",
        )


@pod_check("EXP003", Severity.ADVICE, "an SSH server in a pod", equals=("kube-linter ssh-port",))
def ssh(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Port 22 is SSH's: a second way into the pod, past the API server's accounts, rights and audit log. ``kubectl
    exec`` and ``kubectl debug`` are the first.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 22}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ```
    """
    for part in taken_apart(pods).parts:
        for index, port in mappings(part.body.get("ports")):
            if port.get("containerPort") == 22 and port.get("protocol") in (None, "TCP"):
                at = (*part.path, "ports", index, "containerPort")
                yield Problem(manifest, f"the container {part.name} listens on 22, the port of SSH", at)


@pod_check(
    "EXP004",
    Severity.ADVICE,
    "a port below 1024",
    equals=("kube-linter privileged-ports", "trivy KSV-0117"),
)
def low_port(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Ports below 1024 are root's, unless the container runtime opens them to all, as newer ones do: on another node
    the same program must be root, or have the capability NET_BIND_SERVICE, to listen there. Inside the cluster a
    Service gives any port the number that clients use.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 80}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", ports: [{containerPort: 8080}]}]}
    ```
    """
    for part in taken_apart(pods).parts:
        if "NET_BIND_SERVICE" in listing(mapping(part.context, "capabilities").get("add")):
            continue
        for index, port in mappings(part.body.get("ports")):
            number = port.get("containerPort")
            if isinstance(number, int) and 0 < number < 1024 and number is not True:
                at = (*part.path, "ports", index, "containerPort")
                yield Problem(
                    manifest,
                    f"the container {part.name} listens on {number}: below 1024 that may take root",
                    at,
                    "listen on a port above 1023, and let the Service translate; or add NET_BIND_SERVICE",
                )


@pod_check("EXP005", Severity.ADVICE, "names that a pod makes up", equals=("kubesec HostAliases", "trivy KSV-0007"))
def host_aliases(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """``hostAliases`` writes names and addresses into the pod's ``/etc/hosts``, before DNS is asked: an address that
    changes is not followed, and a name that is somebody else's leads where the pod's author says.

    A Service of the type ExternalName, or one with EndpointSlices of its own, tells every pod the same.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      hostAliases: [{ip: 198.51.100.7, hostnames: [mysql.example.com]}]
      containers: [{name: web, image: "nginx:1.29"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {type: ExternalName, externalName: mysql.example.com}
    ```
    """
    for index, alias in mappings(pods.spec.get("hostAliases")):
        names = ", ".join(str(name) for name in listing(alias.get("hostnames")))
        yield Problem(
            manifest,
            f"/etc/hosts leads {names} to {alias.get('ip')}, whatever DNS says",
            (*pods.path, "spec", "hostAliases", index),
            "let a Service or DNS say it",
        )
