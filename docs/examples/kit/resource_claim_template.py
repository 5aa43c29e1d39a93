"""A GPU for each pod of a workload."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, NodeAffinity, ResourceClaimTemplate


class Shop(Chart[Values]):
    def build(self) -> None:
        gpu = ResourceClaimTemplate(self, "gpu", device_class="gpu")
        Deployment(
            self,
            "model",
            image="shop/model:1.4.2",
            port=8080,
            devices=[gpu],
            affinity=[NodeAffinity("gpu.example.com/present", required=True)],
        )
