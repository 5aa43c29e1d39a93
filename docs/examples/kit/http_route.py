"""A tenth of the requests to a new version, and all of those that ask for it."""

from pilothouse import Chart, Values
from pilothouse_kit import Backend, Deployment, Gateway, HTTPRoute, HttpRule, Listener, Service


class Shop(Chart[Values]):
    def build(self) -> None:
        gateway = Gateway(self, "shop", gateway_class="istio", listeners=[Listener("http", 80)])
        stable, fresh = (
            Service(self, name, selects=Deployment(self, name, image=f"shop/web:{tag}", port=8080), ports={"http": 80})
            for name, tag in (("web", "1.4.2"), ("web-next", "1.5.0"))
        )
        HTTPRoute(
            self,
            "shop",
            gateway=gateway,
            listener="http",
            hosts=[f"shop.{self.environment.domain}"],
            rules=[
                HttpRule([fresh], headers={"x-version": "next"}),
                HttpRule([Backend(stable, 90), Backend(fresh, 10)], timeout="10s"),
            ],
        )
