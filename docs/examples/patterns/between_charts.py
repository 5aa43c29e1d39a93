"""What another chart makes, by its name."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, GivenConfigMap


class Shop(Chart[Values]):
    def build(self) -> None:
        shared = GivenConfigMap("shared-settings")
        web = Deployment(
            self,
            "web",
            image="shop/web:1.4.2",
            port=8080,
            env_from=[shared],
            env={"ORDERS": f"http://orders.orders.svc.{self.environment.cluster.domain}"},
            priority="urgent",
        )
        web.waive("CFG001", reason="the chart that owns shared-settings says when to roll its readers")
