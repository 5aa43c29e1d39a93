"""A web server: three pods, replaced one at a time once the new one is ready."""

from pilothouse import Chart, Values
from pilothouse_kit import ZONE, Container, Deployment, EmptyDir, FieldOf, HttpProbe, Mount, Resources, Spread


class Shop(Chart[Values]):
    def build(self) -> None:
        Deployment(
            self,
            "web",
            image="shop/web:1.4.2",
            port={"http": 8080, "metrics": 9090},
            replicas=3,
            resources=Resources("100m", "128Mi", memory_limit="256Mi"),
            readiness=HttpProbe("/ready", period=5),
            liveness=HttpProbe("/alive", failures=6),
            env={"MODE": "production", "POD_IP": FieldOf("status.podIP")},
            mounts={"/tmp": EmptyDir("tmp", size="100Mi")},
            init=[Container("migrate", image="shop/web:1.4.2", command=["/app/migrate"])],
            sidecars=[
                Container("log", image="fluent/fluent-bit:4.1", mounts={"/logs": Mount(EmptyDir("tmp", size="100Mi"))})
            ],
            spread=[Spread(ZONE)],
            min_ready=5,
        )
