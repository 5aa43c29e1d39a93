"""Nodes: the files that make machines a cluster: for kubeadm, for containerd, for Kubespray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from ipaddress import ip_network
from typing import Any, ClassVar

import constructs
from pilothouse import Ini
from pilothouse.chart import NodeFile
from pilothouse_kit.object import Fields, present


def dns_service_address(service_subnet: str) -> str:
    """The address that kubeadm gives to the cluster's DNS: the tenth of the service subnet.

    :param service_subnet: such as ``10.98.0.0/24``, which gives ``10.98.0.10``.
    :raises ValueError: where it is no subnet.
    :raises IndexError: where it has fewer than eleven addresses.
    """
    return str(ip_network(service_subnet)[10])


@dataclass(frozen=True)
class NodeDocument:
    """One document that a node's program reads: the base of the four below."""

    _: KW_ONLY
    more: Mapping[str, Any] = field(default_factory=dict)
    """What the other fields do not name, as it stands in the document: maps merge, all else replaces."""

    api_version: ClassVar[str]
    kind: ClassVar[str]

    def fields(self) -> Fields:
        """The document but for its ``apiVersion`` and ``kind``."""
        raise NotImplementedError

    def document(self) -> Fields:
        """The document as it will be written."""
        return _merged({"apiVersion": self.api_version, "kind": self.kind, **self.fields()}, self.more)


def _merged(fields: Mapping[str, Any], more: Mapping[str, Any]) -> Fields:
    merged = dict(fields)
    for name, value in more.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else value
    return merged


@dataclass(frozen=True)
class InitConfiguration(NodeDocument):
    """What ``kubeadm init`` does on the first control plane machine.

    Source: Kubernetes documentation, "kubeadm Configuration (v1beta4)", InitConfiguration.
    """

    api_version = "kubeadm.k8s.io/v1beta4"
    kind = "InitConfiguration"

    name: str
    """The node's name, as ``kubectl get nodes`` shows it (``nodeRegistration.name``)."""
    advertise_address: str
    """The machine's own IP address, on which its API server is reached (``localAPIEndpoint.advertiseAddress``)."""
    bind_port: int = 6443
    """The API server's TCP port (``localAPIEndpoint.bindPort``)."""
    cri_socket: str = "unix:///run/containerd/containerd.sock"
    """Where the kubelet reaches the container runtime, as a URL (``nodeRegistration.criSocket``)."""
    image_pull_policy: str | None = None
    """``Always``, ``IfNotPresent`` or ``Never``, for the images that kubeadm pulls; None for ``IfNotPresent``
    (``nodeRegistration.imagePullPolicy``)."""
    taints: Sequence[Mapping[str, str]] | None = None
    """The node's taints (``nodeRegistration.taints``). None keeps pods off, as on every control plane machine
    (``node-role.kubernetes.io/control-plane:NoSchedule``); an empty list lets them in."""

    def fields(self) -> Fields:
        registration = present(
            name=self.name,
            criSocket=self.cri_socket,
            imagePullPolicy=self.image_pull_policy,
            taints=None if self.taints is None else [dict(taint) for taint in self.taints],
        )
        endpoint = {"advertiseAddress": self.advertise_address, "bindPort": self.bind_port}
        return {"localAPIEndpoint": endpoint, "nodeRegistration": registration}


@dataclass(frozen=True)
class ClusterConfiguration(NodeDocument):
    """What all control plane machines of a cluster have in common.

    Source: Kubernetes documentation, "kubeadm Configuration (v1beta4)", ClusterConfiguration.
    """

    api_version = "kubeadm.k8s.io/v1beta4"
    kind = "ClusterConfiguration"

    cluster_name: str
    """What the cluster is called in kubeconfig files (``clusterName``)."""
    kubernetes_version: str
    """The release of the control plane, such as ``1.32.2`` (``kubernetesVersion``)."""
    pod_subnet: str
    """Where pods get their addresses (``networking.podSubnet``)."""
    service_subnet: str
    """Where Services get their addresses (``networking.serviceSubnet``); the tenth is that of DNS."""
    dns_domain: str = "cluster.local"
    """What the name of each Service ends in (``networking.dnsDomain``)."""
    node_mask: int | None = None
    """The prefix length of each node's part of the pod subnet, in bits (``node-cidr-mask-size`` of the controller
    manager); None for 24."""
    control_plane_endpoint: str | None = None
    """``HOST:PORT`` of what stands before several API servers (``controlPlaneEndpoint``): it cannot be added later
    without new certificates."""
    image_repository: str | None = None
    """Where the control plane's images come from; None for ``registry.k8s.io`` (``imageRepository``)."""
    certificates_dir: str | None = None
    """A folder of the machine; None for ``/etc/kubernetes/pki`` (``certificatesDir``)."""
    etcd_data_dir: str | None = None
    """A folder of the machine; None for ``/var/lib/etcd`` (``etcd.local.dataDir``)."""

    def fields(self) -> Fields:
        arguments = [{"name": "node-cidr-mask-size", "value": str(self.node_mask)}]
        return present(
            clusterName=self.cluster_name,
            kubernetesVersion=self.kubernetes_version,
            controlPlaneEndpoint=self.control_plane_endpoint,
            networking={
                "dnsDomain": self.dns_domain,
                "podSubnet": self.pod_subnet,
                "serviceSubnet": self.service_subnet,
            },
            controllerManager=None if self.node_mask is None else {"extraArgs": arguments},
            imageRepository=self.image_repository,
            certificatesDir=self.certificates_dir,
            etcd=None if self.etcd_data_dir is None else {"local": {"dataDir": self.etcd_data_dir}},
        )


@dataclass(frozen=True)
class KubeProxyConfiguration(NodeDocument):
    """What kube-proxy does on every machine.

    Source: Kubernetes documentation, "kube-proxy Configuration (v1alpha1)".
    """

    api_version = "kubeproxy.config.k8s.io/v1alpha1"
    kind = "KubeProxyConfiguration"

    mode: str = "iptables"
    """How packets for Services are led to pods: ``iptables``, ``ipvs`` or ``nftables`` (stable since Kubernetes 1.33);
    the last one stays fast with thousands of Services."""

    def fields(self) -> Fields:
        return {"mode": self.mode}


@dataclass(frozen=True)
class KubeletConfiguration(NodeDocument):
    """What the kubelet does on every machine.

    Source: Kubernetes documentation, "Kubelet Configuration (v1beta1)".
    """

    api_version = "kubelet.config.k8s.io/v1beta1"
    kind = "KubeletConfiguration"

    max_pods: int | None = None
    """How many pods a node takes; None for 110 (``maxPods``). Each needs an address of the node's part of the pod
    subnet."""
    log_max_files: int | None = None
    """How many log files of a container are kept; None for 5 (``containerLogMaxFiles``)."""
    log_max_size: str | None = None
    """When a log file is rotated, as a quantity of bytes; None for ``10Mi`` (``containerLogMaxSize``)."""

    def fields(self) -> Fields:
        return present(
            maxPods=self.max_pods, containerLogMaxFiles=self.log_max_files, containerLogMaxSize=self.log_max_size
        )


class KubeadmConfig(NodeFile):
    """The file of ``kubeadm init --config FILE``.

    :param scope: the chart or construct that it stands in.
    :param path: the file's, such as ``kubeadm/init-config.yaml``.
    :param documents: what stands in it; kubeadm takes one of each kind.
    """

    def __init__(self, scope: constructs.Construct, path: str, *documents: NodeDocument) -> None:
        super().__init__(scope, path, [each.document() for each in documents])


@dataclass(frozen=True)
class RegistryMirror:
    """Where containerd asks for the images of one registry.

    Source: containerd, "CRI Plugin Config Guide", Registry Configuration.
    """

    registry: str
    """``HOST:PORT``, as images name it."""
    endpoints: Sequence[str]
    """The URLs that are asked, the first that answers wins."""
    insecure_skip_verify: bool = False
    """Whether a certificate that nobody vouches for will do: for a laboratory."""


@dataclass(frozen=True)
class ContainerdRuntime:
    """One way in which containerd runs containers; a RuntimeClass names it as its ``handler``.

    Source: containerd, "CRI Plugin Config Guide", Runtime Classes.
    """

    handler: str
    """Its name: what a RuntimeClass says under ``handler``."""
    runtime_type: str = "io.containerd.runc.v2"
    """The shim that containerd starts."""
    binary: str | None = None
    """The program that the shim runs, with its whole path (``options.BinaryName``); None for the shim's own choice."""
    base_runtime_spec: str | None = None
    """A file on the machine: the OCI specification that each container's begins as."""
    systemd_cgroup: bool | None = None
    """Whether systemd keeps the containers' control groups (``options.SystemdCgroup``): it has to, where the kubelet's
    ``cgroupDriver`` is ``systemd``. None says nothing."""

    def fields(self) -> Fields:
        """What stands under the runtime's name."""
        options = present(BinaryName=self.binary, SystemdCgroup=self.systemd_cgroup)
        return present(
            runtime_type=self.runtime_type, base_runtime_spec=self.base_runtime_spec, options=options or None
        )


class ContainerdConfig(NodeFile):
    """containerd's ``/etc/containerd/config.toml``, version 2 of its format.

    :param scope: the chart or construct that it stands in.
    :param path: the file's, such as ``containerd/config.toml``.
    :param runtimes: the runtimes besides runc, which is always there.
    :param mirrors: the registries that are reached by another way.

    Source: containerd, "CRI Plugin Config Guide".
    """

    PLUGIN = "io.containerd.grpc.v1.cri"

    def __init__(
        self,
        scope: constructs.Construct,
        path: str,
        *,
        runtimes: Sequence[ContainerdRuntime] = (),
        mirrors: Sequence[RegistryMirror] = (),
    ) -> None:
        registry = {
            "mirrors": {each.registry: {"endpoint": list(each.endpoints)} for each in mirrors},
            "configs": {
                each.registry: {"tls": {"insecure_skip_verify": True}} for each in mirrors if each.insecure_skip_verify
            },
        }
        plugin = present(
            registry={name: table for name, table in registry.items() if table} or None,
            containerd={"runtimes": {each.handler: each.fields() for each in runtimes}} if runtimes else None,
        )
        super().__init__(scope, path, {"version": 2, "plugins": {self.PLUGIN: plugin}})


@dataclass(frozen=True)
class KubesprayHost:
    """One machine of an inventory."""

    name: str
    """The node's name."""
    address: str
    """Its IP address, by which Ansible reaches it (``ansible_host``) and the other nodes do (``ip``)."""

    @property
    def line(self) -> str:
        """Its line in the inventory."""
        return f"{self.name} ansible_host={self.address} ip={self.address}"


class KubesprayInventory(NodeFile):
    """The inventory that Ansible is given: which machines there are, and what each of them is for.

    :param scope: the chart or construct that it stands in.
    :param path: the file's, such as ``kubespray/inventory.ini``.
    :param control_plane: the machines of the control plane, an odd number of them: etcd stands there too.
    :param workers: the machines that run pods.

    Source: Kubespray documentation, "Ansible", Inventory.
    """

    def __init__(
        self,
        scope: constructs.Construct,
        path: str,
        *,
        control_plane: Sequence[KubesprayHost],
        workers: Sequence[KubesprayHost],
    ) -> None:
        sections = {
            "all": [host.line for host in (*control_plane, *workers)],
            "kube_control_plane": [host.name for host in control_plane],
            "etcd": [host.name for host in control_plane],
            "kube_node": [host.name for host in workers],
            "k8s_cluster:children": ["kube_control_plane", "kube_node"],
        }
        super().__init__(scope, path, Ini(sections))


class KubesprayVariables(NodeFile):
    """The variables of a group of an inventory: ``group_vars/<group>/…yml`` beside it.

    :param scope: the chart or construct that it stands in.
    :param path: the file's, such as ``kubespray/group_vars/k8s_cluster/k8s-cluster.yml``.
    :param variables: name to value.

    Source: Kubespray documentation, "Configurable Parameters in Kubespray".
    """

    def __init__(self, scope: constructs.Construct, path: str, variables: Mapping[str, Any]) -> None:
        super().__init__(scope, path, [dict(variables)])
