"""mysql: a database with a name and a disk of its own, a password by reference, and dumps of it every night."""

from pilothouse import Chart, Values
from pilothouse_kit import (
    Allow,
    ClaimTemplate,
    ConfigMap,
    CronJob,
    EmptyDir,
    ExecProbe,
    ExternalSecret,
    GivenSecret,
    Mount,
    NetworkPolicy,
    PersistentVolumeClaim,
    PodAffinity,
    Pods,
    Resources,
    Service,
    StatefulSet,
)


class MysqlValues(Values):
    image: str = "mysql:8.4"
    """The image with its tag or digest."""
    storage: str = "1Gi"
    """How much the database may hold. It can grow where the class allows it, never shrink."""
    storage_class: str = "local-path"
    """The sort of disk."""
    dumps: str = "1Gi"
    """How much the dumps may hold."""
    keep_days: int = 7
    """For how many days dumps are kept."""
    secret_store: str | None = None
    """The store that the passwords come from; where it is not given, somebody puts the Secret ``mysql`` there."""
    clients: tuple[str, ...] = ("custom-namespace",)
    """The namespaces whose pods may connect."""
    resources: Resources = Resources("250m", "512Mi")
    """What the database asks for."""


CONFIG = """\
[mysqld]
innodb_buffer_pool_size = 128M
max_connections = 100
"""


class Mysql(Chart[MysqlValues]):
    def build(self) -> None:
        # The password never stands here: it is fetched inside the cluster, or was put there by hand.
        secret = self.secret()
        disk = ClaimTemplate("data", self.values.storage, self.values.storage_class)
        database = StatefulSet(
            self,
            "mysql",
            image=self.values.image,
            port={"mysql": 3306},
            user=999,
            group=999,
            env={"MYSQL_ROOT_PASSWORD": secret.key("password"), "MYSQL_DATABASE": "kubia"},
            mounts={
                "/var/lib/mysql": disk,
                "/etc/mysql/conf.d": Mount(ConfigMap(self, "mysql", data={"kubia.cnf": CONFIG}), read_only=True),
                "/var/run/mysqld": EmptyDir("run"),
                "/tmp": EmptyDir("tmp"),
            },
            claims=[disk],
            resources=self.values.resources,
            readiness=ExecProbe(["mysqladmin", "ping", "--host=127.0.0.1"], period=5, timeout=2),
            liveness=ExecProbe(["mysqladmin", "ping", "--host=127.0.0.1"], initial_delay=30, timeout=5),
            startup=ExecProbe(["mysqladmin", "ping", "--host=127.0.0.1"], period=5, failures=60),
            grace=60,
        )
        database.waive("CFG001", reason="a new root password is first set in the database itself, by hand")
        # Headless: each pod gets a name, mysql-0.mysql, and is in DNS before it is ready, so that members find it.
        Service(self, "mysql", selects=database, ports={"mysql": 3306}, headless=True, publish_not_ready=True)
        self.dumps(secret, database)

    def secret(self) -> GivenSecret | ExternalSecret:
        if self.values.secret_store is None:
            return GivenSecret("mysql")
        return ExternalSecret(
            self, "mysql", store=self.values.secret_store, keys={"password": "kubia/mysql#root-password"}
        )

    def dumps(self, secret: GivenSecret | ExternalSecret, database: StatefulSet) -> None:
        """Every night a dump, and every week the old ones go."""
        kept = PersistentVolumeClaim(
            self, "mysql-dumps", size=self.values.dumps, storage_class=self.values.storage_class
        )
        host = f"mysql-0.mysql.{self.namespace}.svc.{self.environment.cluster.domain}"
        dump = CronJob(
            self,
            "mysql-dump",
            schedule="30 2 * * *",
            time_zone="Etc/UTC",
            time_limit=3600,
            image=self.values.image,
            command=["sh", "-c", "mysqldump --host=$MYSQL_HOST --all-databases > /dumps/$(date +%F).sql"],
            env={"MYSQL_HOST": host, "MYSQL_PWD": secret.key("password")},
            mounts={"/dumps": kept},
            # Rather on the database's own node: the dump then never crosses the network.
            affinity=[PodAffinity(database.selector)],
            user=999,
            group=999,
        )
        CronJob(
            self,
            "mysql-prune",
            schedule="0 4 * * 0",
            time_zone="Etc/UTC",
            time_limit=600,
            image=self.values.image,
            command=["find", "/dumps", "-name", "*.sql", "-mtime", f"+{self.values.keep_days}", "-delete"],
            mounts={"/dumps": kept},
            user=999,
            group=999,
        )
        # The dump connects from this namespace, the apps from theirs.
        dumps = Pods({"app.kubernetes.io/name": dump.name})
        apps = [Pods(namespace=namespace) for namespace in self.values.clients]
        NetworkPolicy(self, "mysql", pods=database, ingress=[Allow([dumps, *apps], ports=["mysql"])])
        NetworkPolicy(self, "mysql-dump", pods=dumps.labels, egress=[Allow([database], ports=[3306])])
