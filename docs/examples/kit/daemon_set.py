"""A collector of logs on every node that has an SSD, the control plane included."""

from pilothouse import Chart, Values
from pilothouse_kit import DaemonSet, HostPath, Mount, Toleration


class Shop(Chart[Values]):
    def build(self) -> None:
        logs = DaemonSet(
            self,
            "logs",
            image="fluent/fluent-bit:4.1",
            node_selector={"disk": "ssd"},
            tolerations=[Toleration("node-role.kubernetes.io/control-plane", effect="NoSchedule")],
            mounts={"/var/log": Mount(HostPath("log", "/var/log", "Directory"), read_only=True)},
            max_unavailable="25%",
        )
        logs.waive("POD002", reason="it reads what the node's containers write, and writes nothing there")
