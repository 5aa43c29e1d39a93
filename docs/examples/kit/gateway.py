"""A gateway that takes HTTP and HTTPS for one host."""

from pilothouse import Chart, Values
from pilothouse_kit import Gateway, Listener


class Shop(Chart[Values]):
    def build(self) -> None:
        host = f"shop.{self.environment.domain}"
        Gateway(
            self,
            "shop",
            gateway_class="istio",
            listeners=[Listener("http", 80, host), Listener("https", 443, host, tls="shop-tls")],
        )
