"""A program that was not made for Kubernetes: root, its own files, no requests."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment


class Shop(Chart[Values]):
    def build(self) -> None:
        old = Deployment(
            self,
            "old",
            image="shop/old:0.9",
            port=80,
            user=None,
            read_only_root=False,
            capabilities=None,
            escalation=True,
            resources=None,
            readiness=None,
            liveness=None,
        )
        for code in ("POD020", "POD025", "POD026", "POD028", "EXP002"):
            old.waive(code, reason="it was made to be root")
        old.waive("QOS001", reason="nobody has measured yet what it needs")
