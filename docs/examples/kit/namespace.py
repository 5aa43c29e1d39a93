"""A namespace whose pods keep to the restricted level, with its walls and bounds."""

from pilothouse import Chart, Values
from pilothouse_kit import Namespace


class Shop(Chart[Values]):
    def build(self) -> None:
        room = Namespace(self, self.namespace, labels={"team": "shop"})
        room.default_deny()
        room.allow(ports=[8080], name="allow-web")
        room.limit_containers(default={"memory": "256Mi"}, default_request={"cpu": "50m", "memory": "64Mi"})
        room.quota(hard={"requests.cpu": "4", "requests.memory": "8Gi", "pods": 50})
