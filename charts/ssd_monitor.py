"""ssd_monitor: one pod on every node that has an SSD, and on no other."""

from pilothouse import Chart, Values
from pilothouse_kit import DaemonSet, Resources


class SsdMonitorValues(Values):
    image: str = "luksa/ssd-monitor"
    """The image with its tag or digest."""


class SsdMonitor(Chart[SsdMonitorValues]):
    def build(self) -> None:
        DaemonSet(
            self,
            "ssd-monitor",
            image=self.values.image,
            node_selector={"disk": "ssd"},
            resources=Resources("10m", "16Mi", memory_limit="32Mi"),
        )
