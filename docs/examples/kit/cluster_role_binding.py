"""A ServiceAccount that may read in every namespace."""

from pilothouse import Chart, Values
from pilothouse_kit import ClusterRoleBinding, ServiceAccount


class Shop(Chart[Values]):
    def build(self) -> None:
        account = ServiceAccount(self, "operator", token=True)
        ClusterRoleBinding(self, "operator-view", role="view", subjects=[account])
