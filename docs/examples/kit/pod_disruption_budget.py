"""Three pods, of which a drain may take one at a time."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, PodDisruptionBudget


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080, replicas=3)
        PodDisruptionBudget(self, "web", protects=web)
