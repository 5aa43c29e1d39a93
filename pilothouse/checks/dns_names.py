"""DNS names: whether the Services that containers are told of are there, under the name that is written."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse import dns
from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.references import hint, how_to_give
from pilothouse.dns_names import Name
from pilothouse.finding import Severity
from pilothouse.lenient import mapping
from pilothouse.manifest import Manifest
from pilothouse.references import How, Link
from pilothouse.references.present import may_be_elsewhere, why_present
from pilothouse.stack import BUILT_IN_NAMESPACES, Stack

_DEFAULT_DOMAIN = "cluster.local"


def _names(stack: Stack) -> Iterator[tuple[Link, Name]]:
    for link in stack.links:
        if link.row.how is How.DNS:
            yield link, link.holder


def _is_of_this_cluster(name: Name, stack: Stack) -> bool:
    """Whether a name can be no other cluster's, and no word of a program: its namespace is known, or its domain is."""
    return name.domain in (stack.environment.cluster.domain, "") and (
        name.namespace in stack.namespaces or name.namespace in stack.inhabited
    )


@stack_check("REF022", Severity.WARNING, "a name in DNS of a Service that is not there")
def resolvable(stack: Stack) -> Iterator[Problem]:
    """A container is told where another one is by a name such as ``mysql.data.svc``. Where there is no such Service,
    the name is not found, and the program says so only when it first connects.

    Variables, commands and arguments are looked at. A namespace that is given, and that the stack itself has nothing
    in, somebody else fills.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {ports: [{port: 3306}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", env: [{name: DB, value: "mysq.default.svc:3306"}]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {ports: [{port: 3306}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", env: [{name: DB, value: "mysql.default.svc:3306"}]}]
    ```

    Source: Kubernetes documentation, DNS for Services and Pods.
    """
    for link, name in _names(stack):
        if link.found is not None or not _is_of_this_cluster(name, stack):
            continue
        if name.namespace not in stack.inhabited or name.namespace in BUILT_IN_NAMESPACES[1:]:
            continue
        if name.host.count(".") or why_present(link.target, stack):
            continue
        near = hint(link.target, stack)
        if not stack.environment.cluster.name and (not near or may_be_elsewhere(link, stack)):
            continue
        yield Problem(
            link.source,
            f"{name.text} is the Service {name.service} of {name.namespace}, which is neither in this stack nor given"
            + near,
            link.path,
            f"name one that is there, or say that the cluster has it: {how_to_give(link.target)}",
        )


@stack_check("REF023", Severity.WARNING, "a name in DNS that ends in another cluster's domain")
def domain(stack: Stack) -> Iterator[Problem]:
    """A Service's full name ends in the cluster's own domain, which is ``cluster.local`` in most clusters and not in
    all. With another one it is not found. ``mysql.data.svc``, without any domain, is found in every cluster.

    Where nothing is known of the cluster, as in anyone's YAML, nobody can tell.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {ports: [{port: 3306}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", args: ["--db=mysql.default.svc.lab.k8s:3306"]}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {ports: [{port: 3306}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers: [{name: web, image: "nginx:1.29", args: ["--db=mysql.default.svc:3306"]}]
    ```

    Source: Kubernetes documentation, DNS for Services and Pods; kubeadm, ClusterConfiguration, ``dnsDomain``.
    """
    own = stack.environment.cluster.domain
    if not stack.environment.cluster.name:
        return
    for link, name in _names(stack):
        if name.domain in ("", own) or not (name.domain == _DEFAULT_DOMAIN or link.found is not None):
            continue
        short = name.text.removesuffix(f".{name.domain}")
        yield Problem(
            link.source,
            f"{name.text} ends in {name.domain}, and this cluster's domain is {own}",
            link.path,
            f"write {short}, or end it in {own}",
        )


@stack_check("REF024", Severity.WARNING, "a name in DNS of a pod that there is not")
def pod_names(stack: Stack) -> Iterator[Problem]:
    """The pods of a StatefulSet have names through its headless Service: ``mysql-0.mysql.data.svc``. A Service with an
    address of its own gives them none, and a StatefulSet of two pods has no ``mysql-2``.

    ```yaml bad
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {clusterIP: None, selector: {app: mysql}, ports: [{port: 3306}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: mysql, namespace: default}
    spec:
      serviceName: mysql
      replicas: 2
      selector: {matchLabels: {app: mysql}}
      template:
        metadata: {labels: {app: mysql}}
        spec:
          containers:
          - name: mysql
            image: "mysql:8.4"
            ports: [{containerPort: 3306}]
            env: [{name: PEERS, value: "mysql-1.mysql.default.svc,mysql-2.mysql.default.svc"}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Service
    metadata: {name: mysql, namespace: default}
    spec: {clusterIP: None, selector: {app: mysql}, ports: [{port: 3306}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: mysql, namespace: default}
    spec:
      serviceName: mysql
      replicas: 2
      selector: {matchLabels: {app: mysql}}
      template:
        metadata: {labels: {app: mysql}}
        spec:
          containers:
          - name: mysql
            image: "mysql:8.4"
            ports: [{containerPort: 3306}]
            env: [{name: PEERS, value: "mysql-0.mysql.default.svc,mysql-1.mysql.default.svc"}]
    ```

    Source: Kubernetes documentation, StatefulSets, "Stable Network ID".
    """
    known: dict[str, set[str] | None] = {}
    for link, name in _names(stack):
        service = link.found
        if service is None or not name.host or name.host.startswith("_") or "." in name.host:
            continue
        key = str(service.identity)
        if key not in known:
            known[key] = _pods(service, stack)
        pods = known[key]
        if pods is not None and name.host not in pods:
            yield Problem(
                link.source,
                f"there is no pod {name.host} behind the Service {name.service}: "
                + (f"it has {', '.join(sorted(pods)[:4])}" if pods else "pods have names only through a headless one"),
                link.path,
                "name a pod that there is, or the Service itself",
            )


def _pods(service: Manifest, stack: Stack) -> set[str] | None:
    """The names of the pods behind a Service; None where they are not known."""
    spec = mapping(service.body, "spec")
    if spec.get("type") == "ExternalName":
        return None
    if spec.get("clusterIP") != "None":
        return set()
    behind = [workload for workload, _ in stack.selected(service.namespace, mapping(spec, "selector"))]
    if not behind or any(each.kind != "StatefulSet" or stack.autoscaler(each) for each in behind):
        return None
    return {name.partition(".")[0] for each in behind for name in dns.of(each, stack)} or None
