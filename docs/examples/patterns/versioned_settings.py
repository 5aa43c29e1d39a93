"""Each version of the settings is a ConfigMap of its own."""

from pilothouse import Chart, Values
from pilothouse_kit import ConfigMap, Deployment


class Shop(Chart[Values]):
    def build(self) -> None:
        settings = ConfigMap(self, "web", data={"mode": "fast"}, versioned=True)
        Deployment(self, "web", image="shop/web:1.4.2", port=8080, env_from=[settings], history=3)
