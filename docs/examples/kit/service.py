"""One address for the pods, and a port on every node that keeps the clients' addresses."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, Port, Service


class Shop(Chart[Values]):
    def build(self) -> None:
        web = Deployment(self, "web", image="shop/web:1.4.2", port={"http": 8080, "metrics": Port(9090)})
        Service(self, "web", selects=web, ports={"http": 80, "metrics": 9090})
        Service(
            self,
            "web-nodes",
            selects=web,
            ports={"http": 80},
            type="NodePort",
            node_ports={"http": 30080},
            external_traffic="Local",
        )
