"""Reading nodes, and the API server's own health."""

from pilothouse import Chart, Values
from pilothouse_kit import ClusterRole, Rule


class Shop(Chart[Values]):
    def build(self) -> None:
        ClusterRole(
            self,
            "look",
            rules=[Rule(["get", "list"], ["nodes"]), Rule(["get"], urls=["/healthz", "/metrics"])],
        )
