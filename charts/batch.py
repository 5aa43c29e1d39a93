"""batch: work that ends: once, many at a time, within a time, in numbered parts, and by the clock."""

from pilothouse import Chart, Values
from pilothouse_kit import CronJob, Job, Resources


class BatchValues(Values):
    image: str = "busybox:1.37"
    """An image that has a shell."""
    schedule: str = "*/15 * * * *"
    """When the report is made: minute, hour, day of month, month, day of week."""
    time_zone: str = "Etc/UTC"
    """Whose clock that is."""


SMALL = Resources("20m", "16Mi")


class Batch(Chart[BatchValues]):
    def build(self) -> None:
        image = self.values.image
        # One pod, tried again up to four times. Its name follows its template, so that a change runs it again.
        Job(self, "batch-job", rerun="on-change", image=image, args=["sleep", "5"], retries=4, resources=SMALL)
        # Five pods must succeed, two at a time.
        Job(
            self,
            "batch-parallel",
            rerun="on-change",
            completions=5,
            parallelism=2,
            image=image,
            args=["sleep", "5"],
            resources=SMALL,
        )
        # Ended as failed after a minute, however often it is tried.
        Job(
            self,
            "batch-limited",
            rerun="on-change",
            time_limit=60,
            retries=1,
            image=image,
            args=["sleep", "5"],
            resources=SMALL,
        )
        # Four parts of the work, each told its own number.
        Job(
            self,
            "batch-indexed",
            rerun="on-change",
            indexed=True,
            completions=4,
            parallelism=4,
            image=image,
            command=["sh", "-c", "echo part $JOB_COMPLETION_INDEX of 4"],
            resources=SMALL,
        )
        # By the clock: never two at a time, and the last runs are kept to look at.
        CronJob(
            self,
            "batch-report",
            schedule=self.values.schedule,
            time_zone=self.values.time_zone,
            concurrency="Forbid",
            start_within=200,
            keep_successful=3,
            keep_failed=1,
            time_limit=600,
            image=image,
            args=["date"],
            resources=SMALL,
        )
