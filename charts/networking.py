"""networking: a second network beside the cluster's own, and policies by pods, by namespaces and by addresses."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    Allow,
    Deployment,
    Network,
    NetworkAttachmentDefinition,
    NetworkPolicy,
    Pods,
    Resources,
    Service,
)


class NetworkingValues(Values):
    image: str = "registry.k8s.io/e2e-test-images/agnhost:2.39"
    """An image that answers HTTP requests."""
    interface: str = "eth1"
    """The nodes' interface of the second network."""
    subnet: str = "192.168.10.0/24"
    """The addresses of the second network."""
    monitoring: str = "monitoring"
    """The namespace whose pods may read metrics."""


class Networking(Chart[NetworkingValues]):
    def build(self) -> None:
        # Multus gives each pod that asks for it a second interface, with an address of the machines' own network.
        second = NetworkAttachmentDefinition(
            self,
            "storage-network",
            config={
                "cniVersion": "0.3.1",
                "type": "macvlan",
                "master": self.values.interface,
                "mode": "bridge",
                "ipam": {"type": "whereabouts", "range": self.values.subnet},
            },
        )
        api = self.server("api", networks=[second])
        front = self.server("front", networks=[])
        # The API is for the front alone; metrics are for the monitoring; and it may leave for the second network only.
        NetworkPolicy(
            self,
            "api",
            pods=api,
            ingress=[
                Allow([front], ports=["http"]),
                Allow([Pods(namespace=self.values.monitoring)], ports=["metrics"]),
            ],
            egress=[Allow([Network(self.values.subnet)])],
        )
        # The front is for the whole world but the metadata service of the cloud, and may ask the API.
        NetworkPolicy(
            self,
            "front",
            pods=front,
            ingress=[Allow([Network("0.0.0.0/0", excluding=["169.254.0.0/16"])], ports=["http"])],
            egress=[Allow([api], ports=["http"])],
        )

    def server(self, name: str, networks: list[NetworkAttachmentDefinition]) -> Deployment:
        server = Deployment(
            self,
            name,
            image=self.values.image,
            args=["netexec", "--http-port=8080"],
            port={"http": 8080, "metrics": 9090},
            replicas=1,
            networks=networks,
            resources=Resources("20m", "32Mi"),
        )
        Service(self, name, selects=server, ports={"http": 80})
        return server
