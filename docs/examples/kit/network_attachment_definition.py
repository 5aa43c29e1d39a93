"""A second network of the node's own, for one workload."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, GrpcProbe, NetworkAttachmentDefinition


class Shop(Chart[Values]):
    def build(self) -> None:
        lan = NetworkAttachmentDefinition(
            self, "lan", config={"cniVersion": "1.0.0", "type": "macvlan", "master": "eth1", "ipam": {"type": "dhcp"}}
        )
        Deployment(
            self, "camera", image="shop/camera:1.4.2", port={"grpc": 9000}, networks=[lan], liveness=GrpcProbe(9000)
        )
