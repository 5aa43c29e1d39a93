"""Disks on the nodes themselves, which stay when their claim goes."""

from pilothouse import Chart, Values
from pilothouse_kit import StorageClass


class Shop(Chart[Values]):
    def build(self) -> None:
        StorageClass(self, "local", provisioner="rancher.io/local-path", reclaim="Retain")
