"""One pod by itself, for a look around in the cluster."""

from pilothouse import Chart, Values
from pilothouse_kit import Pod


class Shop(Chart[Values]):
    def build(self) -> None:
        Pod(self, "look", image="busybox:1.37", command=["sleep", "3600"], restart="Never", interactive=True)
