"""kubia: the web app that the rollout lab ships from v1 to v2, and every way to reach it."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    Deployment,
    EndpointSlice,
    ExternalName,
    HttpProbe,
    Ingress,
    PodDisruptionBudget,
    Resources,
    Service,
)


class KubiaValues(Values):
    image: str
    """Repository of the image, without the tag."""
    version: str = "v1"
    """The tag that runs: the rollout lab moves it from v1 to v2, and back."""
    replicas: int = 3
    """How many pods."""
    history: int = 2
    """How many old ReplicaSets are kept to roll back to."""
    node_port: int = 30123
    """The port on every node; its variant that keeps the client's address takes the next."""
    ingress_class: str | None = None
    """Which controller takes the Ingress; the cluster's default one where it is not given."""
    load_balancer_class: str | None = None
    """Which controller provides the load balancer."""
    tls_secret: str | None = None
    """The Secret with the hosts' certificate; plain HTTP where it is not given."""
    resources: Resources | None = None
    """What each pod asks for; the namespace's defaults where it is not given."""


class Kubia(Chart[KubiaValues]):
    def build(self) -> None:
        web = self.web()
        http = self.inside(web)
        self.from_nodes_and_outside(web)
        self.to_outside()
        Ingress(
            self,
            "kubia",
            hosts={
                f"kubia.{self.environment.domain}": {"/": http},
                f"www.kubia.{self.environment.domain}": {"/": http, "/v2": http},
            },
            ingress_class=self.values.ingress_class,
            tls=self.values.tls_secret,
        )

    def web(self) -> Deployment:
        """Three pods, replaced one at a time, never fewer than three ready: a rollout that nobody notices."""
        web = Deployment(
            self,
            "kubia-dp",
            image=f"{self.values.image}:{self.values.version}",
            port={"http": 8080, "https": 8443},
            replicas=self.values.replicas,
            selector={"app": "kubia"},
            readiness=HttpProbe("/", period=5),
            liveness=HttpProbe("/", initial_delay=10),
            resources=self.values.resources,
            min_ready=5,
            history=self.values.history,
        )
        if self.values.replicas > 1:
            PodDisruptionBudget(self, "kubia", protects=web)
        return web

    def inside(self, web: Deployment) -> Service:
        """For pods of the cluster: one address, an address that remembers its client, and the pods' own."""
        Service(self, "kubia-sticky", selects=web, ports={"http": 80}, session_affinity=True)
        Service(self, "kubia-headless", selects=web, ports={"http": 80}, headless=True, publish_not_ready=True)
        return Service(self, "kubia", selects=web, ports={"http": 80, "https": 443})

    def from_nodes_and_outside(self, web: Deployment) -> None:
        """For clients outside: a port on every node, and a load balancer in front."""
        port = self.values.node_port
        Service(self, "kubia-nodeport", selects=web, ports={"http": 80}, type="NodePort", node_ports={"http": port})
        Service(
            self,
            "kubia-nodeport-local",
            selects=web,
            ports={"http": 80},
            type="NodePort",
            node_ports={"http": port + 1},
            external_traffic="Local",
        )
        Service(
            self,
            "kubia-loadbalancer",
            selects=web,
            ports={"http": 80},
            type="LoadBalancer",
            load_balancer_class=self.values.load_balancer_class,
        )

    def to_outside(self) -> None:
        """Names in the cluster for what runs elsewhere: by addresses, and by another name."""
        google_map = Service(self, "google-map", ports={"http": 80})
        EndpointSlice(self, service=google_map, addresses=["11.11.11.11", "22.22.22.22"])
        ExternalName(self, "google-map-external", host="maps.googleapis.com")
