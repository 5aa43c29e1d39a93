"""Coverage: each row of what the reference stack describes, and the object and field that prove it on a server.

``docs/coverage.md`` is written from this table: ``make docs``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Path = tuple[str | int, ...]


class Row(NamedTuple):
    """One thing that the stack describes, proven by one field of one object."""

    section: str
    what: str
    """What is described, in the course's words."""
    chart: str
    environment: str
    object: str
    """``Kind namespace/name``; a name that ends in ``-*`` has a hash at its end."""
    path: Path
    """The field."""
    value: Any
    """What the server must have stored there."""
    mutant: Any
    """What the field is changed to, to see that the proof notices."""


class Machine(NamedTuple):
    """One thing of the machines' files, which no API server stores: proven by the program that reads the file."""

    what: str
    file: str
    """Below ``dist/_nodes/dev/``."""
    test: str
    """Where it is proven."""


def _pod(*path: str | int) -> Path:
    return ("spec", "template", "spec", *path)


_MAIN = ("spec", "containers", 0)
_CONTAINER = _pod("containers", 0)

WORKLOADS = "B. Workloads"
SERVICES = "C. Services of every type, and routing"
STORAGE = "D. Storage"
NETWORKING = "Networking"

ROWS: tuple[Row, ...] = (
    Row(
        WORKLOADS,
        "Namespace with its pod-security level",
        "namespaces",
        "dev",
        "Namespace custom-namespace",
        ("metadata", "labels", "pod-security.kubernetes.io/enforce"),
        "restricted",
        "baseline",
    ),
    Row(
        WORKLOADS,
        "NetworkPolicy of each namespace",
        "namespaces",
        "dev",
        "NetworkPolicy data/default-deny",
        ("spec", "policyTypes"),
        ["Ingress", "Egress"],
        ["Ingress"],
    ),
    Row(
        WORKLOADS,
        "LimitRange of each namespace",
        "namespaces",
        "dev",
        "LimitRange batch/container-defaults",
        ("spec", "limits", 0, "default", "memory"),
        "256Mi",
        "512Mi",
    ),
    Row(
        WORKLOADS,
        "ResourceQuota of each namespace",
        "namespaces",
        "prod",
        "ResourceQuota custom-namespace/quota",
        ("spec", "hard", "requests.cpu"),
        "16",
        "17",
    ),
    Row(
        WORKLOADS,
        "Pod kubia-manual",
        "kubia",
        "dev",
        "Pod custom-namespace/kubia-manual",
        (*_MAIN, "image"),
        "oliwave/kubia:v1",
        "oliwave/kubia:v2",
    ),
    Row(
        WORKLOADS,
        "Pod kuard with its liveness probe",
        "kuard",
        "dev",
        "Pod kuard/kuard",
        (*_MAIN, "livenessProbe", "httpGet", "path"),
        "/healthy",
        "/",
    ),
    Row(
        WORKLOADS,
        "Pod kuard on hostPath and NFS",
        "kuard",
        "dev",
        "Pod kuard/kuard",
        ("spec", "volumes", 0, "hostPath", "path"),
        "/var/lib/kuard",
        "/var/lib/other",
    ),
    Row(
        WORKLOADS,
        "ReplicaSet with matchExpressions",
        "kubia",
        "dev",
        "ReplicaSet custom-namespace/kubia",
        ("spec", "selector", "matchExpressions"),
        [{"key": "app", "operator": "In", "values": ["kubia-rs"]}],
        [{"key": "app", "operator": "Exists"}],
    ),
    Row(
        WORKLOADS,
        "DaemonSet on nodes with disk=ssd",
        "ssd_monitor",
        "dev",
        "DaemonSet node-tools/ssd-monitor",
        _pod("nodeSelector", "disk"),
        "ssd",
        "hdd",
    ),
    Row(
        WORKLOADS,
        "Deployment of the rollout lab: v1",
        "kubia",
        "dev",
        "Deployment custom-namespace/kubia-dp",
        (*_CONTAINER, "image"),
        "oliwave/kubia:v1",
        "oliwave/kubia:v2",
    ),
    Row(
        WORKLOADS,
        "Deployment of the rollout lab: no pod is missed",
        "kubia",
        "dev",
        "Deployment custom-namespace/kubia-dp",
        ("spec", "strategy", "rollingUpdate", "maxUnavailable"),
        0,
        1,
    ),
    Row(
        WORKLOADS,
        "Deployment of the rollout lab: revisions to roll back to",
        "kubia",
        "dev",
        "Deployment custom-namespace/kubia-dp",
        ("spec", "revisionHistoryLimit"),
        2,
        3,
    ),
    Row(
        WORKLOADS,
        "StatefulSet of MySQL with a disk from a StorageClass",
        "mysql",
        "prod",
        "StatefulSet data/mysql",
        ("spec", "volumeClaimTemplates", 0, "spec", "storageClassName"),
        "ssd",
        "local-path",
    ),
    Row(
        WORKLOADS,
        "Secret by reference only",
        "mysql",
        "prod",
        "ExternalSecret data/mysql",
        ("spec", "data", 0, "remoteRef", "key"),
        "kubia/mysql",
        "kubia/other",
    ),
    Row(
        WORKLOADS,
        "CronJob that dumps MySQL",
        "mysql",
        "dev",
        "CronJob data/mysql-dump",
        ("spec", "schedule"),
        "30 2 * * *",
        "31 2 * * *",
    ),
    Row(
        WORKLOADS,
        "CronJob that prunes the dumps",
        "mysql",
        "dev",
        "CronJob data/mysql-prune",
        ("spec", "schedule"),
        "0 4 * * 0",
        "0 4 * * 1",
    ),
    Row(WORKLOADS, "Job, plain", "batch", "dev", "Job batch/batch-job-*", ("spec", "backoffLimit"), 4, 3),
    Row(WORKLOADS, "Job, parallel", "batch", "dev", "Job batch/batch-parallel-*", ("spec", "parallelism"), 2, 1),
    Row(
        WORKLOADS,
        "Job, time-limited",
        "batch",
        "dev",
        "Job batch/batch-limited-*",
        ("spec", "activeDeadlineSeconds"),
        60,
        61,
    ),
    Row(
        WORKLOADS,
        "Job, indexed",
        "batch",
        "dev",
        "Job batch/batch-indexed-*",
        ("spec", "completionMode"),
        "Indexed",
        "NonIndexed",
    ),
    Row(
        WORKLOADS,
        "CronJob with concurrencyPolicy, history limits, time zone",
        "batch",
        "dev",
        "CronJob batch/batch-report",
        ("spec", "timeZone"),
        "Etc/UTC",
        "Europe/Vienna",
    ),
    Row(
        WORKLOADS,
        "HorizontalPodAutoscaler on cpu and a custom metric",
        "kubia",
        "prod",
        "HorizontalPodAutoscaler custom-namespace/kubia",
        ("spec", "metrics", 1, "pods", "metric", "name"),
        "http_requests_per_second",
        "other",
    ),
    Row(
        WORKLOADS,
        "VerticalPodAutoscaler",
        "kubia",
        "prod",
        "VerticalPodAutoscaler custom-namespace/kubia",
        ("spec", "updatePolicy", "updateMode"),
        "Off",
        "Initial",
    ),
    Row(
        WORKLOADS,
        "PodDisruptionBudget",
        "kubia",
        "dev",
        "PodDisruptionBudget custom-namespace/kubia",
        ("spec", "maxUnavailable"),
        1,
        2,
    ),
    Row(
        WORKLOADS,
        "PriorityClass",
        "kubia",
        "dev",
        "PriorityClass lessons",
        ("value",),
        100,
        101,
    ),
    Row(
        WORKLOADS,
        "Affinity",
        "mysql",
        "dev",
        "CronJob data/mysql-dump",
        (
            *("spec", "jobTemplate", "spec", "template", "spec", "affinity", "podAffinity"),
            *("preferredDuringSchedulingIgnoredDuringExecution", 0, "podAffinityTerm", "topologyKey"),
        ),
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ),
    Row(
        WORKLOADS,
        "Topology spread",
        "kubia",
        "prod",
        "Deployment custom-namespace/kubia-dp",
        _pod("topologySpreadConstraints", 1, "topologyKey"),
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
    ),
    Row(
        WORKLOADS,
        "QoS Guaranteed",
        "qos",
        "dev",
        "Deployment qos/qos-guaranteed",
        (*_CONTAINER, "resources"),
        {"limits": {"cpu": "50m", "memory": "32Mi"}, "requests": {"cpu": "50m", "memory": "32Mi"}},
        {"requests": {"cpu": "50m", "memory": "32Mi"}},
    ),
    Row(
        WORKLOADS,
        "QoS Burstable",
        "qos",
        "dev",
        "Deployment qos/qos-burstable",
        (*_CONTAINER, "resources", "limits"),
        {"memory": "64Mi"},
        {"memory": "16Mi"},
    ),
    Row(
        WORKLOADS,
        "QoS BestEffort",
        "qos",
        "dev",
        "Deployment qos/qos-best-effort",
        (*_CONTAINER, "resources"),
        {},
        {"requests": {"cpu": "1m"}},
    ),
    Row(WORKLOADS, "RuntimeClass crun", "runtimes", "dev", "RuntimeClass crun", ("handler",), "crun", "runc"),
    Row(WORKLOADS, "RuntimeClass gvisor", "runtimes", "dev", "RuntimeClass gvisor", ("handler",), "runsc", "runc"),
    Row(
        WORKLOADS,
        "pod-crun, privileged",
        "runtimes",
        "dev",
        "Pod runtimes/pod-crun",
        (*_MAIN, "securityContext", "privileged"),
        True,
        False,
    ),
    Row(
        WORKLOADS,
        "A pod on gvisor",
        "runtimes",
        "dev",
        "Pod runtimes/pod-gvisor",
        ("spec", "runtimeClassName"),
        "gvisor",
        "crun",
    ),
    Row(
        WORKLOADS,
        "DNS: dnscmd",
        "dns",
        "dev",
        "Pod dns/dnscmd",
        (*_MAIN, "image"),
        "registry.k8s.io/e2e-test-images/agnhost:2.39",
        "registry.k8s.io/e2e-test-images/agnhost:2.40",
    ),
    Row(
        WORKLOADS,
        "DNS: the API server's names are of this cluster's domain",
        "dns",
        "dev",
        "ConfigMap kube-system/coredns",
        ("data", "Corefile", "kubernetes tk8s.k8s in-addr.arpa"),
        True,
        ".:53 {}\n",
    ),
    Row(
        WORKLOADS,
        "DRA: DeviceClass",
        "runtimes",
        "prod",
        "DeviceClass gpu",
        ("spec", "selectors", 0, "cel", "expression"),
        'device.driver == "gpu.example.com"',
        'device.driver == "other.example.com"',
    ),
    Row(
        WORKLOADS,
        "DRA: ResourceClaimTemplate of the model server",
        "runtimes",
        "prod",
        "Deployment runtimes/model-server",
        _pod("resourceClaims", 0, "resourceClaimTemplateName"),
        "model-gpu",
        "other",
    ),
    Row(
        SERVICES,
        "ClusterIP, several ports, named targets",
        "kubia",
        "dev",
        "Service custom-namespace/kubia",
        ("spec", "ports", 1, "targetPort"),
        "https",
        8443,
    ),
    Row(
        SERVICES,
        "ClusterIP with sessionAffinity",
        "kubia",
        "dev",
        "Service custom-namespace/kubia-sticky",
        ("spec", "sessionAffinity"),
        "ClientIP",
        "None",
    ),
    Row(
        SERVICES,
        "headless, publishNotReadyAddresses",
        "mysql",
        "dev",
        "Service data/mysql",
        ("spec", "publishNotReadyAddresses"),
        True,
        False,
    ),
    Row(
        SERVICES,
        "NodePort 30123",
        "kubia",
        "dev",
        "Service custom-namespace/kubia-nodeport",
        ("spec", "ports", 0, "nodePort"),
        30123,
        30130,
    ),
    Row(
        SERVICES,
        "NodePort with externalTrafficPolicy Local",
        "kubia",
        "dev",
        "Service custom-namespace/kubia-nodeport-local",
        ("spec", "externalTrafficPolicy"),
        "Local",
        "Cluster",
    ),
    Row(
        SERVICES,
        "LoadBalancer with loadBalancerClass",
        "kubia",
        "prod",
        "Service custom-namespace/kubia-loadbalancer",
        ("spec", "loadBalancerClass"),
        "service.example.com/external",
        "service.example.com/other",
    ),
    Row(
        SERVICES,
        "Service without selector, and its EndpointSlice",
        "kubia",
        "dev",
        "EndpointSlice custom-namespace/google-map-1",
        ("endpoints", 1, "addresses"),
        ["22.22.22.22"],
        ["33.33.33.33"],
    ),
    Row(
        SERVICES,
        "ExternalName",
        "kubia",
        "dev",
        "Service custom-namespace/google-map-external",
        ("spec", "externalName"),
        "maps.googleapis.com",
        "maps.example.com",
    ),
    Row(
        SERVICES,
        "Ingress with hosts, paths and TLS",
        "kubia",
        "prod",
        "Ingress custom-namespace/kubia",
        ("spec", "tls", 0, "secretName"),
        "kubia-tls",
        "other",
    ),
    Row(
        SERVICES,
        "GatewayClass",
        "kubia",
        "dev",
        "GatewayClass kubia",
        ("spec", "controllerName"),
        "istio.io/gateway-controller",
        "example.com/other",
    ),
    Row(
        SERVICES,
        "Gateway",
        "kubia",
        "dev",
        "Gateway custom-namespace/kubia",
        ("spec", "gatewayClassName"),
        "kubia",
        "other",
    ),
    Row(
        SERVICES,
        "HTTPRoute with a weighted canary",
        "kubia",
        "dev",
        "HTTPRoute custom-namespace/kubia",
        ("spec", "rules", 1, "backendRefs", 1, "weight"),
        10,
        11,
    ),
    Row(
        STORAGE,
        "StorageClass local-path",
        "storage",
        "dev",
        "StorageClass local-path",
        ("volumeBindingMode",),
        "WaitForFirstConsumer",
        "Immediate",
    ),
    Row(
        STORAGE,
        "the provisioner itself",
        "storage",
        "dev",
        "Deployment local-path-storage/local-path-provisioner",
        _pod("serviceAccountName"),
        "local-path-provisioner",
        "default",
    ),
    Row(
        STORAGE,
        "PVC nginx-storage",
        "storage",
        "dev",
        "PersistentVolumeClaim storage/nginx-storage",
        ("metadata", "annotations", "volumeType"),
        "hostPath",
        "other",
    ),
    Row(
        STORAGE,
        "an nginx that uses it",
        "storage",
        "dev",
        "Deployment storage/nginx",
        _pod("volumes", 0, "persistentVolumeClaim", "claimName"),
        "nginx-storage",
        "other",
    ),
    Row(
        STORAGE,
        "PersistentVolume hostPath, bound by claimRef",
        "storage",
        "dev",
        "PersistentVolume pv-host",
        ("spec", "claimRef", "name"),
        "pv-host",
        "other",
    ),
    Row(
        STORAGE,
        "PersistentVolume NFS",
        "storage",
        "dev",
        "PersistentVolume pv-nfs",
        ("spec", "nfs", "server"),
        "my.nfs.server.local",
        "other",
    ),
    Row(
        STORAGE,
        "VolumeSnapshotClass",
        "storage",
        "dev",
        "VolumeSnapshotClass snapshots",
        ("deletionPolicy",),
        "Retain",
        "Delete",
    ),
    Row(
        STORAGE,
        "VolumeSnapshot",
        "storage",
        "dev",
        "VolumeSnapshot storage/orders-first",
        ("spec", "source", "persistentVolumeClaimName"),
        "orders",
        "other",
    ),
    Row(
        STORAGE,
        "PVC restored from a snapshot",
        "storage",
        "dev",
        "PersistentVolumeClaim storage/orders-restored",
        ("spec", "dataSource", "name"),
        "orders-first",
        "other",
    ),
    Row(
        STORAGE,
        "scheduled snapshots",
        "storage",
        "dev",
        "CronJob storage/orders-snapshot",
        ("spec", "schedule"),
        "0 1 * * *",
        "0 2 * * *",
    ),
    Row(
        NETWORKING,
        "Multus: a second network",
        "networking",
        "dev",
        "NetworkAttachmentDefinition networking/storage-network",
        ("spec", "config", '"type": "macvlan"'),
        True,
        "{}",
    ),
    Row(
        NETWORKING,
        "Multus: a pod attached to it",
        "networking",
        "dev",
        "Deployment networking/api",
        ("spec", "template", "metadata", "annotations", "k8s.v1.cni.cncf.io/networks"),
        "storage-network",
        "other",
    ),
    Row(
        NETWORKING,
        "NetworkPolicy by pods and by addresses",
        "networking",
        "dev",
        "NetworkPolicy networking/api",
        ("spec", "egress", 0, "to", 0, "ipBlock", "cidr"),
        "192.168.10.0/24",
        "192.168.0.0/16",
    ),
)

MACHINES: tuple[Machine, ...] = (
    Machine(
        "kubeadm's four documents",
        "kubeadm/init-config.yaml",
        "tests/cluster/test_cluster_kubeadm.py: kubeadm config validate",
    ),
    Machine(
        "containerd's configuration", "containerd/config.toml", "tests/charts/test_bootstrap.py: read back as TOML"
    ),
    Machine("Kubespray's inventory", "kubespray/inventory.ini", "tests/charts/test_bootstrap.py: read back as INI"),
    Machine(
        "values that must agree: subnets, masks, pods a node, DNS address",
        "kubeadm/init-config.yaml",
        "tests/charts/test_bootstrap.py: each check turns red",
    ),
)


def found(body: Any, path: Path) -> Any:
    """What stands at a field, or whether a text holds the last step of the path; None where nothing does."""
    for step in path:
        if isinstance(body, str):
            return str(step) in body or None
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def mutated(body: Any, path: Path, value: Any) -> Any:
    """The object with another value at a field; of a text, the whole of it."""
    if not path or isinstance(body, str):
        return value
    step, rest = path[0], path[1:]
    if isinstance(body, list) and isinstance(step, int):
        return [mutated(item, rest, value) if index == step else item for index, item in enumerate(body)]
    below = body.get(step, {})
    return {**body, str(step): mutated(below, rest, value)}


def document() -> str:
    """``docs/coverage.md``."""
    lines = [
        "# What the reference stack covers",
        "",
        "Written by `make docs` from `tests/cluster/coverage.py`: do not edit.",
        "",
        "Each row is proven on a real API server by `make test-cluster`: the object is applied, the field is read back",
        "from what the server stored, and a changed value is seen to turn the proof red",
        "(`tests/cluster/test_cluster_coverage.py`).",
        "",
        "## A. The lab cluster",
        "",
        "Files for the machines are never applied: the program that reads them is the judge.",
        "",
        "| what | chart | file | proven by |",
        "|---|---|---|---|",
        *(f"| {each.what} | `bootstrap` | `dist/_nodes/dev/{each.file}` | {each.test} |" for each in MACHINES),
    ]
    for section in dict.fromkeys(row.section for row in ROWS):
        lines += ["", f"## {section}", "", "| what | chart | environment | object | field |", "|---|---|---|---|---|"]
        lines += [
            f"| {row.what} | `{row.chart}` | {row.environment} | `{row.object}` | `{'.'.join(map(str, row.path))}` |"
            for row in ROWS
            if row.section == section
        ]
    return "\n".join(lines) + "\n"
