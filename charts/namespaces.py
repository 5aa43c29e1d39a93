"""namespaces: the rooms of the cluster, each with its walls: who may talk to whom, and how much its pods may take."""

from typing import Literal

from pilothouse import Chart, Values
from pilothouse_kit import Namespace


class Room(Values):
    pod_security: Literal["privileged", "baseline", "restricted"] = "restricted"
    """What its pods may ask of the node: nothing, little, or all."""
    defaults: bool = True
    """Whether containers that name no resources get some: without them one pod could starve a whole node."""
    cpu: str = "4"
    """Processor time that its pods may request together."""
    memory: str = "4Gi"
    """Memory that they may request together."""
    pods: int = 40
    """How many of them there may be."""
    node_ports: int = 0
    """How many node ports its Services may take."""
    load_balancers: int = 0
    """How many of its Services may have a load balancer."""


class NamespacesValues(Values):
    rooms: dict[str, Room]
    """Each namespace by its name."""


class Namespaces(Chart[NamespacesValues]):
    def build(self) -> None:
        for name, room in self.values.rooms.items():
            namespace = Namespace(self, name, pod_security=room.pod_security)
            # Nothing talks to anything, DNS aside, until a policy says so: each chart says what its pods need.
            namespace.default_deny()
            bounds: dict[str, str | int] = {
                "pods": room.pods,
                "services.nodeports": room.node_ports,
                "services.loadbalancers": room.load_balancers,
            }
            if room.defaults:
                # No limit for the processor: it would refuse containers that ask for more than it and name none.
                namespace.limit_containers(
                    default={"memory": "256Mi"},
                    default_request={"cpu": "50m", "memory": "64Mi"},
                )
                # A bound on requests refuses pods that make none: it goes with the defaults only.
                bounds |= {"requests.cpu": room.cpu, "requests.memory": room.memory}
            namespace.quota(hard=bounds)
