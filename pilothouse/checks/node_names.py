"""What the nodes are told of their cluster: what the environment says of it, and each file the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.machines import facts
from pilothouse.machines.facts import Fact, Written
from pilothouse.stack import Stack

# These compile where they are first needed: most stacks have no file for machines.
_MINOR = r"(?:^|[^0-9.])([0-9]+\.[0-9]+)(?![0-9])"
_SOCKET = r"(unix:///|npipe:////?\./pipe/)[^\s/](\S*[^\s/])?\Z"


@stack_check("NODE012", Severity.ERROR, "a cluster set up with another Kubernetes than its environment's")
def version(stack: Stack) -> Iterator[Problem]:
    """Every object is judged by the schemas of the environment's ``kubernetesVersion``: so the cluster has to run it.

    ```yaml bad 1.34
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    kubernetesVersion: 1.32.2
    ```

    ```yaml good 1.32
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    kubernetesVersion: 1.32.2
    ```

    What to do: bring the two into line, in ``environments/``.
    """
    if not _known(stack):
        return
    for each in facts.written(stack.machine_documents, facts.KUBERNETES_VERSION):
        found = re.search(_MINOR, str(each.value))
        if found and found[1] != stack.catalogue.minor:
            message = f"Kubernetes {each.value} is set up, and the environment's kubernetesVersion is"
            yield Problem(each.document, f"{message} {stack.environment.kubernetes_version}", each.path)


@stack_check("NODE013", Severity.ERROR, "a cluster set up under another name than its environment's")
def names(stack: Stack) -> Iterator[Problem]:
    """A Service's full name ends in the cluster's DNS domain: certificates and URLs that charts write carry it.

    The environment's ``cluster.domain`` and ``cluster.name`` are what charts see; kubeadm's ``dnsDomain`` and
    ``clusterName`` are what the cluster has.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    clusterName: kubernetes
    networking: {dnsDomain: tk8s.k8s}
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    clusterName: example
    networking: {dnsDomain: cluster.local}
    ```

    What to do: bring the two into line, in ``environments/``.
    """
    if not _known(stack):
        return
    cluster = stack.environment.cluster
    for fact, name, wanted in (
        (facts.DNS_DOMAIN, "cluster.domain", cluster.domain),
        (facts.CLUSTER_NAME, "cluster.name", cluster.name),
    ):
        for each in facts.written(stack.machine_documents, fact):
            if each.value != wanted:
                message = f"{each.value!r} is set up, and the environment's {name} is {wanted!r}"
                yield Problem(each.document, message, each.path)


def _known(stack: Stack) -> bool:
    """Whether the files belong to an environment: of anyone else's nothing is known."""
    return bool(stack.machine_files) and bool(stack.environment.cluster.name)


@stack_check("NODE014", Severity.ERROR, "a container runtime's socket that is no URL of one")
def cri_socket(stack: Stack) -> Iterator[Problem]:
    """The kubelet reaches the container runtime by a socket of the machine, named by its scheme and its whole path.

    A path without its scheme is deprecated since Kubernetes 1.24, and a URL of two slashes names another path.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    nodeRegistration: {criSocket: /run/containerd/containerd.sock}
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    nodeRegistration: {criSocket: "unix:///run/containerd/containerd.sock"}
    ```

    Source: Kubernetes documentation, "Container Runtimes".
    """
    for each in facts.written(stack.machine_documents if stack.machine_files else (), facts.CRI_SOCKET):
        if not isinstance(each.value, str) or not re.match(_SOCKET, each.value):
            message = f"{each.value!r} is no socket: expected unix:// and an absolute path"
            yield Problem(each.document, message, each.path, "such as unix:///run/containerd/containerd.sock")


def _field(path: FieldPath) -> FieldPath:
    """The path of the field that a value stands in, where it is one of a list."""
    return path[:-1] if isinstance(path[-1], int) else path


def _subnets(value: Any) -> str:
    return str(facts.network_of(value) or value)


_AGREEING: tuple[tuple[str, Fact, Callable[[Any], str]], ...] = (
    ("the service subnet", facts.SERVICE_SUBNET, _subnets),
    ("the pod subnet", facts.POD_SUBNET, _subnets),
    ("the mask of a node's pods", facts.NODE_MASK, str),
    ("the number of pods on a node", facts.MAX_PODS, str),
    ("the address of DNS", facts.DNS_ADDRESS, str),
    ("the DNS domain", facts.DNS_DOMAIN, str),
    ("the container runtime's socket", facts.CRI_SOCKET, str),
    ("the Kubernetes version", facts.KUBERNETES_VERSION, lambda value: str(value).removeprefix("v")),
)
"""What several files say, and how to compare two values of it."""


@stack_check("NODE015", Severity.ERROR, "two files for machines that say different things")
def agreement(stack: Stack) -> Iterator[Problem]:
    """kubeadm, the kubelet, kube-proxy and Kubespray are each told of the same cluster, in words of their own.

    Where two say different things, it depends on who set up the machine which one holds.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/21}
    ---
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    clusterCIDR: 10.244.0.0/16
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    networking: {podSubnet: 10.244.0.0/21}
    ---
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    clusterCIDR: 10.244.0.0/21
    ```

    What to do: derive both from one value of the chart.
    """
    if not stack.machine_files:
        return
    for name, fact, normal in _AGREEING:
        said: dict[tuple[int, FieldPath], list[Written]] = {}
        for each in facts.written(stack.machine_documents, fact):
            said.setdefault((id(each.document), _field(each.path)), []).append(each)
        groups = list(said.values())
        for group in groups[1:]:
            first = groups[0]
            if {normal(each.value) for each in group} != {normal(each.value) for each in first}:
                values = ", ".join(str(each.value) for each in group)
                others = ", ".join(str(each.value) for each in first)
                message = f"{name} is {values} here, and {others} in {first[0].place}"
                yield Problem(group[0].document, message, group[0].path)
