"""kuard: a demo server that shows what a pod is given: probes, resources, and three sorts of volume."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    Allow,
    EmptyDir,
    HostPath,
    HttpProbe,
    NetworkPolicy,
    Nfs,
    Pod,
    Resources,
    Service,
)


class KuardValues(Values):
    image: str = "gcr.io/kuar-demo/kuard-amd64:blue"
    """The image with its tag or digest."""
    nfs_server: str = "my.nfs.server.local"
    """The server that exports ``/exports``."""
    host_path: str = "/var/lib/kuard"
    """The folder of the node that the pod keeps its data in."""


class Kuard(Chart[KuardValues]):
    def build(self) -> None:
        kuard = Pod(
            self,
            "kuard",
            image=self.values.image,
            port=8080,
            # Restarted after three failures in a row; traffic only while it says that it is ready.
            liveness=HttpProbe("/healthy", initial_delay=5, timeout=1, period=10, failures=3),
            readiness=HttpProbe("/ready"),
            # At least half a core, at most a whole one.
            resources=Resources("500m", "128Mi", cpu_limit="1000m", memory_limit="256Mi"),
            mounts={
                "/data": HostPath("kuard-data", self.values.host_path, "DirectoryOrCreate"),
                "/nfs": Nfs("kuard-nfs", self.values.nfs_server, "/exports"),
                "/tmp": EmptyDir("scratch", size="64Mi"),
            },
        )
        kuard.waive("AVAIL001", reason="the lesson is the pod itself, and what of it is left when it is gone")
        kuard.waive("POD002", reason="the lesson is that a hostPath outlives its pod, on that one node")
        Service(self, "kuard", selects=kuard, ports={"http": 80})
        NetworkPolicy(self, "kuard", pods=kuard, ingress=[Allow(ports=["http"])])
