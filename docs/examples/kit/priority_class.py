"""Pods that matter more than others, and drive nobody out."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, PriorityClass


class Shop(Chart[Values]):
    def build(self) -> None:
        urgent = PriorityClass(self, "urgent", value=1000, description="What customers wait for.", preempts=False)
        Deployment(self, "web", image="shop/web:1.4.2", port=8080, priority=urgent)
