"""A database of three pods, each with a name and a disk of its own."""

from pilothouse import Chart, Values
from pilothouse_kit import HOST, ClaimTemplate, EmptyDir, ExecProbe, PodAffinity, Service, StatefulSet, TcpProbe


class Shop(Chart[Values]):
    def build(self) -> None:
        disk = ClaimTemplate("data", size="10Gi", storage_class="fast")
        database = StatefulSet(
            self,
            "db",
            image="postgres:18",
            port={"sql": 5432},
            replicas=3,
            claims=[disk],
            mounts={"/var/lib/postgresql": disk, "/run/postgresql": EmptyDir("run")},
            readiness=ExecProbe(["pg_isready"]),
            liveness=TcpProbe("sql"),
            group=65532,
            affinity=[PodAffinity({"app.kubernetes.io/name": "db"}, over=HOST, apart=True, required=True)],
            grace=60,
        )
        Service(self, "db", selects=database, ports={"sql": 5432}, headless=True, publish_not_ready=True)
