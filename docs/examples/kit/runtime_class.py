"""A sandbox for programs of others, on the nodes that have it."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, RuntimeClass


class Shop(Chart[Values]):
    def build(self) -> None:
        sandbox = RuntimeClass(
            self, "sandbox", handler="runsc", overhead={"memory": "64Mi"}, node_selector={"gvisor": "yes"}
        )
        Deployment(self, "plugin", image="shop/plugin:1.4.2", port=8080, runtime=sandbox)
