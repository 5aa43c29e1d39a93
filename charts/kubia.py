"""kubia: the web app that the rollout lab ships from v1 to v2, and every way to reach it."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    HOST,
    ZONE,
    Allow,
    Backend,
    Deployment,
    EndpointSlice,
    ExternalName,
    Gateway,
    GatewayClass,
    HorizontalPodAutoscaler,
    HttpProbe,
    HTTPRoute,
    HttpRule,
    Ingress,
    Listener,
    NetworkPolicy,
    Pod,
    PodDisruptionBudget,
    PodsMetric,
    PriorityClass,
    ReplicaSet,
    Requirement,
    Resources,
    Service,
    Spread,
    VerticalPodAutoscaler,
)

PORTS = {"http": 8080, "https": 8443}


class Canary(Values):
    version: str
    """The tag that part of the requests goes to."""
    weight: int = 10
    """How many of a hundred requests."""


class Autoscaling(Values):
    max: int
    """The most pods; ``replicas`` is the least."""
    cpu: int = 70
    """How much of the requested processor time should be used, in percent."""
    requests: str = "100"
    """How many requests a second each pod should answer: the custom metric of the app itself."""


class KubiaValues(Values):
    image: str
    """Repository of the image, without the tag."""
    version: str = "v1"
    """The tag that runs: the rollout lab moves it from v1 to v2, and back."""
    replicas: int = 3
    """How many pods; with an autoscaler, the least."""
    history: int = 2
    """How many old ReplicaSets are kept to roll back to."""
    autoscaling: Autoscaling | None = None
    """More pods when there is more to do; a fixed number where it is not given."""
    canary: Canary | None = None
    """A second version beside the first, behind the gateway."""
    lessons: bool = False
    """Whether the course's first steps run too: a pod by itself, and a ReplicaSet."""
    node_port: int = 30123
    """The port on every node; its variant that keeps the client's address takes the next."""
    ingress_class: str | None = None
    """Which controller takes the Ingress; the cluster's default one where it is not given."""
    gateway_controller: str = "istio.io/gateway-controller"
    """Which controller makes the gateway."""
    load_balancer_class: str | None = None
    """Which controller provides the load balancer."""
    tls_secret: str | None = None
    """The Secret with the hosts' certificate; plain HTTP where it is not given."""
    resources: Resources | None = None
    """What each pod asks for; the namespace's defaults where it is not given."""


class Kubia(Chart[KubiaValues]):
    def build(self) -> None:
        web = self.web("kubia-dp", self.values.version, {"app": "kubia"})
        self.many(web)
        http = self.inside(web)
        self.from_nodes_and_outside(web)
        self.to_outside()
        self.by_host(http)
        if self.values.lessons:
            self.lessons()

    def web(self, name: str, version: str, selector: dict[str, str]) -> Deployment:
        """Pods replaced one at a time, never fewer ready than there should be: a rollout that nobody notices."""
        web = Deployment(
            self,
            name,
            image=f"{self.values.image}:{version}",
            port=PORTS,
            replicas=self.values.replicas if name == "kubia-dp" else 1,
            selector=selector,
            readiness=HttpProbe("/", period=5),
            liveness=HttpProbe("/", initial_delay=10),
            resources=self.values.resources,
            spread=[Spread(HOST), Spread(ZONE)],
            min_ready=5,
            history=self.values.history,
        )
        # Nothing reaches pods of this namespace until a policy says so: everyone may reach the app's ports.
        NetworkPolicy(self, name, pods=web, ingress=[Allow(ports=list(PORTS))])
        return web

    def many(self, web: Deployment) -> None:
        """As many pods as there is to do, and never too few at a time when nodes are emptied."""
        if self.values.replicas > 1:
            PodDisruptionBudget(self, "kubia", protects=web, max_unavailable=1)
        scaling = self.values.autoscaling
        if scaling is not None:
            HorizontalPodAutoscaler(
                self,
                "kubia",
                target=web,
                min=self.values.replicas,
                max=scaling.max,
                cpu=scaling.cpu,
                metrics=[PodsMetric("http_requests_per_second", average=scaling.requests)],
                scale_down_after=300,
            )
            # Two autoscalers on one resource would fight: this one only says what it would do.
            VerticalPodAutoscaler(self, "kubia", target=web, mode="Off", least={"cpu": "50m", "memory": "64Mi"})

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

    def by_host(self, http: Service) -> None:
        """For browsers: by an Ingress, and by the Gateway API that follows it, which can also share out requests."""
        hosts = [f"kubia.{self.environment.domain}", f"www.kubia.{self.environment.domain}"]
        Ingress(
            self,
            "kubia",
            hosts={hosts[0]: {"/": http}, hosts[1]: {"/": http, "/v2": http}},
            ingress_class=self.values.ingress_class,
            tls=self.values.tls_secret,
        )
        # The same hosts: DNS says which of the two a browser asks, and so when the one follows the other.
        gateway = Gateway(
            self,
            "kubia",
            gateway_class=GatewayClass(self, "kubia", controller=self.values.gateway_controller),
            listeners=[Listener("http", 80)]
            + ([Listener("https", 443, tls=self.values.tls_secret)] if self.values.tls_secret else []),
        )
        HTTPRoute(self, "kubia", gateway=gateway, hosts=hosts, rules=self.shares(http))

    def shares(self, http: Service) -> list[HttpRule]:
        """All requests to one version; or some of them, and all of whoever asks for it by a header, to the next."""
        canary = self.values.canary
        if canary is None:
            return [HttpRule([http])]
        next_web = self.web("kubia-dp-canary", canary.version, {"app": "kubia-canary"})
        next_http = Service(self, "kubia-canary", selects=next_web, ports={"http": 80})
        return [
            HttpRule([next_http], headers={"x-version": canary.version}),
            HttpRule([Backend(http, 100 - canary.weight), Backend(next_http, canary.weight)]),
        ]

    def lessons(self) -> None:
        """The course's way to Deployments: a pod that nothing starts again, and pods that are kept at a number.

        In the course all three carry ``app: kubia``: here their labels do not meet, so that none takes another's pods.
        """
        image = f"{self.values.image}:{self.values.version}"
        manual = PriorityClass(self, "lessons", value=100, description="What may go first when there is no room.")
        alone = Pod(self, "kubia-manual", selector={"app": "kubia-manual"}, image=image, port=8080, priority=manual)
        alone.waive("AVAIL001", reason="the lesson is that nothing starts such a pod again")
        ReplicaSet(
            self,
            "kubia",
            replicas=3,
            selector={"app": "kubia-rs"},
            expressions=[Requirement("app", "In", ["kubia-rs"])],
            image="luksa/kubia",
            port=8080,
            priority=manual,
        )
