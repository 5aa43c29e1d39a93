"""A program that asks the API server, and so gets a token."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, RoleBinding, ServiceAccount


class Shop(Chart[Values]):
    def build(self) -> None:
        account = ServiceAccount(self, "operator", token=True)
        RoleBinding(self, "operator", role="view", subjects=[account])
        Deployment(self, "operator", image="shop/operator:1.4.2", service_account=account)
