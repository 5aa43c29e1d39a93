"""App00: one twentieth of the benchmark's applications, five objects each, by the kit's constructs."""

from __future__ import annotations

from pilothouse import Chart, Values
from pilothouse_kit import ConfigMap, Deployment, HttpProbe, Ingress, Resources, Service, ServiceAccount

APPS: list[tuple[str, int]] = []


class App00Values(Values):
    tag: str = "1.4.2"


class App00(Chart[App00Values]):
    def build(self) -> None:
        for name, replicas in APPS:
            self.web_app(name, replicas)

    def web_app(self, name: str, replicas: int) -> None:
        labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/component": "web",
            "app.kubernetes.io/part-of": "bench",
            "team": "platform",
        }
        account = ServiceAccount(self, name, labels=labels)
        settings = ConfigMap(
            self,
            name,
            labels=labels,
            data={
                "LOG_LEVEL": "info",
                "PORT": "8080",
                "UPSTREAM": f"http://{name}.bench.svc.cluster.local",
                "application.yaml": f"server:\n  name: {name}\n  threads: 8\ncache:\n  ttl: 30s\n",
            },
        )
        web = Deployment(
            self,
            name,
            image=f"registry.example.com/bench/web:{self.values.tag}",
            port=8080,
            replicas=replicas,
            history=2,
            labels=labels,
            service_account=account,
            resources=Resources(cpu="100m", memory="128Mi", memory_limit="256Mi"),
            readiness=HttpProbe("/ready", period=5),
            liveness=HttpProbe("/healthy", initial_delay=10, timeout=2),
            env_from=[settings],
        )
        http = Service(self, name, labels=labels, selects=web, ports={"http": 80})
        Ingress(self, name, labels=labels, host=f"{name}.example.com", routes={"/": http}, ingress_class="nginx")
