"""What happened to the objects of a kind, event after event, since the watch began."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.api import Api, Body


class History:
    """The events of a watch, in their order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Body]] = []

    def of(self, owner: str) -> list[tuple[str, Body]]:
        """The events of the objects that an object controls.

        :param owner: its uid.
        """
        return [
            (event, body)
            for event, body in list(self.events)
            if any(each["uid"] == owner for each in body["metadata"].get("ownerReferences", ()))
        ]


@contextmanager
def recorded(api: Api, api_version: str, kind: str) -> Iterator[History]:
    """Record the events of a kind for as long as the ``with`` block."""
    history = History()
    watch = api.watch(api_version, kind, seconds=1800)
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            history.events.extend(watch)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield history
    finally:
        watch.close()
        thread.join(10)
    assert not failures, f"the watch broke off: {failures[0]}"
