"""A folder that a server exports, for one claim."""

from pilothouse import Chart, Values
from pilothouse_kit import Nfs, PersistentVolume


class Shop(Chart[Values]):
    def build(self) -> None:
        PersistentVolume(
            self,
            "media",
            size="100Gi",
            source=Nfs("media", server="nfs.example.com", path="/export/media"),
            access=["ReadWriteMany"],
            claimed_by="shop/media",
        )
