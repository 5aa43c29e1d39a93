"""Snapshots that outlive their objects."""

from pilothouse import Chart, Values
from pilothouse_kit import VolumeSnapshotClass


class Shop(Chart[Values]):
    def build(self) -> None:
        VolumeSnapshotClass(self, "kept", driver="ebs.csi.aws.com", deletion="Retain")
