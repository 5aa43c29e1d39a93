"""Requests that are recommended, and changed by nobody."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, VerticalPodAutoscaler


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080)
        VerticalPodAutoscaler(self, "web", target=web, least={"cpu": "50m"}, most={"cpu": "1", "memory": "1Gi"})
