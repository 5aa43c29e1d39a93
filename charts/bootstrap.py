"""bootstrap: how bare machines become this cluster. Nothing here is applied: these files are put on the machines.

Three programs are told of one cluster, each in its own words: kubeadm makes the control plane, containerd runs the
containers, and Kubespray does the same for many machines at once, over SSH. What they must agree on stands here once.
"""

from pilothouse import Chart, Values
from pilothouse_kit.nodes import (
    ClusterConfiguration,
    ContainerdConfig,
    ContainerdRuntime,
    InitConfiguration,
    KubeadmConfig,
    KubeletConfiguration,
    KubeProxyConfiguration,
    KubesprayHost,
    KubesprayInventory,
    KubesprayVariables,
    RegistryMirror,
    dns_service_address,
)

CRI_SOCKET = "unix:///run/containerd/containerd.sock"
"""Where containerd listens: the kubelet's way to it."""


class BootstrapValues(Values):
    kubernetes_version: str
    """The release that the machines are set up with; its minor is the environment's own."""
    control_plane: dict[str, str]
    """Each control plane machine's name, with its address. kubeadm begins on the first."""
    workers: dict[str, str]
    """The same of the machines that run pods."""
    pod_subnet: str
    """Where pods get their addresses. Each machine is given a part of it."""
    service_subnet: str
    """Where Services get theirs. The tenth is that of the cluster's DNS."""
    node_mask: int
    """How large a machine's part of the pod subnet is: a /25 has 126 addresses for pods."""
    max_pods: int
    """How many pods a machine takes."""
    endpoint: str | None = None
    """``HOST:PORT`` of the load balancer before several control plane machines."""
    pods_on_control_plane: bool = False
    """Whether pods may run on the control plane's machines: a laboratory has no machine to spare."""
    log_max_files: int = 5
    """How many log files of a container are kept."""
    log_max_size: str = "10Mi"
    """How large each of them grows."""
    mirrors: dict[str, str] | None = None
    """Registries that are reached by plain HTTP, each with its URL; None where there is none."""
    network_plugin: str = "calico"
    """What connects the pods (CNI), as Kubespray names it."""
    minimal_node_memory: int = 1024
    """Megabytes below which Kubespray refuses a worker."""


class Bootstrap(Chart[BootstrapValues]):
    def build(self) -> None:
        self.kubeadm()
        self.containerd()
        self.kubespray()

    def kubeadm(self) -> None:
        """``kubeadm init --config init-config.yaml`` on the first machine: four documents in one file.

        The first is about that machine, the second about the cluster. kubeadm hands the other two on: to kube-proxy,
        which leads packets for a Service to its pods, and to the kubelet, which runs the pods of a machine.
        """
        values, cluster = self.values, self.environment.cluster
        name, address = next(iter(values.control_plane.items()))
        KubeadmConfig(
            self,
            "kubeadm/init-config.yaml",
            InitConfiguration(
                name=name,
                advertise_address=address,
                cri_socket=CRI_SOCKET,
                image_pull_policy="IfNotPresent",
                # Without taints pods may run here; where nothing is said, kubeadm keeps them off.
                taints=[] if values.pods_on_control_plane else None,
            ),
            ClusterConfiguration(
                cluster_name=cluster.name,
                kubernetes_version=values.kubernetes_version,
                control_plane_endpoint=values.endpoint,
                dns_domain=cluster.domain,
                pod_subnet=values.pod_subnet,
                service_subnet=values.service_subnet,
                node_mask=values.node_mask,
                image_repository="registry.k8s.io",
                certificates_dir="/etc/kubernetes/pki",
                etcd_data_dir="/var/lib/etcd",
            ),
            KubeProxyConfiguration(mode="nftables"),
            KubeletConfiguration(
                max_pods=values.max_pods, log_max_files=values.log_max_files, log_max_size=values.log_max_size
            ),
        )

    def containerd(self) -> None:
        """``/etc/containerd/config.toml`` on every machine: where images come from, and what runs containers.

        A pod asks for a runtime by a RuntimeClass, whose handler is the name here. crun is runc written in C: it
        starts faster and needs less memory. runsc is gVisor: a kernel of its own between a container and the
        machine's, for code that nobody trusts.
        """
        ContainerdConfig(
            self,
            "containerd/config.toml",
            mirrors=[
                RegistryMirror(registry, [url], insecure_skip_verify=True)
                for registry, url in (self.values.mirrors or {}).items()
            ],
            runtimes=[
                ContainerdRuntime("crun", binary="/usr/bin/crun", base_runtime_spec="/etc/containerd/cri-base.json"),
                ContainerdRuntime("runsc", "io.containerd.runsc.v1", binary="/usr/local/bin/runsc"),
            ],
        )

    def kubespray(self) -> None:
        """``ansible-playbook -i inventory.ini cluster.yml``: the same cluster, all of its machines at once.

        Kubespray runs kubeadm itself, and asks variables for what the file above says.
        """
        values = self.values
        KubesprayInventory(
            self,
            "kubespray/inventory.ini",
            control_plane=[KubesprayHost(*host) for host in values.control_plane.items()],
            workers=[KubesprayHost(*host) for host in values.workers.items()],
        )
        KubesprayVariables(
            self,
            "kubespray/group_vars/all/all.yml",
            {"minimal_node_memory_mb": values.minimal_node_memory},
        )
        KubesprayVariables(
            self,
            "kubespray/group_vars/k8s_cluster/k8s-cluster.yml",
            {
                "kube_version": values.kubernetes_version,
                "cluster_name": self.environment.cluster.domain,
                "container_manager": "containerd",
                "kube_network_plugin": values.network_plugin,
                "kube_proxy_mode": "nftables",
                "kube_pods_subnet": values.pod_subnet,
                "kube_network_node_prefix": values.node_mask,
                "kube_service_addresses": values.service_subnet,
                "kubelet_max_pods": values.max_pods,
                # Kubespray would take the third address of the subnet, and kubeadm the tenth.
                "skydns_server": dns_service_address(values.service_subnet),
            },
        )
