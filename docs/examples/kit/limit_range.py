"""Resources for containers that name none, and bounds for all others."""

from pilothouse import Chart, Values
from pilothouse_kit import LimitRange


class Shop(Chart[Values]):
    def build(self) -> None:
        LimitRange(
            self,
            "containers",
            min={"memory": "16Mi"},
            default_request={"cpu": "50m", "memory": "64Mi"},
            default={"memory": "256Mi"},
            max={"cpu": "2", "memory": "4Gi"},
        )
