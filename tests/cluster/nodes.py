"""The nodes of the lab cluster, as objects: KWOK plays their kubelets."""

from __future__ import annotations

from tests.cluster.api import Api, Body
from tests.processes import wait_until

NODES = {"tk8s-control-plane": {}, "tk8s-worker1": {"disk": "ssd"}, "tk8s-worker2": {}}
"""Name to labels."""


def add(api: Api) -> None:
    """Add the nodes, and wait until each is ready and takes pods."""
    for name, labels in NODES.items():
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **labels}
        api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
    wait_until(lambda: all(_takes_pods(node) for node in api.listed("v1", "Node")), 60)


def _takes_pods(node: Body) -> bool:
    conditions = node["status"].get("conditions", ())
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")
