"""What an operator may do, and a team that may look on."""

from pilothouse import Chart, Values
from pilothouse_kit import Role, RoleBinding, Rule, ServiceAccount


class Shop(Chart[Values]):
    def build(self) -> None:
        account = ServiceAccount(self, "operator", token=True)
        role = Role(self, "operator", rules=[Rule(["get", "list", "watch"], ["pods"])])
        RoleBinding(self, "operator", role=role, subjects=[account])
        RoleBinding(self, "view", role="view", subjects=["Group:shop-team", "monitoring/prometheus"])
