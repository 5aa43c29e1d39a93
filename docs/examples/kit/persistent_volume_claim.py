"""A disk that one pod writes to."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, PersistentVolumeClaim


class Shop(Chart[Values]):
    def build(self) -> None:
        data = PersistentVolumeClaim(self, "data", size="10Gi", storage_class="fast")
        Deployment(self, "web", image="shop/web:1.4.2", port=8080, mounts={"/data": data}, strategy="Recreate")
