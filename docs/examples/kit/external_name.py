"""A name in the cluster for a host outside."""

from pilothouse import Chart, Values
from pilothouse_kit import ExternalName


class Shop(Chart[Values]):
    def build(self) -> None:
        ExternalName(self, "maps", host="maps.example.com")
