"""A provisioner of volumes that do not exist: for each claim that asks for one, a PersistentVolume bound to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.api import Api, Body, Watch

_ASKS = "volume.kubernetes.io/storage-provisioner"
"""The annotation by which Kubernetes asks a provisioner outside of it: at once, or once a node is chosen.

Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"."""


@contextmanager
def provisioning(api: Api) -> Iterator[None]:
    """Provide volumes for as long as the ``with`` block."""
    watch = api.watch("v1", "PersistentVolumeClaim", seconds=1800)
    failures: list[BaseException] = []
    thread = threading.Thread(target=_provide, args=(api, watch, failures), daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.close()
        thread.join(10)
    assert not failures, f"volumes were no longer provided: {failures[0]}"


def _provide(api: Api, watch: Watch, failures: list[BaseException]) -> None:
    try:
        for event, claim in watch:
            asks = _ASKS in claim["metadata"].get("annotations", {})
            if event != "DELETED" and asks and not claim["spec"].get("volumeName"):
                answer = api.ask("POST", "/api/v1/persistentvolumes", _volume(claim))
                assert answer.status == 201 or answer.reason == "AlreadyExists", answer.message
    except BaseException as error:
        failures.append(error)


def _volume(claim: Body) -> Body:
    metadata, spec = claim["metadata"], claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}"},
        "spec": {
            "capacity": spec["resources"]["requests"],
            "accessModes": spec["accessModes"],
            "volumeMode": spec["volumeMode"],
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/volumes/{metadata['uid']}"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
    }
