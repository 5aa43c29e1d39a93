"""The nodes of the lab cluster, as objects: KWOK plays their kubelets."""

from __future__ import annotations

from tests.cluster.api import Api, Body
from tests.processes import wait_until

_OWN_LABELS: dict[str, dict[str, str]] = {
    "tk8s-control-plane": {},
    "tk8s-worker1": {"disk": "ssd"},
    "tk8s-worker2": {},
}


def labels() -> dict[str, dict[str, str]]:
    """Node to its labels: its own, and those that a kubelet sets."""
    kubelets = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {name: {"kubernetes.io/hostname": name, **kubelets, **own} for name, own in _OWN_LABELS.items()}


def add(api: Api) -> None:
    """Add the nodes, and wait until each is ready and takes pods."""
    for name, own in labels().items():
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": own}})
    wait_until(lambda: all(_takes_pods(node) for node in api.listed("v1", "Node")), 60)


def add_devices(api: Api) -> None:
    """Say that each worker has a device, as the driver of such devices would: pods that claim one are scheduled."""
    for name in (name for name in labels() if "worker" in name):
        pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
        spec = {"driver": "gpu.example.com", "nodeName": name, "pool": pool, "devices": [{"name": "gpu-0"}]}
        metadata = {"name": f"{name}-gpu"}
        api.create({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": metadata, "spec": spec})


def _takes_pods(node: Body) -> bool:
    conditions = node["status"].get("conditions", ())
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")
