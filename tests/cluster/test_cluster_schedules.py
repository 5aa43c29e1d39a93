"""Schedules before a real API server: it takes what is read here, and refuses what is not."""

from __future__ import annotations

import random

from pilothouse import cron
from tests.cluster.api import Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST

_PARTS = (
    "*",
    "?",
    "0",
    "1",
    "7",
    "07",
    "+1",
    "-1",
    "1-5",
    "5-1",
    "*/15",
    "1/2",
    "*/0",
    "1-5/2",
    "1,2",
    ",",
    "1,",
    "59",
    "60",
)
_WORDS = (
    "JAN",
    "sun",
    "L",
    "1#2",
    "12",
    "31",
    "32",
    "a",
    "1-",
    "*-5",
    "**",
    "1/2/3",
    "1-2-3",
    "6",
    "24",
    "23",
    "0x1",
    "1_0",
)
WHOLE = (
    "@daily",
    "@DAILY",
    "@every 1h",
    "@every 1h30m",
    "@every 5",
    "@every -1m",
    "@every .5s",
    "@every  1h",
    "@reboot",
    "@midnight ",
    " @daily",
    "* * * *",
    "* * * * * *",
    "  0  3 * * *  ",
    "0\t3 * * *",
    "TZ=UTC 0 3 * * *",
    "0 3 * * TZ",
    "0 3 31 2 *",
    "0 3 * * 7",
    "0 3 * jan-mar mon-fri",
    "0 3 * mar-jan *",
)


def _schedules() -> list[str]:
    chance = random.Random(5)
    drawn = [
        " ".join(chance.choice(_PARTS + _WORDS if at == hit else ("*", "0", "1", "*/2")) for at in range(5))
        for hit in range(5)
        for _ in range(60)
    ]
    return [*WHOLE, *dict.fromkeys(drawn)]


def _read(schedule: str) -> bool:
    try:
        cron.parse(schedule)
    except ValueError:
        return False
    return True


def test_the_server_takes_the_schedules_that_are_read_and_no_other() -> None:
    schedules = _schedules()
    with ControlPlane(NEWEST) as plane:
        answers = [
            plane.api.ask(
                "POST", "/apis/batch/v1/namespaces/default/cronjobs", _job(each), query={"dryRun": "All"}
            ).status
            for each in schedules
        ]
    assert set(answers) <= {201, 422}
    differ = [each for each, status in zip(schedules, answers, strict=True) if (status == 201) != _read(each)]
    assert differ == []


def _job(schedule: str) -> Body:
    pods = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": pods}}}},
    }
