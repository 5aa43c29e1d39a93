"""A report each working day at half past two in Vienna."""

from pilothouse import Chart, Values
from pilothouse_kit import CronJob


class Shop(Chart[Values]):
    def build(self) -> None:
        CronJob(
            self,
            "report",
            schedule="30 2 * * mon-fri",
            time_zone="Europe/Vienna",
            image="shop/report:1.4.2",
            time_limit=1800,
            start_within=600,
        )
