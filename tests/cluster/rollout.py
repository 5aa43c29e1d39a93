"""Watch a rollout: how many pods are ready at each moment of it, and what becomes of the Deployment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.cluster.api import Api, Body


def is_ready(pod: Body) -> bool:
    """Whether a pod takes requests: it says so, and nobody has asked it to end."""
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


class ReadyPods:
    """The history of some pods, as their watch tells it: one event after the other, none left out."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._pods: dict[str, Body] = {}
        self.counts: list[int] = []
        """How many were ready after each event."""
        self.images: list[frozenset[str]] = []
        """What the ready ones ran, after each event."""

    def take(self, event: str, pod: Body) -> None:
        """Take an event of the watch."""
        labels = pod["metadata"].get("labels", {})
        if any(labels.get(key) != value for key, value in self._labels.items()):
            return
        if event == "DELETED":
            self._pods.pop(pod["metadata"]["uid"], None)
        else:
            self._pods[pod["metadata"]["uid"]] = pod
        ready = [pod for pod in self._pods.values() if is_ready(pod)]
        self.counts.append(len(ready))
        self.images.append(frozenset(c["image"] for pod in ready for c in pod["spec"]["containers"]))

    def breaches(self, fewest: int) -> list[int]:
        """The moments at which fewer pods were ready than are allowed."""
        return [count for count in self.counts if count < fewest]


@contextmanager
def observed(api: Api, namespace: str, labels: dict[str, str]) -> Iterator[ReadyPods]:
    """Watch pods for as long as the ``with`` block.

    :returns: their history, which begins with the pods that there are.
    """
    history, first = ReadyPods(labels), ReadyPods(labels)
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    begun = threading.Event()
    failures: list[BaseException] = []
    watch = api.watch("v1", "Pod", namespace, seconds=600)

    def follow() -> None:
        try:
            for event, pod in watch:
                (history if begun.is_set() else first).take(event, pod)
        except BaseException as error:
            failures.append(error)
            begun.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        # Until all that are there have been told, fewer are known than there are. A pod that ends meanwhile is asked
        # for no more: they are counted anew each time.
        for _ in range(120):
            if begun.is_set() or len(first._pods) >= len(api.listed("v1", "Pod", namespace, selector)):
                break
            time.sleep(0.5)
        else:
            raise AssertionError("the watch does not tell the pods that are there")
        history._pods = first._pods
        begun.set()
        yield history
    finally:
        watch.close()
        thread.join(10)
    assert not failures, f"the watch broke off: {failures[0]}"


def deployment_until(api: Api, namespace: str, name: str, true: Callable[[Body], bool], seconds: float = 120) -> Body:
    """Watch a Deployment until something is true of it.

    :returns: the Deployment then.
    """
    watch = api.watch("apps/v1", "Deployment", namespace, seconds=seconds)
    last: Body = {}
    try:
        for _, body in watch:
            if body["metadata"]["name"] == name:
                last = body
                if true(body):
                    return last
    finally:
        watch.close()
    raise AssertionError(f"Deployment {name} did not get there in {seconds:g} s: {last.get('status')}")


def rolled_out(deployment: Body) -> bool:
    """Whether all pods are of the newest template, available, and none of another is left."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    return status.get("observedGeneration") == deployment["metadata"]["generation"] and all(
        status.get(field) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas")
    )


def stalled(deployment: Body) -> bool:
    """Whether the Deployment has given up waiting for its newest pods."""
    status = deployment.get("status", {})
    return status.get("observedGeneration") == deployment["metadata"]["generation"] and any(
        condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded"
        for condition in status.get("conditions", ())
    )
