"""qos: the three classes in which pods are evicted when a node runs out of memory: last, later, and first."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, Resources


class QosValues(Values):
    image: str = "registry.k8s.io/pause:3.10"
    """An image that does nothing."""


class Qos(Chart[QosValues]):
    def build(self) -> None:
        classes = {
            # Limits equal to requests, for every resource of every container: evicted last.
            "guaranteed": Resources("50m", "32Mi", cpu_limit="50m", memory_limit="32Mi"),
            # Something is asked for: evicted when it uses more than that.
            "burstable": Resources("20m", "16Mi", memory_limit="64Mi"),
            # Nothing is asked for, and the namespace gives no defaults: evicted first.
            "best-effort": None,
        }
        for name, resources in classes.items():
            deployment = Deployment(self, f"qos-{name}", image=self.values.image, replicas=1, resources=resources)
            if resources is None:
                deployment.waive("QOS001", reason="the lesson shows the class that is evicted first")
