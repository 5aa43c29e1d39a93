"""A program that asks the API server, and so gets a token."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, ServiceAccount


class Shop(Chart[Values]):
    def build(self) -> None:
        account = ServiceAccount(self, "operator", token=True)
        Deployment(self, "operator", image="shop/operator:1.4.2", service_account=account)
