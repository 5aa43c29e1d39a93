"""Three pods of one tier, found by two labels and a condition."""

from pilothouse import Chart, Values
from pilothouse_kit import ReplicaSet, Requirement


class Shop(Chart[Values]):
    def build(self) -> None:
        ReplicaSet(
            self,
            "web",
            image="shop/web:1.4.2",
            port=8080,
            replicas=3,
            selector={"app": "web", "tier": "front"},
            expressions=[Requirement("app", "In", ["web", "shop"])],
        )
