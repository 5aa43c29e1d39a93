"""What no argument names."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment


class Shop(Chart[Values]):
    def build(self) -> None:
        Deployment(
            self,
            "web",
            image="shop/web:1.4.2",
            port=8080,
            patch={
                "metadata": {"labels": {"app.kubernetes.io/managed-by": None}},
                "spec": {
                    "paused": True,
                    "template": {"spec": {"containers": [{"name": "web", "terminationMessagePath": "/tmp/end"}]}},
                },
            },
        )
