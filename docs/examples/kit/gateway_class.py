"""The sort of gateway that Istio makes."""

from pilothouse import Chart, Values
from pilothouse_kit import GatewayClass


class Shop(Chart[Values]):
    def build(self) -> None:
        GatewayClass(self, "istio", controller="istio.io/gateway-controller")
