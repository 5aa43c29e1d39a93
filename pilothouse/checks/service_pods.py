"""Services and pods: which pods stand behind a Service, and whether a node has room for the ports of its pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.checks.service_fields import SERVICE, is_headless, spec_of, type_of
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import mapping, mappings, scalar, text
from pilothouse.machines import facts
from pilothouse.machines.facts import Fact
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.schemas.lifecycle import number
from pilothouse.stack import POD_NAME, Stack

Pods = list[tuple[Manifest, PodTemplate]]

_LASTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "ReplicationController")
"""Kinds whose pods are there to answer for as long as they live."""
_BATCH = ("Job", "CronJob")
_APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
"""The labels that say which app a pod belongs to; the first that both carry counts."""


@object_check("SVC022", Severity.ADVICE, "a field of a Service that does nothing", kinds=SERVICE)
def idle(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """The API server keeps fields that mean nothing to a Service of its type, and nobody reads them: a selector or
    ports of an ExternalName, which is an alias in DNS; an ``externalName`` of any other. It looks as if it worked.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {type: ExternalName, externalName: db.svc.cluster.local, selector: {app: database}}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: database, namespace: default}
    spec: {type: ExternalName, externalName: db.svc.cluster.local}
    ```

    Source: Kubernetes API reference, ServiceSpec.
    """
    spec = spec_of(manifest)
    kind, alias = type_of(spec), type_of(spec) == "ExternalName"
    sticky = spec.get("sessionAffinity") == "ClientIP"
    for field, read, why in (
        ("selector", not alias, "an ExternalName is an alias in DNS, and selects nothing"),
        ("ports", not alias, "an ExternalName is an alias in DNS, and has no ports"),
        ("externalName", alias, f"the type is {kind}, and only an ExternalName has one"),
        ("loadBalancerIP", kind == "LoadBalancer", f"the type is {kind}, and only a LoadBalancer has one"),
        ("sessionAffinityConfig", sticky, "sessionAffinity is not ClientIP"),
        (
            "sessionAffinity",
            not (sticky and is_headless(spec)),
            "clients of a headless Service choose the pod themselves",
        ),
    ):
        if not read and spec.get(field):
            yield Problem(manifest, f"{field} does nothing here: {why}", ("spec", field), "remove it")


@stack_check("SVC023", Severity.ADVICE, "pods of several workloads behind one Service")
def several(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels, so that clients meet now one workload and now the other:
    that is how a canary is shipped, and how a forgotten copy goes on answering.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: stable}}
      template:
        metadata: {labels: {app: web, track: stable}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web-next, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: next}}
      template:
        metadata: {labels: {app: web, track: next}}
        spec: {containers: [{name: web, image: "web:2", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web, track: stable}}
      template:
        metadata: {labels: {app: web, track: stable}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web, track: stable}, ports: [{port: 80}]}
    ```
    """
    for service, _, pods in stack.services:
        lasting = [each for each in pods if each[0].kind in _LASTING]
        names = list(dict.fromkeys(f"{manifest.kind} {manifest.name}" for manifest, _ in lasting))
        if len(names) > 1 and not is_headless(spec_of(service)) and _odd_app(lasting) is None:
            message = f"{len(names)} workloads stand behind it: {' and '.join(names[:4])}"
            yield Problem(
                service, message, ("spec", "selector"), "add a label that only one of them carries, if one is meant"
            )


@stack_check("SVC024", Severity.WARNING, "pods of different apps behind one Service")
def apps(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels. Where these are too few, pods of another app answer some of
    the requests: ``tier: backend`` meets every back end of the namespace.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: orders, namespace: default}
    spec:
      selector: {matchLabels: {app: orders}}
      template:
        metadata: {labels: {app: orders, tier: backend}}
        spec: {containers: [{name: orders, image: "orders:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: prices, namespace: default}
    spec:
      selector: {matchLabels: {app: prices}}
      template:
        metadata: {labels: {app: prices, tier: backend}}
        spec: {containers: [{name: prices, image: "prices:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: default}
    spec: {selector: {tier: backend}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: orders, namespace: default}
    spec:
      selector: {matchLabels: {app: orders}}
      template:
        metadata: {labels: {app: orders, tier: backend}}
        spec: {containers: [{name: orders, image: "orders:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: orders, namespace: default}
    spec: {selector: {app: orders, tier: backend}, ports: [{port: 80}]}
    ```

    Headless Services are left out: their clients know the pods one by one.
    """
    for service, _, pods in stack.services:
        lasting = [each for each in pods if each[0].kind in _LASTING]
        odd = _odd_app(lasting) if len(lasting) > 1 and not is_headless(spec_of(service)) else None
        if odd is not None:
            label, one, other = odd
            message = f"it takes pods of {one[0].kind} {one[0].name} ({label}={one[1]}) and of {other[0].kind} "
            message += f"{other[0].name} ({label}={other[1]}), expected one app"
            yield Problem(service, message, ("spec", "selector"), "add a label that only the pods of one app carry")


def _odd_app(pods: Pods) -> tuple[str, tuple[Manifest, Any], tuple[Manifest, Any]] | None:
    """The first two workloads that say that they are different apps, and the label that they say it with."""
    first, template = pods[0]
    label = next((each for each in _APP_LABELS if each in template.labels), None)
    for manifest, other in pods[1:] if label else ():
        if label in other.labels and other.labels[label] != template.labels[label]:
            return label, (first, template.labels[label]), (manifest, other.labels[label])
    return None


@stack_check("SVC025", Severity.WARNING, "a Service that sends requests to a Job's pods")
def batch(stack: Stack) -> Iterator[Problem]:
    """A Service takes every pod that carries its labels, those of a Job too. While one runs, it gets its share of the
    requests, and nothing in it answers: a migration with the labels of its app fails every other request.

    ```yaml bad
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      template:
        metadata: {labels: {app: web}}
        spec: {restartPolicy: Never, containers: [{name: migrate, image: "web:1", args: [migrate]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate, namespace: default}
    spec:
      template:
        metadata: {labels: {app: web-migrate}}
        spec: {restartPolicy: Never, containers: [{name: migrate, image: "web:1", args: [migrate]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    ```

    A port that is looked up by name goes to pods alone that have one of that name. A Job that declares the port is one
    that answers.
    """
    for service, _, pods in stack.services:
        jobs = [each for each in pods if each[0].kind in _BATCH]
        if not jobs or not any(manifest.kind in _LASTING for manifest, _ in pods):
            continue
        targets = _targets(service)
        for manifest, template in jobs:
            offered = list(_ports(template))
            names, numbers = ({port.get(field) for port in offered} for field in ("name", "containerPort"))
            if any(target in names if isinstance(target, str) else target not in numbers for target in targets):
                message = f"while {manifest.kind} {manifest.name} runs, its pods get a share of the requests"
                fix = "give the Job's pods other labels, or add one to the selector that they lack"
                yield Problem(service, message, ("spec", "selector"), fix)


def _targets(service: Manifest) -> list[Any]:
    return [scalar(port.get("targetPort") or port.get("port")) for _, port in mappings(spec_of(service).get("ports"))]


def _ports(template: PodTemplate) -> Iterator[dict[str, Any]]:
    for _, container in template.containers("containers", "initContainers"):
        for _, port in mappings(container.get("ports")):
            yield port


@object_check("SVC026", Severity.WARNING, "a Service that sends requests to pods that are not ready", kinds=SERVICE)
def not_ready(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """``publishNotReadyAddresses`` is for the headless Service of a StatefulSet, whose pods have to find each other
    before they are ready. A Service with an address of its own sends requests to pods that start, or that say they
    are ill: every rollout fails some.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {publishNotReadyAddresses: true, ports: [{port: 80}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: default}
    spec: {publishNotReadyAddresses: true, clusterIP: None, ports: [{port: 80}]}
    ```

    A Service for one pod of a StatefulSet, whose selector names the pod, is left out.
    Source: Kubernetes API reference, ServiceSpec, ``publishNotReadyAddresses``.
    """
    spec = spec_of(manifest)
    meant = is_headless(spec) or POD_NAME in mapping(spec, "selector") or type_of(spec) == "ExternalName"
    if spec.get("publishNotReadyAddresses") is True and not meant:
        message = "requests go to pods that are not ready: publishNotReadyAddresses is for headless Services"
        yield Problem(manifest, message, ("spec", "publishNotReadyAddresses"), "remove it, or say clusterIP: None")


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
            lasting = [manifest for manifest, _ in pods if manifest.kind in _LASTING]
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
