"""A migration that runs once for each version of the program."""

from pilothouse import Chart, Values
from pilothouse_kit import Job


class Shop(Chart[Values]):
    def build(self) -> None:
        Job(
            self,
            "migrate",
            rerun="on-change",
            image="shop/web:1.4.2",
            command=["/app/migrate"],
            retries=2,
            time_limit=600,
        )
