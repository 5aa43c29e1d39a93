"""A Service in front of two machines that are not in the cluster."""

from pilothouse import Chart, Values
from pilothouse_kit import EndpointSlice, Service


class Shop(Chart[Values]):
    def build(self) -> None:
        legacy = Service(self, "legacy", ports={"http": 80})
        EndpointSlice(self, service=legacy, addresses=["192.0.2.10", "192.0.2.11"], port=8080)
