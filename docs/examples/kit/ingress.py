"""A host whose pictures come from another Service."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, Ingress, Service


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080)
        pictures = Deployment(self, "pictures", image="shop/pictures:1.4.2", port=8080)
        Ingress(
            self,
            "shop",
            host=f"shop.{self.environment.domain}",
            routes={
                "/": Service(self, "web", selects=web, ports={"http": 80}),
                "/pictures": Service(self, "pictures", selects=pictures, ports={"http": 80}),
            },
            ingress_class="nginx",
            tls="shop-tls",
        )
