"""What all objects of the namespace take together."""

from pilothouse import Chart, Values
from pilothouse_kit import ResourceQuota


class Shop(Chart[Values]):
    def build(self) -> None:
        ResourceQuota(self, "quota", hard={"requests.cpu": "4", "requests.memory": "8Gi", "persistentvolumeclaims": 5})
