"""Services and nodes: from which node a Service is reached, and whose a node's ports are."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.service_pods import LASTING
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, text
from pilothouse.machines import facts
from pilothouse.machines.facts import Fact
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.schemas.lifecycle import number
from pilothouse.service import spec_of
from pilothouse.stack import Stack


@stack_check("SVC027", Severity.ADVICE, "a Service that only nodes with a pod of it can reach")
def local(stack: Stack) -> Iterator[Problem]:
    """With ``internalTrafficPolicy: Local`` a node sends requests to pods on itself alone, and drops them where it has
    none. A DaemonSet has a pod on every node; the pods of other workloads are where the scheduler put them.

    ``trafficDistribution: PreferSameNode`` goes elsewhere where a node has no pod.

    ```yaml bad
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: cache, namespace: default}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec: {containers: [{name: cache, image: "cache:1", ports: [{containerPort: 6379}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache, namespace: default}
    spec: {internalTrafficPolicy: Local, selector: {app: cache}, ports: [{port: 6379}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: cache, namespace: default}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec: {containers: [{name: cache, image: "cache:1", ports: [{containerPort: 6379}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache, namespace: default}
    spec: {internalTrafficPolicy: Local, selector: {app: cache}, ports: [{port: 6379}]}
    ```

    Source: Kubernetes documentation, "Service Internal Traffic Policy".
    """
    for service, _, pods in stack.services:
        if spec_of(service).get("internalTrafficPolicy") == "Local":
            lasting = [manifest for manifest, _ in pods if manifest.kind in LASTING]
            if lasting and all(manifest.kind != "DaemonSet" for manifest in lasting):
                message = f"requests from nodes without a pod of {lasting[0].kind} {lasting[0].name} are dropped"
                fix = "use trafficDistribution: PreferSameNode, or a DaemonSet"
                yield Problem(service, message, ("spec", "internalTrafficPolicy"), fix)


@stack_check("SVC028", Severity.ERROR, "one port of the nodes for two DaemonSets")
def host_ports(stack: Stack) -> Iterator[Problem]:
    """A port of the node itself (``hostPort``, or any port with ``hostNetwork``) is one pod's. Two DaemonSets for the
    same nodes that ask for the same one both get half of what they want: the scheduler places the second one nowhere.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: logs, namespace: default}
    spec:
      selector: {matchLabels: {app: logs}}
      template:
        metadata: {labels: {app: logs}}
        spec: {containers: [{name: logs, image: "logs:1", ports: [{containerPort: 9100, hostPort: 9100}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: metrics, namespace: default}
    spec:
      selector: {matchLabels: {app: metrics}}
      template:
        metadata: {labels: {app: metrics}}
        spec: {containers: [{name: metrics, image: "metrics:1", ports: [{containerPort: 8080, hostPort: 9100}]}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: logs, namespace: default}
    spec:
      selector: {matchLabels: {app: logs}}
      template:
        metadata: {labels: {app: logs}}
        spec: {containers: [{name: logs, image: "logs:1", ports: [{containerPort: 9100}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: metrics, namespace: default}
    spec:
      selector: {matchLabels: {app: metrics}}
      template:
        metadata: {labels: {app: metrics}}
        spec: {containers: [{name: metrics, image: "metrics:1", ports: [{containerPort: 8080}]}]}
    ```

    DaemonSets that choose their nodes by different labels are left out, and those of one name.
    """
    taken: dict[tuple[int, str, str], Manifest] = {}
    for manifest in stack.of_kind("apps", "DaemonSet"):
        template = PodTemplate(("spec", "template"), mapping(manifest.body, "spec", "template"))
        nodes = repr((mapping(template.spec, "nodeSelector"), mapping(template.spec, "affinity", "nodeAffinity")))
        for path, port, protocol in _host_ports(template):
            owner = taken.setdefault((port, protocol, nodes), manifest)
            if owner.name != manifest.name:
                message = (
                    f"the port {port}/{protocol} of each node is {owner.identity}'s already: these pods find no node"
                )
                yield Problem(manifest, message, path, "take another port, or other nodes")


def _host_ports(template: PodTemplate) -> Iterator[tuple[FieldPath, int, str]]:
    """The ports of the node that the pods ask for on every address of it."""
    for path, container in template.containers():
        for index, port in mappings(container.get("ports")):
            field = (
                "hostPort" if port.get("hostPort") or template.spec.get("hostNetwork") is not True else "containerPort"
            )
            asked = port.get(field)
            if isinstance(asked, int) and asked and text(port.get("hostIP")) in ("", "0.0.0.0", "::"):
                yield (*path, "ports", index, field), asked, text(port.get("protocol")) or "TCP"


_PROXY_MODE = Fact((("KubeProxyConfiguration", ("mode",)),), ("kube_proxy_mode",))
_OLD_MODES = {
    "iptables": ("1.33", "walks its rules one by one for each new connection, and writes them anew at each change"),
    "ipvs": ("1.35", "is deprecated since Kubernetes 1.35"),
}
"""kube-proxy's older modes: the minor since which another one is better, and why. Source: KEP-3866 and KEP-5495."""


@stack_check("SVC029", Severity.ADVICE, "a mode of kube-proxy that does not grow with the Services")
def proxy_mode(stack: Stack) -> Iterator[Problem]:
    """In its mode ``iptables`` kube-proxy has rules for every Service and endpoint, which the kernel walks one by one
    for each new connection: beyond some thousand Services connections and changes become slow. ``ipvs`` is deprecated
    since Kubernetes 1.35. The mode ``nftables``, stable since 1.33, looks a Service up at once.

    ```yaml bad
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: iptables
    ```

    ```yaml good
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: nftables
    ```

    Source: Kubernetes documentation, "Virtual IPs and Service Proxies".
    """
    for each in facts.written(stack.machine_documents, _PROXY_MODE) if stack.machine_files else ():
        since, why = _OLD_MODES.get(str(each.value), ("", ""))
        if since and number(stack.catalogue.minor) >= number(since):
            count = len(stack.of_kind("", "Service"))
            message = f"kube-proxy's mode {each.value} {why}; the stack has {count} Services"
            yield Problem(each.document, message, each.path, "say nftables")
