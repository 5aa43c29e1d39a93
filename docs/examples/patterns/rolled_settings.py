"""A change of the ConfigMap rolls the pods that read it."""

from pilothouse import Chart, Values
from pilothouse_kit import ConfigMap, Deployment


class Shop(Chart[Values]):
    def build(self) -> None:
        settings = ConfigMap(self, "web", data={"mode": "fast"})
        Deployment(self, "web", image="shop/web:1.4.2", port=8080, env_from=[settings])
