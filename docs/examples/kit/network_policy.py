"""A database that the web server alone may reach, and that reaches nothing but names and its backup."""

from pilothouse import Chart, Values
from pilothouse_kit import DNS, Allow, Deployment, Network, NetworkPolicy, Pods


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080)
        database = Deployment(self, "db", image="postgres:18", port={"sql": 5432})
        NetworkPolicy(
            self,
            "db",
            pods=database,
            ingress=[
                Allow([web], ports=["sql"]),
                Allow([Pods({"app.kubernetes.io/name": "prometheus"}, namespace="monitoring")], ports=[9187]),
            ],
            egress=[DNS, Allow([Network("192.0.2.0/24", excluding=["192.0.2.128/25"])], ports=[443])],
        )
