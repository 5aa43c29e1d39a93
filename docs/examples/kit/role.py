"""Reading pods and their logs, and restarting one Deployment."""

from pilothouse import Chart, Values
from pilothouse_kit import Role, Rule


class Shop(Chart[Values]):
    def build(self) -> None:
        Role(
            self,
            "restart",
            rules=[
                Rule(["get", "list", "watch"], ["pods", "pods/log"]),
                Rule(["patch"], ["deployments"], groups=["apps"], names=["web"]),
            ],
        )
