"""namespaces: the rooms of the cluster, each with its walls: who may talk to whom, and how much its pods may take."""

from pilothouse import Chart, Values
from pilothouse_kit import Namespace


class NamespacesValues(Values):
    cpu: str = "4"
    """Processor time that the pods of a namespace may request together."""
    memory: str = "4Gi"
    """Memory that they may request together."""
    pods: int = 40
    """How many of them there may be."""
    node_ports: int = 4
    """How many node ports its Services may take."""
    load_balancers: int = 2
    """How many of its Services may have a load balancer."""


class Namespaces(Chart[NamespacesValues]):
    def build(self) -> None:
        lab = Namespace(self, self.namespace)
        # Nothing talks to anything, DNS aside, until a policy says so; then everyone may reach the web app's ports.
        lab.default_deny()
        lab.allow(ports=[8080, 8443], name="allow-web")
        # A container that names no resources gets these: without them one pod could starve a whole node.
        lab.limit_containers(
            default={"cpu": "500m", "memory": "256Mi"},
            default_request={"cpu": "50m", "memory": "64Mi"},
        )
        lab.quota(
            hard={
                "requests.cpu": self.values.cpu,
                "requests.memory": self.values.memory,
                "pods": self.values.pods,
                "services.nodeports": self.values.node_ports,
                "services.loadbalancers": self.values.load_balancers,
            }
        )
