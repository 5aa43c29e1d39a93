"""A copy of a disk, and a disk that begins with it."""

from pilothouse import Chart, Values
from pilothouse_kit import PersistentVolumeClaim, VolumeSnapshot


class Shop(Chart[Values]):
    def build(self) -> None:
        data = PersistentVolumeClaim(self, "data", size="10Gi", storage_class="fast")
        before = VolumeSnapshot(self, "before-upgrade", of=data, snapshot_class="kept")
        PersistentVolumeClaim(self, "data-again", size="10Gi", storage_class="fast", restores=before)
