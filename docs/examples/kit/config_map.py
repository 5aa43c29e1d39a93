"""Settings that a web server reads as files, and a single one that it reads as a variable."""

from pilothouse import Chart, Values
from pilothouse_kit import ConfigMap, Deployment


class Shop(Chart[Values]):
    def build(self) -> None:
        settings = ConfigMap(self, "web", data={"nginx.conf": "worker_processes 2;\n", "mode": "fast"})
        Deployment(
            self,
            "web",
            image="nginx:1.29",
            port=8080,
            mounts={"/etc/nginx/conf.d": settings.files({"nginx.conf": "default.conf"})},
            env={"MODE": settings.key("mode")},
        )
