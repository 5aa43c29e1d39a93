"""runtimes: what runs the containers, other than the node's own: a faster one, one that isolates more, and devices."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    Allow,
    Deployment,
    DeviceClass,
    NetworkPolicy,
    Pod,
    ResourceClaimTemplate,
    Resources,
    RuntimeClass,
    Service,
)


class RuntimesValues(Values):
    image: str = "quay.io/cloudwalker/alp.base"
    """An image that stays awake by itself."""
    model_server: str | None = None
    """The image of a model server that needs a GPU: where the cluster can hand out devices (Kubernetes 1.34)."""


class Runtimes(Chart[RuntimesValues]):
    def build(self) -> None:
        # The handlers are names in each node's containerd configuration: the bootstrap chart writes them there.
        crun = RuntimeClass(self, "crun", handler="crun")
        gvisor = RuntimeClass(self, "gvisor", handler="runsc", overhead={"cpu": "50m", "memory": "64Mi"})
        small = Resources("20m", "32Mi")
        root = Pod(
            self,
            "pod-crun",
            runtime=crun,
            image=self.values.image,
            user=None,
            privileged=True,
            read_only_root=False,
            resources=small,
        )
        root.waive("POD003", reason="the lesson shows what a privileged container can do under another runtime")
        # A kernel of its own between the pod and the node: for code that nobody trusts.
        safe = Pod(self, "pod-gvisor", runtime=gvisor, image=self.values.image, resources=small)
        for pod in (root, safe):
            pod.waive("AVAIL001", reason="the lesson is one pod under one runtime, to be looked into by hand")
        if self.values.model_server is not None:
            self.devices(self.values.model_server)

    def devices(self, image: str) -> None:
        """A model server that claims a GPU instead of counting on one: the scheduler finds a node that has it free."""
        gpus = DeviceClass(self, "gpu", select=['device.driver == "gpu.example.com"'])
        gpu = ResourceClaimTemplate(self, "model-gpu", device_class=gpus)
        server = Deployment(
            self,
            "model-server",
            image=image,
            port={"grpc": 9000},
            replicas=1,
            devices=[gpu],
            resources=Resources("1", "4Gi"),
        )
        Service(self, "model-server", selects=server, ports={"grpc": 9000})
        NetworkPolicy(self, "model-server", pods=server, ingress=[Allow(ports=["grpc"])])
