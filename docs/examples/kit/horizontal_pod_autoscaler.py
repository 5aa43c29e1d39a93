"""Two to ten pods, by processor time and by requests."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, ExternalMetric, HorizontalPodAutoscaler, PodsMetric


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080)
        HorizontalPodAutoscaler(
            self,
            "web",
            target=web,
            min=2,
            max=10,
            cpu=70,
            metrics=[
                PodsMetric("http_requests_per_second", "100"),
                ExternalMetric("queue_length", "30", labels={"queue": "orders"}),
            ],
            scale_down_after=600,
        )
